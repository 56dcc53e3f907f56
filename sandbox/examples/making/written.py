"""An example that is made: its entry in the index, and the texts of its generated files."""

from __future__ import annotations

from typing import NamedTuple

from sandbox.examples.example import Example


class Written(NamedTuple):
    """An entry of the index, and its generated files below `fixtures/`: path → text."""

    example: Example
    files: dict[str, str]
