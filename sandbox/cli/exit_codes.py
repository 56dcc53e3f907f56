"""The exit codes of `pkb-sandbox` as one table, for the commands and for the documentation."""

from __future__ import annotations

import signal
from dataclasses import dataclass

DONE, FAILED, BAD_OPTION, PORT_TAKEN, DATA_UNUSABLE = 0, 1, 2, 3, 4
TERMINATED = 128 + signal.SIGTERM
"""The code by which shells report a process that a signal ended."""


@dataclass(frozen=True, slots=True)
class ExitCode:
    """An exit code: what it means, and which commands end with it."""

    code: int
    meaning: str
    commands: str


EXIT_CODES = (
    ExitCode(DONE, "done; a stopped server ends with it too", "all"),
    ExitCode(FAILED, "the server cannot be reached, or refused the call", "commands that call a running sandbox"),
    ExitCode(FAILED, "at least one message was, or would be, rejected", "hl7 send, hl7 lint"),
    ExitCode(FAILED, "the contract report fails", "verify"),
    ExitCode(FAILED, "a step failed", "conformance"),
    ExitCode(FAILED, "the other server answers differently", "replay"),
    ExitCode(FAILED, "the server is not ready", "python -m sandbox.health_check, for containers"),
    ExitCode(BAD_OPTION, "an option, argument, setting, world or file cannot be used; one line names it", "all"),
    ExitCode(PORT_TAKEN, "the port is in use", "serve"),
    ExitCode(DATA_UNUSABLE, "the data file cannot be used", "serve, data"),
    ExitCode(TERMINATED, "stopped by SIGTERM; the half-written world is removed", "generate"),
)
