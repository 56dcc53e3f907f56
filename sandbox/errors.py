"""The neutral errors: what went wrong, said once; each front end turns them into its own dialect.

`text` is for the caller and free of sandbox words. `rule` names the fact that decided (an id of the fidelity ledger),
`instead` says what would have been accepted; both go into the explanation only, never into a PKB body.
"""

from __future__ import annotations

import http


class SandboxError(Exception):
    """What every neutral error carries: its text, where it was found, the deciding rule, and what to do instead."""

    def __init__(self, text: str, *, where: str = "", code: str = "", rule: str = "", instead: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.where = where
        self.code = code
        self.rule = rule
        self.instead = instead


class Invalid(SandboxError):
    """The request is understood and wrong: a missing field, a bad value, a parameter that is not offered."""


class Unreadable(Invalid):
    """The request could not be read at all: not XML, not JSON, not HL7."""


class Unprocessable(Invalid):
    """Well-formed and understood, and against a rule about its content; `expressions` name the elements."""

    def __init__(
        self, text: str, *, expressions: tuple[str, ...] = (), code: str = "", rule: str = "", instead: str = ""
    ) -> None:
        super().__init__(text, code=code, rule=rule, instead=instead)
        self.expressions = expressions


class NotFound(SandboxError):
    """Nothing of that name, or nothing that this caller may know of."""


class Gone(NotFound):
    """It was here and was deleted."""


class Unauthenticated(SandboxError):
    """No credential, or not one that lives."""


class Forbidden(SandboxError):
    """A live credential that may not do this."""


class Conflict(SandboxError):
    """The request collides with the state of the record."""


class PreconditionFailed(SandboxError):
    """A condition that the caller set does not hold."""


class Unsupported(SandboxError):
    """PKB offers it, the sandbox does not yet; or the interaction is not offered at all."""


class MethodNotAllowed(SandboxError):
    """The address takes other HTTP methods; `allowed` lists them."""

    def __init__(self, text: str, allowed: tuple[str, ...], *, rule: str = "") -> None:
        super().__init__(text, rule=rule)
        self.allowed = allowed


class WrongMediaType(SandboxError):
    """The body is of a type that this address does not read."""


class NotAcceptable(SandboxError):
    """The caller accepts no type that this address writes."""


class Injected(SandboxError):
    """A refusal that a fault rule demands, with its HTTP status, from 400 to 599."""

    def __init__(self, status: int, *, rule: str = "") -> None:
        is_registered = status in set(http.HTTPStatus)
        super().__init__(http.HTTPStatus(status).phrase if is_registered else f"Status {status}", rule=rule)
        self.status = status


class TooLarge(SandboxError):
    """The body, or what it asks for, is over a limit."""
