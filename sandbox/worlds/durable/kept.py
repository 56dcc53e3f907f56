"""What of a server is kept in a data file: every attribute of its worlds is in one of these tables.

Everything in the store is kept; so are the entries of the dicts in `DICTS`, and the attributes in `FACTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sandbox.store.durable.tracked import Tracked
from sandbox.store.written import parse_fields, render_fields
from sandbox.worlds.api_session import ApiSession, AuthorizationCode
from sandbox.worlds.workspace import Workspace

Convert = Callable[[Any], Any]


class KeptDict(NamedTuple):
    """A dict of a world: where it is, and how its keys and values become JSON and back."""

    of: Callable[[Workspace], Tracked[Any, Any]]
    value: Convert
    parse: Convert
    key: Convert = str
    parse_key: Convert = str
    is_claimed: bool = False
    """Whether the world is found by these keys."""


def _until(value: tuple[str, datetime]) -> list[str]:
    return [value[0], value[1].isoformat()]


def _parse_until(value: list[str]) -> tuple[str, datetime]:
    return value[0], datetime.fromisoformat(value[1])


def _same(value: Any) -> Any:
    return value


DICTS: dict[str, KeptDict] = {
    "session": KeptDict(
        lambda world: world.sessions._sessions,
        render_fields,
        lambda row: parse_fields(ApiSession, row),
        bytes.hex,
        bytes.fromhex,
        is_claimed=True,
    ),
    "code": KeptDict(
        lambda world: world.sessions._codes, render_fields, lambda row: parse_fields(AuthorizationCode, row)
    ),
    "tethered": KeptDict(lambda world: world.sessions._tethered, bytes.hex, bytes.fromhex),
    "one-time password": KeptDict(lambda world: world.sessions._passwords, _until, _parse_until, is_claimed=True),
    "web route": KeptDict(lambda world: world.sessions._web, _until, _parse_until),
    "browser": KeptDict(lambda world: world.sessions._browsers, _until, _parse_until, is_claimed=True),
    "expired token": KeptDict(
        lambda world: world.faults._expired, lambda _: True, lambda _: None, bytes.hex, bytes.fromhex
    ),
    "signing key": KeptDict(lambda world: world.stored_keys, _same, _same),
}
"""Part of the file → the dict of a world with its entries. Checkpoints are apart, because each has a state."""

FACTS = {
    "Workspace": {
        "name": "name",
        "key": "key of the item",
        "usage": "Usage",
        "faults": "Faults",
        "store": "rows",
        "clock": "Clock",
        "ids": "Ids",
        "signing_key": "signing_key",
        "stored_keys": "part `signing key`",
        "sessions": "Sessions",
        "checkpoints": "Checkpoints",
        "seeded": "part `seeded`",
    },
    "Workspaces": {
        "default": "the world with the key `default`",
        "_settings": "the world and the seed; the rest is of the command line",
        "_by_name": "the worlds, in their order",
        "created": "created",
        "_seeded_by_world": "part `seeded world`",
    },
    "Usage": {"created_at": "created_at", "idle_seconds": "idle_seconds", "_used_before": "last_used_at"},
    "Faults": {"_rules": "faults", "_expired": "part `expired token`"},
    "ActiveRule": {
        "id": "id",
        "rule": "rule",
        "hits": "hits",
        "_met": "met",
        "_chance": "chances",
        "_delays": "chances",
    },
    "Clock": {"_frozen_at": "clock", "_offset": "clock"},
    "Ids": {"last_legacy": "legacy", "_random": "random"},
    "Sessions": {
        "key": "sessions_key",
        "_sessions": "part `session`",
        "_codes": "part `code`",
        "_tethered": "part `tethered`",
        "_passwords": "part `one-time password`",
        "_web": "part `web route`",
        "_browsers": "part `browser`",
    },
    "Checkpoints": {"by_name": "part `checkpoint`"},
}
"""Class → attribute → where the file has it."""

NOT_KEPT = {
    "Workspace": {
        "settings": "of the command line; the file has the name of the starting world",
        "in_flight": "requests end with the process",
        "exchanges": "with the setting data_journal parts `exchange` and `journal`",
        "events": "streams end with the process",
        "mail": "listeners",
        "ending": "listeners",
        "runs": "a conformance run ends with the process",
        "exchange_ids": "random: there is nothing to go on from",
        "_index": "built from credentials and sessions",
        "_when_due": "functions",
        "_rules": "of the command line",
        "is_stored": "about this process",
        "world_file": "about this process; a new file begins with a copy of it",
    },
    "Workspaces": {
        "token_needed": "of the command line",
        "_index": "built from credentials and sessions",
        "journal_budget": "counted anew",
        "tally": "metrics count from the start of the process, as Prometheus expects",
        "hl7_port": "about this process",
        "pending_bodies": "requests end with the process",
        "large_requests": "requests end with the process",
        "is_loading": "about this process",
        "keeper": "about this process",
        "_stored": "about this process",
        "_may_expire": "built from the worlds",
        "_followers": "functions",
        "_seeders": "functions",
    },
    "Usage": {"_now": "a function", "_last_used": "the time in which no server runs does not count"},
    "Faults": {"_ids": "random: there is nothing to go on from"},
    "ActiveRule": {},
    "Clock": {},
    "Ids": {"_bytes": "a function", "_reserve": "random ids to come"},
    "Sessions": {"_ids": "those of the world", "_claim": "a function", "_release": "a function"},
    "Checkpoints": {
        "_world": "the world",
        "_log": "which exchange made which change",
        "_always": "whether a console is open",
        "_origins": "about the log",
        "_past": "about the log",
        "_since": "about the log",
        "_restored": "about the log",
    },
}
"""Class → attribute → why it is not kept."""
