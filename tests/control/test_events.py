"""Server-sent events: what is told, in which order, what a client that comes back gets, and how streams end."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

import httpx
import pytest

from sandbox.control import events as stream
from sandbox.server import SandboxServer
from tests.control.test_control_api import assert_problem
from tests.hl7.clinical import configure
from tests.hl7.samples import A28, example
from tests.support import Client

SIU = example("siu_s12").replace("\n", "\r")


class Told(NamedTuple):
    """One block of a stream: an event, or comments."""

    kind: str
    data: Any
    id: int
    comment: str = ""


def block(lines: list[str]) -> Told:
    fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
    comment = "\n".join(line[2:] for line in lines if line.startswith(":"))
    return Told(fields.get("event", ""), json.loads(fields.get("data", "null")), int(fields.get("id", 0)), comment)


def blocks(response: httpx.Response) -> Iterator[Told]:
    lines: list[str] = []
    for line in response.iter_lines():
        if line:
            lines.append(line)
        else:
            yield block(lines)
            lines = []


@contextmanager
def following(pkb: Client, after: int | str | None = None) -> Iterator[Iterator[Told]]:
    """The blocks of a stream that has begun; its first comment is taken off."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with pkb.http.stream("GET", "/_sandbox/events", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].split(";")[0] == "text/event-stream"
        assert response.headers["cache-control"] == "no-store"
        received = blocks(response)
        assert next(received).comment
        yield received


def take(received: Iterator[Told], count: int) -> list[Told]:
    return [next(received) for _ in range(count)]


def test_an_exchange_is_told_as_the_journal_shows_it(pkb: Client):
    with following(pkb) as received:
        pkb.http.get("/fhir/Patient/1")
        event = next(received)
    (exchange,) = pkb.control("/exchanges?api=facade")["exchanges"]
    assert (event.kind, event.data) == ("exchange", exchange)


def test_what_a_message_has_sent_is_told_as_the_outbox_shows_it(pkb: Client):
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-01T10:00:00Z"})
    with following(pkb) as received:
        pkb.send(A28)
        events = take(received, 2)
    assert [event.kind for event in events] == ["outbox", "exchange"]
    assert [events[0].data] == pkb.control("/outbox")["items"]
    assert events[0].data["exchange"] == events[1].data["id"]
    assert events[0].id + 1 == events[1].id


def test_a_held_message_is_told_as_the_review_queue_shows_it(pkb: Client):
    configure(pkb, options={"soft_matching": ["date_of_birth"]})
    with following(pkb) as received:
        pkb.send(SIU.replace("19880214", "19990101"))
        events = take(received, 2)
    assert [event.kind for event in events] == ["held", "exchange"]
    assert [events[0].data] == pkb.control("/hl7/review")["held"]


def test_the_clock_is_told_when_it_is_set(pkb: Client):
    with following(pkb) as received:
        frozen = pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-01T10:00:00Z"}).json()
        advanced = pkb.http.put("/_sandbox/clock", json={"advance": "PT15M"}).json()
        pkb.http.post("/_sandbox/reset", json={"reset": ["clock"]})
        events = take(received, 3)
    assert [event.kind for event in events] == ["clock"] * 3
    assert [event.data for event in events[:2]] == [frozen, advanced]
    assert (events[2].data["mode"], events[2].data["became_due"]) == ("real", [])


def test_a_stream_goes_on_through_a_reset_of_its_world(pkb: Client):
    with following(pkb) as received:
        pkb.http.post("/_sandbox/reset")
        pkb.http.get("/fhir/Patient/1")
        events = take(received, 2)
    assert [event.kind for event in events] == ["clock", "exchange"]
    assert pkb.control("/exchanges")["exchanges"] == [events[1].data]


def test_a_fault_is_told_as_the_rules_show_it(pkb: Client):
    rule = {"api": "facade", "status": 503, "first": 1}
    pkb.http.put("/_sandbox/faults", json={"rules": [rule]})
    with following(pkb) as received:
        pkb.http.get("/fhir/Patient/1")
        pkb.http.get("/fhir/Patient/2")
        events = take(received, 3)
    assert [event.kind for event in events] == ["fault", "exchange", "exchange"]
    assert [events[0].data] == pkb.control("/faults")["rules"]
    assert (events[0].data["hits"], events[1].data["fault"]) == (1, events[0].data["id"])


