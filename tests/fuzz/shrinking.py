"""Make an input that fell smaller, as long as it falls in the same way."""

from __future__ import annotations

from tests.fuzz.target import Outcome, Target, execute

MOST = 400
"""Executions for one input."""


def smaller(target: Target, data: bytes, outcome: Outcome) -> bytes:
    """Cut pieces out, large ones first. A hang is left as it is: each try would take as long."""
    if outcome.kind == "hang":
        return data
    size, executions = len(data) // 2, 0
    while size and executions < MOST:
        at = 0
        while at < len(data) and executions < MOST:
            shorter = data[:at] + data[at + size :]
            executions += 1
            if execute(target, shorter).finding == outcome.finding:
                data = shorter
            else:
                at += size
        size //= 2
    return data
