"""Repeat an answer without computing it again, as long as its world has not changed.

A handler states that its answer may be repeated, and the times at which it changes (`Call.may_repeat`,
`Call.changes_at`). Such an answer is remembered for requests that are the same in every byte: address, headers, token,
and sender. It is repeated only by the same world in the same state (the store's mark), between the stated times, and to
a token that is still valid; every other request takes the usual way. Each repetition is an exchange with its own id.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.types import Scope

from sandbox.access.principal import Principal
from sandbox.model import Credential
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

Key = tuple[Any, ...]
"""A request: everything on which an answer can depend, apart from the world and the time."""
Headers = list[tuple[bytes, bytes]]
Renew = Callable[[Workspace, datetime], bytes]
"""Writes the body again: a search has a new id and time in each answer."""

MOST_ANSWERS, MOST_BYTES = 2_000, 32 * 1024 * 1024
"""Limits of the answers that one API remembers; the least recently used are forgotten first."""
LARGEST = 1024 * 1024
"""Bytes of the largest body that is remembered."""
LONGEST_KEY = 4 * 1024
"""Bytes of address and headers of a request whose answer is remembered: they are kept with it."""
OVERHEAD = 3_000 + LONGEST_KEY
"""Maximum bytes of memory that an answer takes beside its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatableAnswer:
    """An answer with the record of its first exchange. `mark` is the state of the store that it holds for; `token`,
    `credential` and `person` say whom.

    `since` and `until` are the times between which it holds; None for no limit. `after_id` are the headers behind the
    one with the exchange's id, and `line` is the line of the log up to the milliseconds.
    """

    mark: object
    token: str
    credential: Credential
    person: tuple[str | None, str | None, str]
    since: datetime | None
    until: datetime | None
    exchange: Exchange
    headers: Headers
    after_id: Headers
    body: bytes
    renew: Renew | None
    line: str

    def is_valid_for(self, caller: Principal, now: datetime) -> bool:
        """Return whether the answer is still valid for the caller whom its token identifies now."""
        return (
            self.mark is caller.workspace.store.mark
            and self.credential is caller.credential
            and self.person == person_of(caller)
            and (self.until is None or now < self.until)
            and (self.since is None or now >= self.since)
        )


def person_of(caller: Principal) -> tuple[str | None, str | None, str]:
    """Return what a session adds to a credential: the person, the team and the scope."""
    return caller.user, caller.team, caller.scope


class AnswerMemory:
    """The remembered answers of one API, by their requests."""

    def __init__(self, most: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._answers: OrderedDict[Key, RepeatableAnswer] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, key: Key) -> RepeatableAnswer | None:
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def keep(self, key: Key, answer: RepeatableAnswer) -> None:
        """Remember an answer, and forget those over the limits."""
        self._forget(key)
        if len(answer.body) > LARGEST or _length(key) > LONGEST_KEY:
            return
        self._answers[key] = answer
        self.size += len(answer.body) + OVERHEAD
        while len(self._answers) > self._most or self.size > self._most_bytes:
            self._forget(next(iter(self._answers)))

    def _forget(self, key: Key) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self.size -= len(answer.body) + OVERHEAD


def key_of(scope: Scope) -> Key:
    """Return the key of a request without a body."""
    client = scope.get("client")
    return (
        scope["path"],
        scope.get("raw_path"),
        scope["query_string"],
        scope["scheme"],
        # Without the port, which differs for each connection of the same client.
        client[0] if client else None,
        scope.get("server"),
        tuple(scope["headers"]),
    )


def _length(key: Key) -> int:
    """Return the bytes of the address and the headers in a key."""
    path, _, query, *_, headers = key
    return len(path) + len(query) + sum(len(name) + len(value) for name, value in headers)
