"""The credentials of the other server: a file in the form of `GET /_sandbox/credentials`, matched with those recorded.

Elsewhere than at a sandbox, a User Client may have `access_token` or `refresh_token` beside its `client_id`, or beside
each of its `users`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.replay.bindings import Bindings
from sandbox.replay.recording import Json, rows_of

FOR_PEOPLE = ("id", "email")


class UnusableCredentials(Exception):
    """A file that does not contain credentials; the text says why."""


@dataclass(frozen=True, slots=True)
class MatchedCredential:
    """A recorded credential and the one that stands for it."""

    recorded: Json
    actual: Json

    @property
    def id(self) -> str:
        return id_of(self.actual)

    @property
    def secret(self) -> str:
        return str(self.actual.get("password") or self.actual.get("client_secret") or "")

    @property
    def kind(self) -> str:
        return str(self.actual["kind"])

    def user(self, recorded_id: str) -> Json:
        """Return the row of the user who stands for a recorded one; empty without one.

        It is the one with the same id or e-mail address; of two lists of the same length, the one in the same place.
        """
        recorded = rows_of(self.recorded, "users")
        position = next((n for n, row in enumerate(recorded) if row.get("id") == recorded_id), None)
        users = rows_of(self.actual, "users")
        if position is None or not users:
            return {}
        email = recorded[position].get("email")
        same = (row for row in users if row.get("id") == recorded_id or (email and row.get("email") == email))
        return next(same, users[position] if len(users) == len(recorded) else {})

    def redirect_uri(self, recorded: str) -> str:
        """Return the redirect URI that stands for a recorded one: the one in the same place of the list."""
        before, after = _texts(self.recorded, "redirect_uris"), _texts(self.actual, "redirect_uris")
        if not after or recorded in after:
            return recorded
        return after[min(before.index(recorded), len(after) - 1)] if recorded in before else recorded


def id_of(row: Mapping[str, Any]) -> str:
    """The client id or HL7 user name."""
    return str(row.get("client_id") or row.get("username") or "")


def read_credentials(file: Path) -> list[Json]:
    """Read the credentials of a file. Raises UnusableCredentials."""
    try:
        content = json.loads(file.read_bytes())
    except OSError as error:
        raise UnusableCredentials(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UnusableCredentials(f"{file} is not JSON: {error}") from error
    rows = content.get("credentials") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not rows:
        raise UnusableCredentials(f"{file} has no list of credentials")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not isinstance(row.get("kind"), str) or not id_of(row):
            raise UnusableCredentials(f"{file}: credential {number} needs kind, and client_id or username")
    return rows


def match_credentials(recorded: Sequence[Json], actual: Sequence[Json]) -> dict[str, MatchedCredential]:
    """Match by kind and id, and what remains by kind and order: recorded id → the pair."""
    matched = {}
    remaining: dict[str, list[Json]] = defaultdict(list)
    ids = {(row.get("kind"), id_of(row)) for row in recorded}
    by_id = {(row["kind"], id_of(row)): row for row in actual}
    for row in actual:
        if (row["kind"], id_of(row)) not in ids:
            remaining[row["kind"]].append(row)
    for row in recorded:
        key = (str(row.get("kind")), id_of(row))
        rest = remaining[key[0]]
        partner = by_id.get(key) or (rest.pop(0) if rest else None)
        if partner is not None:
            matched[key[1]] = MatchedCredential(row, partner)
    return matched


def bind_credentials(matched: Mapping[str, MatchedCredential], bindings: Bindings) -> None:
    """Note which client ids, organisations, teams, people and endpoints stand for the recorded ones."""
    for pair in matched.values():
        bindings.name(id_of(pair.recorded), pair.id)
        for recorded, actual in zip(_named(pair.recorded), _named(pair.actual), strict=False):
            bindings.bind(recorded, actual)
        for row in rows_of(pair.recorded, "users"):
            user = pair.user(str(row.get("id")))
            for key in FOR_PEOPLE:
                if row.get(key) and user.get(key):
                    bindings.bind(str(row[key]), str(user[key]))
        for recorded, actual in zip(_texts(pair.recorded, "endpoints"), _texts(pair.actual, "endpoints"), strict=False):
            bindings.name(recorded, actual)
        for recorded in _texts(pair.recorded, "redirect_uris"):
            bindings.name(recorded, pair.redirect_uri(recorded))


def _named(row: Json) -> Iterator[str]:
    """Yield the ids of the organisations and teams of a credential, in order."""
    if isinstance(row.get("organisation"), dict):
        yield str(row["organisation"].get("id", ""))
    for grant in rows_of(row, "on_behalf_of"):
        for key in ("organisation", "team"):
            entry = grant.get(key)
            yield str(entry.get("id", "")) if isinstance(entry, dict) else ""


def _texts(row: Json, key: str) -> list[str]:
    texts = row.get(key)
    return [str(text) for text in texts] if isinstance(texts, list) else []