def test_what_is_only_tried_out_is_not_told(pkb: Client):
    with following(pkb) as received:
        pkb.http.post("/_sandbox/hl7/lint", json={"text": A28})
        pkb.send(A28.replace("PID|||", "PID||||||"))
        event = next(received)
    assert (event.kind, event.data["outcome"]) == ("exchange", "refused")


def test_a_suppressed_item_is_not_announced(pkb: Client):
    pkb.send(A28)
    with following(pkb) as received:
        pkb.send(SIU)
        suppressed = pkb.control("/outbox?suppressed=true")["items"]
        pkb.http.get("/fhir/Patient/1")
        events: list[Told] = []
        while not events or events[-1].data.get("api") != "facade":
            events.append(next(received))
    assert suppressed
    assert not [event for event in events if event.kind == "outbox" and event.data["suppressed"]]


def test_secrets_are_not_told(pkb: Client):
    with following(pkb) as received:
        pkb.http.post("/api/oauth/token", data={"client_secret": "s3cret"}, auth=("letterbox-facade", "s3cret"))
        event = next(received)
    assert "s3cret" not in json.dumps(event.data)


# --- coming back ---


def test_a_client_that_comes_back_misses_nothing(pkb: Client):
    with following(pkb) as received:
        pkb.http.get("/fhir/Patient/1")
        first = next(received)
    for number in range(2, 5):
        pkb.http.get(f"/fhir/Patient/{number}")
    with following(pkb, first.id) as received:
        pkb.http.get("/fhir/Patient/5")
        events = take(received, 4)
    assert [event.data["request"]["path"] for event in events] == [f"/fhir/Patient/{number}" for number in range(2, 6)]
    assert [event.id for event in events] == list(range(first.id + 1, first.id + 5))


def test_of_exchanges_that_the_journal_dropped_only_the_number_is_told(pkb: Client):
    with following(pkb) as received:
        pkb.http.get("/fhir/Patient/1")
        first = next(received)
    pkb.http.get("/fhir/Patient/2")
    pkb.http.delete("/_sandbox/exchanges")
    pkb.http.get("/fhir/Patient/3")
    with following(pkb, first.id) as received:
        dropped, event = take(received, 2)
    assert dropped.comment == f"event {first.id + 1} is no longer available"
    assert event.id == first.id + 2


def test_an_id_of_another_server_gives_all_that_is_kept(pkb: Client):
    pkb.http.get("/fhir/Patient/other-server")
    with following(pkb, 10**15) as received:
        paths = (event.data["request"]["path"] for event in received if event.kind == "exchange")
        assert next(path for path in paths if path.endswith("other-server"))


@pytest.mark.parametrize("id_", ["x", "-1", "1.5", "\N{SUPERSCRIPT TWO}".encode().decode("latin-1"), "9" * 40])
def test_an_invalid_id_is_refused(pkb: Client, id_: str):
    response = pkb.http.get("/_sandbox/events", headers={b"Last-Event-ID": id_.encode("latin-1")})
    assert_problem(response, 400, "Last-Event-ID must be the id of an event")


def test_a_head_ends(pkb: Client):
    response = pkb.http.head("/_sandbox/events")
    assert (response.status_code, response.content) == (200, b"")


def test_a_stranger_does_not_follow(pkb: Client):
    response = pkb.http.get("/_sandbox/events", headers={"Host": "example.org"})
    assert_problem(response, 401, "loopback")


# --- many, slow and gone followers ---


def test_fifty_followers_are_told_the_same(pkb: Client):
    followers = pkb.server.workspaces.default.events
    with ExitStack() as stack:
        streams = [stack.enter_context(following(pkb)) for _ in range(50)]
        assert followers.followers == 50
        for number in range(10):
            pkb.http.get(f"/fhir/Patient/{number}")
        ids = [[event.id for event in take(events, 10)] for events in streams]
    assert ids[0] == list(range(ids[0][0], ids[0][0] + 10))
    assert ids == [ids[0]] * 50
    wait_until(lambda: followers.followers == 0)


@contextmanager
def another(server: SandboxServer) -> Iterator[Client]:
    pkb = Client(server.start())
    try:
        yield pkb
    finally:
        server.stop()
        pkb.http.close()


