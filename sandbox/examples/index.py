"""The index of the examples, and how a name or a filter chooses from it."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from sandbox.base import datafiles
from sandbox.examples.example import Example, example_of


class UnknownExample(LookupError):
    """A name that no example has; the text suggests similar names."""


@cache
def all_examples() -> dict[str, Example]:
    """Read the index: name → example."""
    rows = datafiles.read_json(datafiles.path("fixtures/examples.json"))["examples"]
    return {row["name"]: example_of(row) for row in rows}


def find_example(name: str) -> Example:
    """Return the example with a name. Raises UnknownExample."""
    examples = all_examples()
    if name in examples:
        return examples[name]
    # difflib compares whole names, and finds nothing for a part of one.
    close = get_close_matches(name, examples, n=3) or [other for other in examples if name.lower() in other][:3]
    raise UnknownExample(f"{name}: not an example" + (f"; similar: {', '.join(close)}" if close else ""))


def examples_matching(words: tuple[str, ...]) -> list[Example]:
    """Return the examples that match every word: it is one of their attributes, or a part of their name or title."""
    return [example for example in all_examples().values() if all(_matches(example, word.lower()) for word in words)]


def _matches(example: Example, word: str) -> bool:
    attributes = (example.kind, example.variant, example.api, example.integration_type, example.ack, example.standing)
    return word in map(str.lower, attributes) or word in example.name.lower() or word in example.title.lower()
