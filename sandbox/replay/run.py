"""A replay: each exchange is sent again, in order, and its answer compared with the recorded one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sandbox.replay import credentials as credentials_file
from sandbox.replay.addresses import addresses
from sandbox.replay.authorization import Authorization, NotAvailable, is_secret_refused
from sandbox.replay.bindings import Bindings
from sandbox.replay.compare.difference import Difference
from sandbox.replay.compare.responses import compare_responses
from sandbox.replay.compare.values import Values
from sandbox.replay.connection import ReplayConnection, ReplayedResponse, Unsendable
from sandbox.replay.dependencies import UUID
from sandbox.replay.other_sandbox import OtherSandbox, bind_worlds
from sandbox.replay.recording import Dependency, Json, RecordedExchange, Recording
from sandbox.replay.requests import prepare

SAME, DIFFERENT, NOT_SENT = "same", "different", "not sent"
PAGES_FOR_PEOPLE = "signing in is done by the control API, not by the page for people"
_UUID = re.compile(UUID)


class CredentialRefused(Exception):
    """The other server refused a credential of the file; the text says which."""


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What became of an exchange; `reason` says why it was not sent, or not compared in full."""

    exchange: RecordedExchange
    state: str
    differences: Sequence[Difference] = ()
    reason: str = ""


@dataclass(slots=True)
class Replay:
    """A replay of a recording against one server. `failed` are the ids of exchanges whose answers are of no use."""

    recording: Recording
    connection: ReplayConnection
    sandbox: OtherSandbox
    credentials: list[Json]
    bindings: Bindings = field(default_factory=Bindings)
    failed: set[str] = field(default_factory=set)
    authorization: Authorization = field(init=False)
    values: Values = field(init=False)
    _names: dict[str, str] = field(init=False)
    _needs: dict[str, list[Dependency]] = field(init=False)

    def __post_init__(self) -> None:
        matched = credentials_file.match_credentials(self.recording.world["credentials"], self.credentials)
        self.authorization = Authorization(matched, self.connection, self.sandbox)
        credentials_file.bind_credentials(matched, self.bindings)
        times = [row.at for row in self.recording.exchanges]
        self.values = Values(bindings=self.bindings, start=min(times), end=max(times))
        self._names = {row.id: f"{row.number} ({row.operation or row.method})" for row in self.recording.exchanges}
        self._needs = {}
        for dependency in self.recording.dependencies:
            self._needs.setdefault(dependency.exchange, []).append(dependency)

    @property
    def uses(self) -> Counter[str]:
        """How often each rule let different values be equal."""
        return self.values.uses

    def bind_worlds(self) -> None:
        """Learn which people and organisations of the other sandbox are the recorded ones. Raises Unreachable."""
        world = self.sandbox.world()
        if world is not None:
            bind_worlds(self.recording.world, world, self.bindings)

    def outcomes(self) -> Iterator[ReplayOutcome]:
        """Send the exchanges one by one. Raises Unreachable, CredentialRefused."""
        for exchange in self.recording.exchanges:
            outcome = self._outcome(exchange)
            if outcome.state == NOT_SENT or any(row.where == "status" for row in outcome.differences):
                self.failed.add(exchange.id)
            yield outcome

    def obstacle(self, exchange: RecordedExchange) -> str:
        """Return why an exchange cannot be sent; empty if it can be."""
        if exchange.operation in ("authorize", "deep link"):
            return PAGES_FOR_PEOPLE
        for need in self._needs.get(exchange.id, ()):
            if need.needs in self.failed and need.value and self.bindings.actual(need.value) is None:
                return f"it needs the {need.kind} from exchange {self._names.get(need.needs, '')}"
        return ""

    def _outcome(self, exchange: RecordedExchange) -> ReplayOutcome:
        reason = self.obstacle(exchange)
        if reason:
            return ReplayOutcome(exchange, NOT_SENT, reason=reason)
        url = self.connection.url
        try:
            request = prepare(exchange, self.bindings, self.authorization, url)
            reply = self.connection.send(*request.parts)
            # A token of the file may have expired, or lived shorter than the recorded one: one new token, one more try.
            if reply.status == 401 and self.authorization.forget(exchange):
                reply = self.connection.send(*prepare(exchange, self.bindings, self.authorization, url).parts)
        except (NotAvailable, Unsendable) as error:
            return ReplayOutcome(exchange, NOT_SENT, reason=str(error))
        self._check_credential(exchange, reply)
        self.authorization.note(exchange, reply)
        self._note(exchange, reply)
        if exchange.fault:
            return ReplayOutcome(
                exchange, SAME, reason="the answer was not compared: a fault rule made the recorded one"
            )
        self.values.recorded_base, self.values.actual_base = addresses(exchange, self.connection.url)
        self.values.operation = exchange.operation
        try:
            differences = compare_responses(exchange, reply, self.values)
        except RecursionError:
            differences = [Difference("body", "", "nested too deeply to be compared", is_code=True)]
        if is_secret_refused(exchange):
            differences = [row for row in differences if row.where == "status"]
        notes = "" if exchange.response.is_whole else "the body was not compared: the journal kept only its beginning"
        return ReplayOutcome(exchange, DIFFERENT if differences else SAME, differences, notes)

    def _check_credential(self, exchange: RecordedExchange, reply: ReplayedResponse) -> None:
        """Raise CredentialRefused for a credential that was accepted in the recording and is refused now."""
        is_secret = exchange.api == "hl7" or exchange.operation.startswith("token ")
        # The end of the replay: each later exchange of this client would differ for the same reason.
        if is_secret and exchange.status == 200 and reply.status == 401:
            name = self.authorization.credential(exchange).id if exchange.client else "no client"
            raise CredentialRefused(f"{self.connection.url} refused the credential {name}: 401")

    def _note(self, exchange: RecordedExchange, reply: ReplayedResponse) -> None:
        """Note what the request contained (ids that the client chose stand for themselves), and the new version."""
        text = f"{exchange.target} {exchange.request.text}"
        self.values.note_request(text)
        for id_ in _UUID.findall(text):
            self.bindings.bind(id_, self.bindings.value(id_))
        recorded, actual = exchange.response.headers.get("etag"), reply.headers.get("etag")
        if recorded and actual:
            # The ETag of a create belongs to the resource that it created, not to the address of the request.
            location = exchange.response.headers.get("location", "").removeprefix(exchange.base_url)
            path = location if exchange.method == "POST" and location else exchange.path
            self.bindings.bind_etag(path.partition("/_history/")[0], recorded, actual)
