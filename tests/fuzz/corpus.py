"""The kept inputs of each target: a folder of small files, with every input that ever fell."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tests.fuzz.target import Target

FOLDER = Path(__file__).parent / "corpus"
LARGEST = 16_384
"""Bytes of a file: what needs more is a test of its own."""


def inputs(target: Target) -> dict[str, bytes]:
    """Return the kept inputs of a target, by the names of their files."""
    return {file.name: file.read_bytes() for file in sorted((FOLDER / target.name).glob("*"))}


def keep(target: Target, data: bytes) -> Path:
    """Write an input that fell, under a name made of its content."""
    file = FOLDER / target.name / f"fell-{sha256(data).hexdigest()[:12]}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file
