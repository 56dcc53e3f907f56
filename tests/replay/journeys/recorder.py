"""A pytest plugin (`-p tests.replay.journeys.recorder`): what each journey sends, and what it does by the control API.

For each test it writes a folder below that of `PKB_SANDBOX_TEST_RECORD_TO`: a recording for each stretch between two
resets of the journal, and `journey.json` with the control calls, each at its place among the exchanges, and the
contract reports. What a test changes inside the server's process, without a request, is noted: such a journey cannot be
replayed.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.base.clock import Clock
from sandbox.contract.report import labelled_endpoints, report
from sandbox.replay import folder as recordings
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.testing.operations import as_duration

Json = dict[str, Any]
FOLDER = "PKB_SANDBOX_TEST_RECORD_TO"
UNTOLD = ("/exchanges", "/metrics", "/credentials", "/world", "/facts", "/events", "/docs", "/openapi", "/report")
"""Control calls that change nothing, and whose answers bring no id."""
OF_ONE_SERVER = ("port", "mllp_port", "hl7_port", "seed")
send = httpx.Client.send


@dataclass
class Journey:
    """One test: stretches of exchanges, each with the control calls, and why it cannot be replayed, if so."""

    name: str
    folder: Path
    stretches: list[list[Json]] = field(default_factory=lambda: [[]])
    written: int = 0
    settings: Json = field(default_factory=dict)
    in_process: set[str] = field(default_factory=set)
    reports: list[Json] = field(default_factory=list)
    server: SandboxServer | None = None

    def note(self, call: Json) -> None:
        self.stretches[-1].append({"after": self.exchanges, **call})

    @property
    def exchanges(self) -> int:
        return len(self.server.workspaces.default.exchanges) if self.server else 0

    def end_stretch(self) -> None:
        """Write the journal as a recording, and begin anew."""
        if self.exchanges and self.server is not None:
            with httpx.Client(base_url=f"{self.server.base_url}/_sandbox", timeout=60) as http:
                journal = recordings.FetchedJournal(
                    archive=_get(http, "/exchanges.har"),
                    messages="",
                    world=_get(http, "/world"),
                    credentials=_get(http, "/credentials")["credentials"],
                    workspace="",
                )
            recordings.write_recording(self.folder / str(len(self.stretches)), journal)
            self.written += len(journal.archive["log"]["entries"])
            world = self.server.workspaces.default
            self.reports.append(report(tuple(world.exchanges), labelled_endpoints(world.store)))
            world.exchanges.clear()
        self.stretches.append([])

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        described = {
            "name": self.name,
            "exchanges": self.written,
            "settings": self.settings,
            "in_process": sorted(self.in_process),
            "reports": self.reports,
            "stretches": self.stretches,
        }
        (self.folder / "journey.json").write_text(json.dumps(described, indent=1, ensure_ascii=False), encoding="utf-8")


def _get(http: httpx.Client, path: str) -> Any:
    response = send(http, http.build_request("GET", path))
    assert response.status_code == 200, response.text
    return response.json()


class Recorder:
    """The plugin: it follows every server, control call and change in process of the test that runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers: dict[str, SandboxServer] = {}
        self._journey: Journey | None = None
        self._number = 0

    def follow(self) -> None:
        """Put the recorder between the tests and what they use."""
        recorder = self
        start, advance, freeze = SandboxServer.start, Clock.advance, Clock.freeze

        def started(server: SandboxServer) -> SandboxServer:
            recorder._servers.setdefault(start(server).base_url, server)
            return server

        def send_noted(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
            server = recorder._servers.get(f"{request.url.scheme}://{request.url.netloc.decode()}")
            if server is not None:
                recorder._before(server, request)
                at = server.workspaces.default.clock.now().isoformat()
            response = send(client, request, **options)
            if server is not None and request.url.path.startswith("/_sandbox") and not options.get("stream"):
                recorder._after(request, response, at)
            return response

        def advanced(clock: Clock, by: timedelta) -> None:
            recorder._in_process(clock, {"advance": as_duration(by)})
            advance(clock, by)

        def frozen(clock: Clock, at: Any) -> None:
            recorder._in_process(clock, {"mode": "frozen", "at": at.isoformat()})
            freeze(clock, at)

        for owner, name, function in (
            (SandboxServer, "start", started),
            (httpx.Client, "send", send_noted),
            (Clock, "advance", advanced),
            (Clock, "freeze", frozen),
        ):
            setattr(owner, name, function)
        for name in ("put", "delete"):
            setattr(Store, name, recorder._noted(getattr(Store, name)))

    def _noted(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(store: Store, entity: Any) -> Any:
            journey = self._journey
            is_ours = journey is not None and journey.server is not None and _is_test()
            if is_ours and store is journey.server.workspaces.default.store:  # type: ignore[union-attr]
                journey.in_process.add(f"it stores {type(entity).__name__} itself")  # type: ignore[union-attr]
            return change(store, entity)

        return changed

    def _before(self, server: SandboxServer, request: httpx.Request) -> None:
        journey = self._journey
        if journey is None:
            return
        journey.server = server
        journey.settings = _settings(server.settings)
        path = request.url.path
        if (request.method, path) in (("POST", "/_sandbox/reset"), ("DELETE", "/_sandbox/exchanges")):
            journey.end_stretch()

    def _after(self, request: httpx.Request, response: httpx.Response, at: str) -> None:
        """Note a control call that was made at a time of the world."""
        path = request.url.raw_path.decode().removeprefix("/_sandbox")
        if self._journey is None or path.startswith(UNTOLD):
            return
        is_json = "json" in response.headers.get("content-type", "")
        self._journey.note(
            {
                "at": at,
                "method": request.method,
                "path": path,
                "accept": request.headers.get("accept", ""),
                "body": request.content.decode("utf-8", "replace"),
                "status": response.status_code,
                "answer": response.json() if is_json else response.text,
            }
        )

    def _in_process(self, clock: Clock, body: Json) -> None:
        """Note a clock that a test turns itself: the control API does the same."""
        journey = self._journey
        if journey is None or journey.server is None or not _is_test():
            return
        if clock is journey.server.workspaces.default.clock:
            at = clock.now().isoformat()
            call = {"method": "PUT", "path": "/clock", "accept": "", "body": json.dumps(body), "status": 200}
            journey.note({"at": at, **call})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        self._number += 1
        self._journey = Journey(item.nodeid, self._folder / f"{self._number:04}")
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        outcome = yield
        if self._journey is not None:
            self._journey.end_stretch()
            self._journey.write()
            self._journey = None
        return outcome


def _is_test() -> bool:
    """Return whether the test itself runs this, and not the server, which has a thread of its own."""
    return threading.current_thread() is threading.main_thread()


def _settings(settings: Settings) -> Json:
    """The settings that differ from the defaults, as the command line takes them."""
    usual = Settings()
    names = [name for name in Settings.__dataclass_fields__ if name not in OF_ONE_SERVER]
    return {name: getattr(settings, name) for name in names if getattr(settings, name) != getattr(usual, name)}


def pytest_configure(config: pytest.Config) -> None:
    recorder = Recorder(Path(os.environ[FOLDER]))
    recorder.follow()
    config.pluginmanager.register(recorder)
