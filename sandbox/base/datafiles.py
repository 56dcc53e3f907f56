"""Locate data files: beside the code in a wheel (`_data/`), at the top of the tree in a checkout."""

from __future__ import annotations

import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

# Not the standard library's tomllib: tomli's compiled parser starts the server faster.
import tomli

_PACKAGE = Path(__file__).resolve().parents[1]
_SHIPPED = _PACKAGE / "_data"
_ROOT = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


def path(name: str) -> Path:
    """Return the path of a file below `capability_statements/` or `fixtures/`, such as
    `fixtures/worlds/default.toml`.
    """
    return _ROOT / name


def beside_code(name: str) -> Path:
    """Return the path of a data file beside the code that uses it, such as `access/matrix.toml`."""
    return _PACKAGE / name


def read_toml(file: Path) -> dict[str, Any]:
    """Parse a TOML file, without the byte order mark that some editors write."""
    return tomli.loads(file.read_text(encoding="utf-8-sig"))


def read_json(file: Path) -> Any:
    return json.loads(file.read_bytes())


def read_example(name: str) -> bytes:
    """Return a file of the examples: one below `fixtures/`, or else of the archive of generated ones.

    Raises FileNotFoundError.
    """
    file = path(f"fixtures/{name}")
    if file.is_file():
        return file.read_bytes()
    try:
        return _archive().read(name)
    except KeyError as error:
        raise FileNotFoundError(name) from error


@cache
def _archive() -> zipfile.ZipFile:
    # One file in place of 600, which would take a block of the disk each.
    return zipfile.ZipFile(path("fixtures/examples.zip"))
