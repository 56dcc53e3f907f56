"""Reading what a control call asks for: query parameters and bodies, with unknown keys refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.errors import Invalid, Unreadable
from sandbox.exchanges import Exchange, Exchanges
from sandbox.frontend import Call


def body(call: Call, keys: Iterable[str]) -> dict[str, Any]:
    """The JSON object of a call; no body counts as an empty one. Raises Invalid, naming an unknown key."""
    if not call.body.strip():
        return {}
    try:
        given = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The body is not JSON") from error
    if not isinstance(given, dict):
        raise Invalid("The body must be a JSON object")
    unknown = sorted(set(given) - set(keys))
    if unknown:
        raise Invalid(f"Unknown key {unknown[0]!r}; known are: {', '.join(keys)}")
    return given


def parameters(call: Call, names: Iterable[str]) -> dict[str, str]:
    """The query parameters. Raises Invalid, naming an unknown one."""
    given = dict(call.request.query_params)
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise Invalid(f"Unknown parameter {unknown[0]!r}; known are: {', '.join(names) or 'none'}")
    return given


def chosen(journal: Exchanges, given: dict[str, str]) -> list[Exchange]:
    """The exchanges that `api`, `outcome`, `since` (an instant), `after` (an id) and `limit` choose, newest last."""
    found = list(journal)
    if "after" in given:
        position = next((n for n, one in enumerate(found) if one.id == given["after"]), None)
        found = found if position is None else found[position + 1 :]
    found = [
        one
        for one in found
        if given.get("api") in (None, one.api)
        and given.get("outcome") in (None, one.outcome)
        and one.at >= given.get("since", "")
    ]
    limit = given.get("limit", "1000")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 7):
        raise Invalid(f"limit must be a number, not {limit!r}")
    return found[-int(limit) :] if int(limit) else []
