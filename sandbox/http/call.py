"""One request on its way through a front end."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import Scope

from sandbox.access.addresses import is_loopback
from sandbox.access.matrix import Cell, decide, matrix
from sandbox.access.principal import INTEGRATION_TYPE, Principal
from sandbox.access.tokens import bad_authentication, principal_of, world_of
from sandbox.domain.record import Cause
from sandbox.errors import SandboxError, Unauthenticated
from sandbox.http.forwarded import base_url, is_forwarded
from sandbox.http.repeatable import Renew
from sandbox.settings import Settings
from sandbox.worlds.faults import FaultHit
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

FROM_OTHERS = "read_clinical_from_others"


class Advice(NamedTuple):
    """Advice about a response, and the fact of the ledger behind it."""

    rule: str
    text: str


@dataclass(slots=True)
class Call:
    """One request on its way through a front end, with what is known of it so far.

    `began` is the time of `time.perf_counter` at which it began to arrive. `patient` is the public id of the request's
    patient: see `sandbox.http.subject`. `client` is the client id in a request whose caller is not identified;
    `identified` is the caller by the token alone. `fault` is the effect of a fault rule. For `is_repeatable`, `renew`,
    `since` and `until` see `may_repeat` and `changes_at`; `mark` is the state of the store at the time when the call
    entered its world. For `is_about_a_world` see `Route`.
    """

    request: Request
    workspaces: Workspaces
    workspace: Workspace
    api: str
    path: str
    began: float = field(default_factory=time.perf_counter)
    body: bytes = b""
    principal: Principal | None = None
    identified: Principal | None = None
    params: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    patient: str = ""
    client: str = ""
    fault: FaultHit | None = None
    cells: list[str] = field(default_factory=list)
    standings: list[str] = field(default_factory=list)
    hl7: dict[str, str] | None = None
    message_digest: int | None = None
    foreseen: Any = None
    """What the front end has read of the message already, so that the journal does not read it again."""
    refusal: SandboxError | None = None
    warnings: list[Advice] = field(default_factory=list)
    headers: dict[str, str] = field(init=False)
    """The headers by their names in lower case; one that came several times is a list with commas."""
    is_repeatable: bool = False
    renew: Renew | None = None
    since: datetime | None = None
    until: datetime | None = None
    mark: object = None
    is_about_a_world: bool = True
    _media_type: str | None = None
    _exchange_id: str = ""
    _base_url: str = ""

    def __post_init__(self) -> None:
        self.headers = headers_of(self.request.scope)

    def set_decoded_body(self, body: bytes) -> None:
        """Set the decoded body, and remove the headers that described its content coding."""
        self.body = body
        scope = self.request.scope
        if "content-encoding" in self.headers:
            kept = [pair for pair in scope["headers"] if pair[0] not in (b"content-encoding", b"content-length")]
            headers = [*kept, (b"content-length", str(len(body)).encode())]
            self.request = Request({**scope, "headers": headers}, self.request.receive)
            self.headers = headers_of(self.request.scope)

    def enter(self, workspace: Workspace) -> None:
        """Select the world that answers, and do its due work."""
        self.workspace = workspace
        workspace.usage.touch()
        # A call that does not wait for a change in slices must not add to it.
        if not workspace.in_flight.is_paused:
            workspace.catch_up()
        # After the due work: its own changes must not count as changes during this call.
        self.mark = workspace.store.mark

    def first_header(self, name: bytes) -> str:
        """Return the first header with a name in lower case; empty without one."""
        for sent_name, value in self.request.scope["headers"]:
            if sent_name == name:
                text: str = value.decode("latin-1")
                return text
        return ""

    def identify(self, token: str) -> Principal:
        """Return the caller of an access token, and select its world even if the token is refused. Raises
        Unauthenticated.
        """
        try:
            principal = principal_of(self.workspaces, token)
        except Unauthenticated:
            # The refusal belongs in the journal of the world whose token it was.
            self.choose_world(token)
            raise
        self.workspace = principal.workspace
        return principal

    def choose_world(self, token: str) -> None:
        """Select the world by an access token, without identifying the caller."""
        self.workspace = world_of(self.workspaces, token) or self.workspace

    @property
    def exchange_id(self) -> str:
        """The id of this call's exchange in the journal."""
        if not self._exchange_id:
            self._exchange_id = self.workspace.exchange_ids.uuid()
        return self._exchange_id

    @property
    def cause(self) -> Cause:
        """This call as the cause of changes of the record."""
        return Cause(self.exchange_id, self.api)

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    @property
    def base_url(self) -> str:
        """The base URL of this server for the client, without a trailing slash."""
        if not self._base_url:
            self._base_url = self.settings.base_url.rstrip("/") or self._addressed_base_url()
        return self._base_url

    @property
    def is_plain_where_https_is_offered(self) -> bool:
        """Whether the client used plain HTTP, although a proxy or the setting `base_url` offers it HTTPS."""
        is_offered = self.settings.base_url.startswith("https:") or (
            self._is_peer_trusted and is_forwarded(self.headers)
        )
        return is_offered and self._addressed_base_url().startswith("http:")

    @property
    def _is_peer_trusted(self) -> bool:
        peer = self.request.client
        return self.settings.trust_proxy or (peer is not None and is_loopback(peer.host))

    def _addressed_base_url(self) -> str:
        scope = self.request.scope
        trusted = is_forwarded(self.headers) and self._is_peer_trusted
        return base_url(scope["scheme"], _own_address(scope), self.headers, is_proxy_trusted=trusted)

    @property
    def base_path(self) -> str:
        """The path before every path of this server for the client, such as `/pkb`; empty if there is none."""
        base = self.base_url
        # Most bases end after the host, and need not be parsed for each request.
        return urlsplit(base).path if base.count("/") > 2 else ""

    @property
    def media_type(self) -> str:
        """The media type of the body without parameters, in lower case."""
        if self._media_type is None:
            self._media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return self._media_type

    @property
    def caller(self) -> Principal:
        """Return the caller. Raises Unauthenticated without one."""
        if self.principal is None:
            raise bad_authentication("The access token is missing")
        return self.principal

    def authorise(self, action: str, *, principal: Principal | None = None) -> Cell:
        """Ask the matrix, and add the cell to the response in either case. Raises what `decide` raises."""
        caller = principal or self.caller
        self.cells.append(f"{INTEGRATION_TYPE[caller.credential.kind]}.{self.api}.{action}")
        cell = decide(caller, self.api, action)
        self.cells[-1] = cell.cell  # the text that all share: the journal keeps thousands
        self.standings.append(cell.standing)
        return cell

    def reads_from_others(self) -> bool:
        """Return whether the response may contain data from others; its cell is then listed beside the deciding one."""
        cell = matrix()[f"{self.caller.integration_type}.{self.api}.{FROM_OTHERS}"]
        try:
            decide(self.caller, self.api, FROM_OTHERS)
        except SandboxError:
            return False
        self.cells.append(cell.cell)
        self.rests_on(cell.standing)
        return True

    def warn(self, rule: str, texts: Iterable[str]) -> None:
        """Add lines to the explanation, by a rule, about ignored parts or likely mistakes."""
        self.warnings += [Advice(rule, text) for text in texts]

    def may_repeat(self, renew: Renew | None = None) -> None:
        """Allow the answer to be repeated until its world changes; `renew` writes the parts that differ each time."""
        self.is_repeatable, self.renew = True, renew

    def changes_at(self, at: datetime) -> None:
        """Note a time at which the answer changes: a repeated one is valid only on this side of it."""
        if at > self.workspace.clock.now():
            self.until = at if self.until is None else min(self.until, at)
        else:
            self.since = at if self.since is None else max(self.since, at)

    def rests_on(self, standing: str) -> None:
        """Add a standing on which this response depends."""
        self.standings.append(standing)


def headers_of(scope: Scope) -> dict[str, str]:
    """Read the headers of an ASGI scope, whose names are in lower case."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if len(headers) == len(scope["headers"]):
        return headers
    headers = {}  # one of them came several times
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        # RFC 9110, 5.3: equal to one header whose values commas separate.
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _own_address(scope: Scope) -> str:
    """The address at which the request arrived, for a request without a host."""
    host, port = scope.get("server") or ("localhost", None)
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port else name
