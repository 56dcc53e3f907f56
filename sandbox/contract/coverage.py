"""The operations of each API that the traffic used, and the number of those that the API offers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sandbox.access.matrix import APIS
from sandbox.fhir.base import capability
from sandbox.hl7.profiles import profiles
from sandbox.oauth.grants import GRANTS
from sandbox.oauth.words import TOKEN
from sandbox.rest.catalogue import operations
from sandbox.worlds.exchange import Exchange

STATEMENTS = {
    "facade": ("facade",),
    "messaging": ("messaging",),
    "customer": ("customer_stu3", "customer_r4"),
    "aggregated": ("aggregated",),
}
"""API → its capability statements."""


def coverage(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """Return API → the operations used and accepted, sorted, and the number of those offered."""
    used: dict[str, set[str]] = {api: set() for api in (*APIS, "oauth")}
    for exchange in exchanges:
        if exchange.outcome == "accepted" and exchange.operation in offered_operations()[exchange.api]:
            used[exchange.api].add(exchange.operation)
    return {api: {"used": sorted(names), "offered": len(offered_operations()[api])} for api, names in used.items()}


@cache
def offered_operations() -> dict[str, frozenset[str]]:
    """API → the words of its operations, as exchanges have them."""
    return {
        "hl7": frozenset(profile.name for profile in profiles().values()),
        "rest": frozenset(f"{operation.method} {operation.path}" for operation in operations()),
        "oauth": frozenset({"authorize", *(f"{TOKEN} {grant}" for grant in GRANTS)}),
        **{api: frozenset(_interactions(names)) for api, names in STATEMENTS.items()},
    }


def _interactions(statements: Iterable[str]) -> Iterable[str]:
    for name in statements:
        statement = capability.load(name)
        for offer in statement.types.values():
            yield from (f"{code} {offer.type}" for code in offer.interactions)
        yield from statement.system
        yield from (f"${operation.name}" for operation in statement.operations)