def wait_until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def deaf(server: SandboxServer) -> Iterator[socket.socket]:
    """A client that asks for the events and reads nothing of them."""
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", server.port))
        peer.sendall(b"GET /_sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: server.workspaces.default.events.followers)
        yield peer


def fill(pkb: Client) -> None:
    """Exchanges until what is sent to a client that does not read fits into no buffer any more."""
    body = b"x" * 60_000
    for _ in range(200):
        pkb.http.post("/fhir/Patient", content=body, headers={"Content-Type": "text/plain"})


def test_a_stalled_client_blocks_no_other_and_is_dropped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "STALLED", 0.3)
    monkeypatch.setattr(stream, "LAST", 0.1)
    with (
        another(SandboxServer(port=0)) as pkb,
        deaf(pkb.server) as peer,
        ThreadPoolExecutor() as pool,
        following(pkb) as received,
    ):
        paths = (event.data["request"]["path"] for event in received)
        waiting = pool.submit(lambda: next(path for path in paths if path == "/fhir/metadata"))
        fill(pkb)
        wait_until(lambda: pkb.server.workspaces.default.events.followers == 1)
        pkb.http.get("/fhir/metadata")
        assert waiting.result(timeout=20)
        peer.settimeout(20)
        with suppress(ConnectionResetError):
            while peer.recv(1 << 20):
                pass


def test_a_client_that_stops_reading_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(stream, "LAST", 0.1)
    with another(SandboxServer(port=0)) as pkb, deaf(pkb.server):
        fill(pkb)
        pkb.http.close()
        pkb.server.stop()
    assert not [line for line in caplog.messages if "timeout graceful shutdown exceeded" in line]


def test_streams_end_when_the_server_stops():
    with another(SandboxServer(port=0)) as pkb, ThreadPoolExecutor() as pool, ExitStack() as stack:
        streams = [stack.enter_context(following(pkb)) for _ in range(5)]
        ends = [pool.submit(list, received) for received in streams]
        pkb.server.stop()
        assert [end.result(timeout=20) for end in ends] == [[]] * 5


def test_silence_is_broken_by_comments(pkb: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "KEEP_ALIVE", 0.05)
    with following(pkb) as received:
        comments = [block.comment for block in take(received, 3)]
    assert comments == ["keep-alive"] * 3


def test_work_that_becomes_due_is_done_while_somebody_follows(pkb: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "KEEP_ALIVE", 0.05)
    became_due = iter(["a reminder"])
    monkeypatch.setattr(pkb.server.workspaces.default, "catch_up", lambda: list(became_due))
    with following(pkb) as received:
        take(received, 2)
    assert list(became_due) == []


def test_the_lines_of_a_stream_are_those_of_the_specification(pkb: Client):
    with httpx.stream("GET", f"{pkb.server.base_url}/_sandbox/events") as response:
        pkb.http.get("/fhir/Patient/1")
        text = ""
        for piece in response.iter_text():
            text += piece
            if text.count("\n\n") == 2:
                break
    assert re.fullmatch(r": [^\n]+\n\nevent: exchange\ndata: \{[^\n]+\}\nid: \d+\n\n", text)


def test_a_stream_is_of_one_world_and_ends_with_it(pkb: Client):
    pkb.http.post("/_sandbox/workspaces", json={"name": "followed"})
    with (
        pkb.http.stream("GET", "/_sandbox/events?workspace=followed") as response,
        following(pkb) as default,
    ):
        received = blocks(response)
        assert next(received).comment
        pkb.http.put("/_sandbox/clock?workspace=followed", json={"mode": "frozen", "at": "2026-03-01T10:00:00Z"})
        pkb.http.get("/fhir/Patient/1")
        pkb.http.delete("/_sandbox/workspaces/followed")
        assert [event.kind for event in received] == ["clock"]
        assert next(default).kind == "exchange"


def test_a_world_that_is_followed_does_not_expire(pkb: Client):
    pkb.http.post("/_sandbox/workspaces", json={"name": "watched", "idle_seconds": 1})
    with pkb.http.stream("GET", "/_sandbox/events?workspace=watched") as response:
        received = blocks(response)  # the answer is closed with what reads it
        assert next(received).comment
        time.sleep(1.1)
        names = [row["name"] for row in pkb.control("/workspaces")["workspaces"]]
        assert "watched" in names
    wait_until(lambda: len(pkb.control("/workspaces")["workspaces"]) < len(names))
