"""A replay: each exchange is sent again, in order, and its answer compared with the recorded one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sandbox.replay import credentials as credentials_file
from sandbox.replay.authorization import Authorization, NotAvailable
from sandbox.replay.bindings import Bindings
from sandbox.replay.compare.difference import Difference
from sandbox.replay.compare.responses import compare
from sandbox.replay.compare.values import Values
from sandbox.replay.connection import Connection, Reply
from sandbox.replay.dependencies import UUID
from sandbox.replay.other_sandbox import OtherSandbox, bind_worlds
from sandbox.replay.recording import Json, RecordedExchange, Recording
from sandbox.replay.requests import prepare

SAME, DIFFERENT, NOT_SENT = "same", "different", "not sent"
PAGES_FOR_PEOPLE = "signing in is done by the control API, not by the page for people"
_UUID = re.compile(UUID)


class CredentialRefused(Exception):
    """The other server refused a credential of the file; the text says which."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an exchange; `reason` says why it was not sent, or not compared in full."""

    exchange: RecordedExchange
    state: str
    differences: Sequence[Difference] = ()
    reason: str = ""


@dataclass(slots=True)
class Replay:
    """A replay of a recording against one server. `uses` counts the rules that let different values be equal."""

    recording: Recording
    connection: Connection
    sandbox: OtherSandbox
    credentials: list[Json]
    bindings: Bindings = field(default_factory=Bindings)
    failed: set[str] = field(default_factory=set)
    requested: list[str] = field(default_factory=list)
    uses: Counter[str] = field(default_factory=Counter)
    times: set[str] = field(default_factory=set)
    authorization: Authorization = field(init=False)

    def __post_init__(self) -> None:
        matched = credentials_file.match(self.recording.world.get("credentials", []), self.credentials)
        self.authorization = Authorization(matched, self.connection, self.sandbox)
        credentials_file.bind(matched, self.bindings)

    def bind_worlds(self) -> None:
        """Learn which people and organisations of the other sandbox are the recorded ones. Raises Unreachable."""
        world = self.sandbox.world()
        if world is not None:
            bind_worlds(self.recording.world, world, self.bindings)

    def outcomes(self) -> Iterator[Outcome]:
        """Send the exchanges one by one. Raises Unreachable, CredentialRefused."""
        for exchange in self.recording.exchanges:
            outcome = self._outcome(exchange)
            if outcome.state == NOT_SENT or any(row.where == "status" for row in outcome.differences):
                self.failed.add(exchange.id)
            yield outcome

    def _outcome(self, exchange: RecordedExchange) -> Outcome:
        reason = self.obstacle(exchange)
        if reason:
            return Outcome(exchange, NOT_SENT, reason=reason)
        try:
            request = prepare(exchange, self.bindings, self.authorization, self.connection.url)
        except NotAvailable as error:
            return Outcome(exchange, NOT_SENT, reason=str(error))
        reply = self.connection.send(request.method, request.target, request.all_headers, request.body)
        self._check_credential(exchange, reply)
        self.authorization.note(exchange, reply)
        self._note_request(exchange)
        self._note_etag(exchange, reply)
        differences = compare(exchange, reply, self._values(exchange))
        notes = "" if exchange.response.is_whole else "the body was not compared: the journal kept only its beginning"
        return Outcome(exchange, DIFFERENT if differences else SAME, differences, notes)

    def obstacle(self, exchange: RecordedExchange) -> str:
        """Return why an exchange cannot be sent; empty if it can be."""
        if exchange.operation in ("authorize", "deep link"):
            return PAGES_FOR_PEOPLE
        by_id = {row.id: row for row in self.recording.exchanges}
        for dependency in self.recording.dependencies:
            if dependency.exchange != exchange.id or dependency.needs not in self.failed:
                continue
            if dependency.value and self.bindings.actual(dependency.value) is None:
                source = by_id[dependency.needs]
                name = source.operation or source.method
                return f"it needs the {dependency.kind} from exchange {source.number} ({name})"
        return ""

    def _check_credential(self, exchange: RecordedExchange, reply: Reply) -> None:
        """Raise CredentialRefused for a credential that was accepted in the recording and is refused now."""
        is_secret = exchange.api == "hl7" or exchange.operation.startswith("token ")
        if is_secret and exchange.status == 200 and reply.status == 401:
            name = self.authorization.credential(exchange).id if exchange.client else "no client"
            raise CredentialRefused(f"{self.connection.url} refused the credential {name}: 401")

    def _note_request(self, exchange: RecordedExchange) -> None:
        """Note what the request contained: ids that the client chose stand for themselves, times are its own."""
        text = f"{exchange.target} {exchange.request.text}"
        self.requested.append(text)
        for id_ in _UUID.findall(text):
            self.bindings.bind(id_, self.bindings.value(id_))

    def _note_etag(self, exchange: RecordedExchange, reply: Reply) -> None:
        """Note the version of a resource, which a later request may require."""
        recorded, actual = exchange.response.headers.get("etag"), reply.headers.get("etag")
        if recorded and actual:
            location = exchange.response.headers.get("location", "").removeprefix(exchange.base_url)
            path = location if exchange.method == "POST" and location else exchange.path
            self.bindings.bind_etag(path.partition("/_history/")[0], recorded, actual)

    def _values(self, exchange: RecordedExchange) -> Values:
        times = [row.at for row in self.recording.exchanges]
        return Values(
            bindings=self.bindings,
            start=min(times),
            end=max(times),
            recorded_base=exchange.base_url,
            actual_base=self.connection.url,
            requested="\n".join(self.requested),
            uses=self.uses,
            times=self.times,
        )
