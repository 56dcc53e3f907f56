"""Token responses: their keys, and the claims of the access token, which stands masked in a recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.replay.compare.difference import Difference
from sandbox.replay.compare.trees import Trees
from sandbox.replay.compare.values import Values
from sandbox.replay.recording import Json
from sandbox.worlds.token_claims import claims_of

DIALECT = "oauth"


def compare_token_responses(recorded: Any, actual: Any, query: str, values: Values) -> Iterator[Difference]:
    """Yield the differences of two JSON answers of a token endpoint."""
    yield from Trees(DIALECT, values).compare(recorded, actual, "body", ())


def compare_claims(recorded: Json, answer: Any, values: Values) -> Iterator[Difference]:
    """Yield the differences of the claims of two access tokens, and of how long they live."""
    token = answer.get("access_token") if isinstance(answer, dict) else None
    actual = claims_of(token)
    if bool(recorded) != bool(actual):
        forms = ("a JSON Web Token" if recorded else "opaque", "a JSON Web Token" if actual else "opaque")
        yield Difference("access_token", *forms, is_code=True)
        return
    yield from Trees(DIALECT, values).compare(recorded, actual, "claims", ("claims",))
    if abs(_life(recorded) - _life(actual)) > 1:
        yield Difference("claims.exp - claims.iat", _life(recorded), _life(actual), is_code=True)


def _life(claims: Json) -> int:
    """Return the seconds that a token lives; 0 if it does not say."""
    start, end = claims.get("iat"), claims.get("exp")
    return int(end - start) if isinstance(start, (int, float)) and isinstance(end, (int, float)) else 0
