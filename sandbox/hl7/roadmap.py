"""Segments that PKB has announced and not released: ignored, as any segment that it does not use."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox import datafiles


@cache
def roadmap() -> dict[str, dict[str, Any]]:
    """The announced segments by name."""
    rows: list[dict[str, Any]] = datafiles.read_toml(datafiles.beside_code("hl7/roadmap.toml"))["segment"]
    return {row["name"]: row for row in rows}
