"""Advice on addresses."""

from __future__ import annotations

from sandbox.contract.observed import ObservedExchange

SECRETS = frozenset({"access_token", "refresh_token", "client_secret", "password", "token"})
"""Parameters that hold secrets. PKB's own links with a one-time password or an asserted identity are documented."""


def has_secret(observed: ObservedExchange) -> bool:
    return any(name.lower() in SECRETS and value for name, value in observed.query)
