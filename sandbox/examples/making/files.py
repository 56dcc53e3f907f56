"""All generated files of the examples, with their index."""

from __future__ import annotations

import json
from itertools import chain

from sandbox import datafiles
from sandbox.examples.making.fhir import fhir_examples
from sandbox.examples.making.hl7 import hl7_examples

INDEX = "examples.json"
FOLDERS = ("hl7/variants", "hl7/refused", "fhir/customer", "fhir/messaging", "fhir/facade")
"""Folders below `fixtures/` that contain nothing but generated files."""


def files() -> dict[str, str]:
    """Build every file: path below `fixtures/` → text."""
    texts: dict[str, str] = {}
    rows = []
    for example, own in chain(hl7_examples(), fhir_examples()):
        rows.append(example.row())
        texts.update(own)
    names = [row["name"] for row in rows]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"examples with the same name: {', '.join(sorted(twice))}")
    texts[INDEX] = json.dumps({"examples": rows}, indent=1, ensure_ascii=False) + "\n"
    return texts


def left_over(texts: dict[str, str]) -> list[str]:
    """List files in the generated folders that no example has any more."""
    root = datafiles.path("fixtures")
    present = [file for folder in FOLDERS for file in (root / folder).rglob("*") if file.is_file()]
    return sorted(str(file.relative_to(root)) for file in present if str(file.relative_to(root)) not in texts)
