"""Journeys sent to another sandbox: its world is reset before each, and the control calls are made at their places."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox.replay import credentials as credentials_file
from sandbox.replay import folder as recordings
from sandbox.replay.bindings import Bindings
from sandbox.replay.connection import ReplayConnection, ReplayedResponse
from sandbox.replay.other_sandbox import OtherSandbox
from sandbox.replay.recording import Recording
from sandbox.replay.run import Replay, ReplayOutcome

Json = dict[str, Any]
SILENT = "it sends nothing but control calls"
OF_THE_SERVER = re.compile(r"/users/[^/]+/approve")
"""Control calls that a replay makes itself: it asks for a code when it exchanges one."""
_WORD = re.compile(r"[A-Za-z0-9_-]{6,}")


@dataclass(frozen=True)
class Journey:
    """A recorded test, as `recorder.py` wrote it."""

    folder: Path
    described: Json

    @classmethod
    def read(cls, folder: Path) -> Journey:
        return cls(folder, json.loads((folder / "journey.json").read_text(encoding="utf-8")))

    @property
    def name(self) -> str:
        return str(self.described["name"]).removeprefix("tests/journeys/")

    @property
    def obstacles(self) -> list[str]:
        """Why it cannot be replayed; empty if it can."""
        nothing = [] if self.described["exchanges"] else [SILENT]
        return [*self.described["in_process"], *nothing]

    @property
    def settings(self) -> Json:
        return dict(self.described["settings"])

    @property
    def needs_its_time(self) -> bool:
        """Return whether times matter: the test turns the clock, or the day has changed since."""
        calls = [call for stretch in self.described["stretches"] for call in stretch]
        today = datetime.now(UTC).date().isoformat()
        return any(call["path"] == "/clock" or call["at"][:10] != today for call in calls)

    @property
    def stretches(self) -> Iterator[tuple[list[Json], Recording | None]]:
        for number, calls in enumerate(self.described["stretches"], 1):
            folder = self.folder / str(number)
            yield calls, recordings.read_recording(folder) if folder.is_dir() else None


@dataclass
class Tally:
    """What became of the exchanges of all journeys. `differences` are in words, with the exchanges that have them."""

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    differences: dict[str, list[str]] = field(default_factory=dict)

    def add(self, journey: Journey, outcome: ReplayOutcome) -> None:
        exchange = outcome.exchange
        self.states[outcome.state] += 1
        if outcome.reason:
            self.reasons[f"{outcome.state}: {outcome.reason}"] += 1
        for difference in outcome.differences:
            words = f"{exchange.name}: {difference.text(is_redacted=False)}"
            self.differences.setdefault(words, []).append(f"{journey.name}, exchange {exchange.number}")


def replay(journey: Journey, url: str) -> Iterator[ReplayOutcome]:
    """Send a journey to the sandbox at an address, and yield what became of each exchange."""
    with httpx.Client(base_url=f"{url}/_sandbox", timeout=60) as control:
        assert control.post("/reset").status_code == 200
        yield from Traveller(journey, url, control).outcomes()


class RememberingConnection(ReplayConnection):
    """A connection that remembers the codes and tokens of letters: a recording contains no token."""

    def __init__(self, url: str, letters: dict[str, str]) -> None:
        super().__init__(url)
        self._letters = letters

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> ReplayedResponse:
        reply = super().send(method, target, headers, body)
        answer = reply.as_json() if "recordAccessToken" in target else None
        if isinstance(answer, dict) and "token" in answer:
            self._letters[answer["code"]] = answer["token"]
        return reply


@dataclass
class Traveller:
    """A journey on its way. `run` replays the stretch that it has reached; ids and tokens go on into the next."""

    journey: Journey
    url: str
    control: httpx.Client
    bindings: Bindings = field(default_factory=Bindings)
    run: Replay | None = None
    letters: dict[str, str] = field(default_factory=dict)
    _needs_its_time: bool = field(init=False)

    def __post_init__(self) -> None:
        self._needs_its_time = self.journey.needs_its_time

    def outcomes(self) -> Iterator[ReplayOutcome]:
        for calls, recording in self.journey.stretches:
            if recording is None:
                for call in calls:
                    self._call(call)
            else:
                self.run = self._replay_of(recording)
                yield from self._stretch(self.run, list(calls))

    def _replay_of(self, recording: Recording) -> Replay:
        connection = RememberingConnection(self.url, self.letters)
        rows, before = self._credentials(), self.run
        run = Replay(recording, connection, OtherSandbox(connection, None, None), rows, bindings=self.bindings)
        if before is not None:
            run.authorization.tokens.update(before.authorization.tokens)
            run.values.times |= before.values.times
        run.bind_worlds()
        return run

    def _credentials(self) -> list[Json]:
        rows: list[Json] = self.control.get("/credentials").json()["credentials"]
        return rows

    def _stretch(self, run: Replay, calls: list[Json]) -> Iterator[ReplayOutcome]:
        outcomes = run.outcomes()
        for exchange in run.recording.exchanges:
            while calls and calls[0]["after"] < exchange.number:
                self._call(calls.pop(0))
            self._set_clock(exchange.at.isoformat())
            yield next(outcomes)
        for call in calls:
            self._call(call)

    def _call(self, call: Json) -> None:
        """Make a control call, with the ids of the other sandbox, and learn those of its answer."""
        if OF_THE_SERVER.search(call["path"]):
            return
        self._set_clock(call["at"])
        response = self.control.request(
            call["method"],
            self.bindings.rewrite(call["path"]),
            content=self._body(call).encode(),
            headers={"Content-Type": "application/json", "Accept": call["accept"] or "application/json"},
        )
        is_json = "json" in response.headers.get("content-type", "")
        if "answer" in call and response.status_code == call["status"] and is_json:
            _learn(call["answer"], response.json(), self.bindings)
            self._note(call, response.json())

    def _body(self, call: Json) -> str:
        """Return the body with the other sandbox's ids, and the token of the letter whose code it contains."""
        text = self.bindings.rewrite(call["body"])
        if call["status"] == 200 and call["path"].endswith("/register"):
            filled = json.loads(text)
            token = self.letters.get(filled.get("code", ""))
            return json.dumps({**filled, "token": token}) if token else text
        return text

    def _note(self, call: Json, answer: Any) -> None:
        """Note what a call brought that a replay does not learn from exchanges: credentials, users, one-time codes."""
        if self.run is None or call["method"] != "POST":
            return
        if call["path"].endswith("/one-time-password"):
            self.run.authorization.one_time.append(next(iter(answer.values())))
        if call["path"].startswith(("/credentials", "/records/")):
            recorded = self.run.recording.world["credentials"]
            self.run.authorization.credentials = credentials_file.match_credentials(recorded, self._credentials())

    def _set_clock(self, at: str) -> None:
        """Give the other world the recorded time, if times matter to the journey."""
        if self._needs_its_time:
            response = self.control.put("/clock", json={"mode": "frozen", "at": at})
            assert response.status_code == 200, response.text


def _learn(recorded: Any, actual: Any, bindings: Bindings) -> None:
    """Bind the words in which two answers differ, each at the same place."""
    if isinstance(recorded, dict) and isinstance(actual, dict):
        for key in recorded.keys() & actual.keys():
            _learn(recorded[key], actual[key], bindings)
    elif isinstance(recorded, list) and isinstance(actual, list) and len(recorded) == len(actual):
        for old, new in zip(recorded, actual, strict=True):
            _learn(old, new, bindings)
    elif isinstance(recorded, str) and isinstance(actual, str) and recorded != actual:
        words = _WORD.findall(recorded), _WORD.findall(actual)
        if len(words[0]) == len(words[1]):
            for old, new in zip(*words, strict=True):
                if old != new:
                    bindings.bind(old, new)
