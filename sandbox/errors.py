"""The neutral errors, which each front end turns into its own format.

`text` is for the caller and free of words of the sandbox. `rule` is the id of the deciding fact in the fidelity
ledger, `instead` describes what would be accepted; both appear only in the explanation, never in a PKB body.
"""

from __future__ import annotations

import http


class SandboxError(Exception):
    """The attributes of every neutral error: its text, its place, the deciding rule, and what to do instead."""

    def __init__(self, text: str, *, where: str = "", code: str = "", rule: str = "", instead: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.where = where
        self.code = code
        self.rule = rule
        self.instead = instead


class Invalid(SandboxError):
    """A readable but invalid request: a missing field, an invalid value, a parameter that is not offered."""


class Unreadable(Invalid):
    """A request that cannot be read: not XML, not JSON, not HL7."""


class Unprocessable(Invalid):
    """A well-formed request that breaks a rule about its content; `expressions` are the elements."""

    def __init__(
        self, text: str, *, expressions: tuple[str, ...] = (), code: str = "", rule: str = "", instead: str = ""
    ) -> None:
        super().__init__(text, code=code, rule=rule, instead=instead)
        self.expressions = expressions


class NotFound(SandboxError):
    """An entity that does not exist, or that the caller may not see."""


class Gone(NotFound):
    """An entity that was deleted."""


class Unauthenticated(SandboxError):
    """A missing or invalid credential."""


class Forbidden(SandboxError):
    """A valid credential without permission."""


class Conflict(SandboxError):
    """A request that conflicts with the state of the record."""


class PreconditionFailed(SandboxError):
    """A precondition of the caller that is not met."""


class Unsupported(SandboxError):
    """A feature of PKB that the sandbox does not implement, or an interaction that is not offered."""


class MethodNotAllowed(SandboxError):
    """A method that the path does not support; `allowed` lists the supported ones."""

    def __init__(self, text: str, allowed: tuple[str, ...], *, rule: str = "") -> None:
        super().__init__(text, rule=rule)
        self.allowed = allowed


class WrongMediaType(SandboxError):
    """A body of a media type that the path does not accept."""


class NotAcceptable(SandboxError):
    """An Accept header without a media type that the path returns."""


class Injected(SandboxError):
    """A refusal that a fault rule requires, with its HTTP status, from 400 to 599."""

    def __init__(self, status: int, *, rule: str = "") -> None:
        # A set: before Python 3.12 `in` raises TypeError for a number that is not a member of the enumeration.
        is_registered = status in set(http.HTTPStatus)
        super().__init__(http.HTTPStatus(status).phrase if is_registered else f"Status {status}", rule=rule)
        self.status = status


class NotStored(Injected):
    """A request whose changes the data file cannot take, with 507 for a full disk, else 503: nothing of it remains."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(status, rule="store.not-stored")
        self.text = "The server cannot store the data of this request; nothing of it was kept. Please send it again"
        self.reason = reason


class Unusable(SandboxError):
    """A data file that a server cannot start with, or that a command cannot read."""


class Damaged(Injected):
    """A request that needs a part of the world file that cannot be read; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, rule="store.damaged")
        self.args = (reason,)
        self.text = "The server cannot read the data of this request: its world file is damaged"
        self.reason = reason


class NotReady(Injected):
    """A request that came while the world was still loading."""

    def __init__(self) -> None:
        super().__init__(503, rule="frontend.loading")
        self.text = "The sandbox is still loading its world; GET /_sandbox/health/ready says when it is ready"


class TooLarge(SandboxError):
    """A body, or a request, over a limit."""
