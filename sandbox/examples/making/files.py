"""All generated files of the examples, with their index."""

from __future__ import annotations

import json
from itertools import chain

from sandbox.examples.copying import read_example_text
from sandbox.examples.example import Example
from sandbox.examples.making.channel import channel_example
from sandbox.examples.making.collections.files import collection_examples
from sandbox.examples.making.fhir import fhir_examples
from sandbox.examples.making.hl7 import hl7_examples

INDEX = "examples.json"


def files() -> dict[str, str]:
    """Build every generated file, and the index: path → text."""
    texts: dict[str, str] = {}
    examples: list[Example] = []
    for example, own in chain(hl7_examples(), fhir_examples(), [channel_example()]):
        examples.append(example)
        texts.update(own)
    supplied = {path: read_example_text(path) for example in examples for path in example.files if path not in texts}
    for example, own in collection_examples({**supplied, **texts}, {example.name: example for example in examples}):
        examples.append(example)
        texts.update(own)
    rows = [example.row() for example in examples]
    names = [row["name"] for row in rows]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"examples with the same name: {', '.join(sorted(twice))}")
    texts[INDEX] = json.dumps({"examples": rows}, indent=1, ensure_ascii=False) + "\n"
    return texts
