"""Advice for every refusal: what to do instead."""

from __future__ import annotations

from functools import cache

from sandbox.base import datafiles
from sandbox.errors import (
    Conflict,
    Forbidden,
    Injected,
    Invalid,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    SandboxError,
    TooLarge,
    Unauthenticated,
    Unsupported,
    WrongMediaType,
)

KINDS: tuple[tuple[type[SandboxError], str], ...] = (
    # Subclasses stand before their base classes: the first match counts.
    (Unauthenticated, "a valid credential of this API: GET /_sandbox/credentials lists them"),
    (Forbidden, "a caller who may do this: GET /_sandbox/matrix lists each cell"),
    (Injected, "the same request without the fault rule: GET /_sandbox/faults lists the rules"),
    (NotFound, "an address or id that exists and that the caller may see"),
    (MethodNotAllowed, "a method from the Allow header of the response"),
    (PreconditionFailed, "the condition with the current version, or no condition"),
    (Conflict, "a request consistent with the stored data; read it first"),
    (TooLarge, "a smaller request"),
    (WrongMediaType, "a media type that this endpoint accepts"),
    (NotAcceptable, "a media type that this endpoint returns, or no Accept header"),
    (Unsupported, "another approach; docs/differences.md lists unimplemented features"),
    (Invalid, "the same request with the error corrected"),
    (SandboxError, "none: this is a fault in the sandbox; see its log"),
)
"""Class of error → what to do if neither the error nor its rule says more."""


HOMES = {
    "$process-message": "POST /phr-fhir/Patient/$process-message, at the Messaging endpoint, with a System Client's "
    "token and a bare Patient; a Bundle only with the setting messaging_bundle",
}
"""An operation that clients look for at other paths → its path."""
NOT_HERE = frozenset(
    {
        "access.not-offered",
        "access.other-token-family-401",
        "access.wrong-client-type-403",
        "aggregated.not-offered",
        "customer.no-operation",
        "facade.not-offered",
        "facade.unknown-type",
    }
)
"""Rules by which a path, or this caller, does not have an operation."""


@cache
def rules() -> dict[str, str]:
    """Rule → what to do instead."""
    texts: dict[str, str] = datafiles.read_toml(datafiles.beside_code("http/instead.toml"))["rules"]
    return texts


def instead_of_rule(rule: str) -> str:
    """Return the advice to clients that a rule refuses; empty if it depends on the request: then the error has it."""
    return rules().get(rule, "")


def instead_of(error: SandboxError, path: str = "") -> str:
    """Return what would be accepted: the path of the operation, else the advice of the error, its rule, or its
    class.
    """
    operation = path.rpartition("/")[2]
    if operation in HOMES and error.rule in NOT_HERE:
        return HOMES[operation]
    if error.instead:
        return error.instead
    if isinstance(error, MethodNotAllowed) and error.allowed:
        return f"one of the methods: {', '.join(error.allowed)}"
    return rules().get(error.rule) or next(text for kind, text in KINDS if isinstance(error, kind))
