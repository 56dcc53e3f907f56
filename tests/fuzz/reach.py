"""Which lines of the sandbox an execution reaches: inputs that reach new ones are mutated further."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from tests.fuzz.target import ROOT, Outcome, Target, execute

_PACKAGE = str(ROOT / "sandbox")

Line = tuple[str, int]


def traced(target: Target, data: bytes) -> tuple[Outcome, set[Line]]:
    """Run a target once, ten times as slowly, and return the lines that it reached in this thread."""
    lines: set[Line] = set()

    def on_line(frame: FrameType, event: str, argument: Any) -> Any:
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return on_line

    def on_call(frame: FrameType, event: str, argument: Any) -> Any:
        return on_line if frame.f_code.co_filename.startswith(_PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        return execute(target, data), lines
    finally:
        sys.settrace(before)
