"""The example messages that come with the sandbox."""

from __future__ import annotations

from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures/hl7"


def example(name: str) -> str:
    return (FIXTURES / f"{name}.hl7").read_text(encoding="utf-8")
