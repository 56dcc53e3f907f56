"""Copy the files of examples into a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sandbox.base import datafiles
from sandbox.examples.example import Example

INDEX = "examples.json"


class Exists(FileExistsError):
    """Files that a copy would overwrite; the text names the first."""


def read_example_text(path: str) -> str:
    """Return the text of a file of an example."""
    return datafiles.read_example(path).decode()


def copy_examples(
    examples: Iterable[Example], folder: Path, *, with_index: bool = False, overwrite: bool = False
) -> list[Path]:
    """Copy all files, each to its path in the index, and return their new paths; `with_index` the index, too.

    Raises Exists before the first copy, unless `overwrite`; OSError when the folder cannot be written.
    """
    paths = [path for example in examples for path in example.files] + [INDEX] * with_index
    # All of them are checked before the first copy, so that a refused copy changes nothing.
    existing = [folder / path for path in paths if (folder / path).exists()]
    if existing and not overwrite:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise Exists(f"{existing[0]}{more}: exists already; --force overwrites")
    for path in paths:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(datafiles.read_example(path))
    return [folder / path for path in paths]
