"""A recording in memory: the exchanges of a journal in order, what each needs of earlier ones, and their world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

Json = dict[str, Any]
MASK = "[redacted]"
"""What stands in a journal in place of a secret."""


class UnusableRecording(Exception):
    """A folder that is not a recording, or a broken one; the text says which file and why."""


class RecordedMessage(NamedTuple):
    """A request or response: headers by their names in lower case, and the body without secrets.

    `is_whole` is False if the journal kept only the beginning of the body, or nothing of a streamed file.
    """

    headers: Mapping[str, str]
    body: bytes
    is_whole: bool = True

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """One exchange. `target` is path and query as in the request line; `base_url` is what stands before them.

    `number` counts from 1. `claims` are those of the access token that a token response contained; `fault` is the id of
    the fault rule that made the response.
    """

    number: int
    id: str
    at: datetime
    api: str
    operation: str
    client: str
    user: str
    kind: str
    standing: str
    rule: str
    fault: str
    method: str
    scheme: str
    base_url: str
    target: str
    request: RecordedMessage
    status: int
    response: RecordedMessage
    claims: Json = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the exchange in reports."""
        return self.operation or f"{self.method} {self.target.partition('?')[0]}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Dependency(NamedTuple):
    """What an exchange needs of an earlier one: an `id`, a `page link`, an `access token` or a `one-time code`.

    `value` is the recorded value; empty for a secret, which a recording does not contain.
    """

    exchange: str
    needs: str
    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A whole recording. `world` has organisations, patients, users and credentials, without secrets."""

    exchanges: tuple[RecordedExchange, ...]
    dependencies: tuple[Dependency, ...]
    world: Json


def rows_of(value: Mapping[str, Any], key: str) -> list[Json]:
    """Return the objects of a list in JSON from elsewhere; empty if it is not a list."""
    rows = value.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
