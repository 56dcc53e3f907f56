"""`pkb-sandbox tail`, as a process beside a running sandbox: its lines, its filters, and how it comes back and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.cli.event_stream import StreamEvent, parsed
from sandbox.cli.tail import LOST
from sandbox.server import SandboxServer
from tests.cli.test_client_commands import assert_fails, run
from tests.cli.test_client_commands import url as url
from tests.control.test_events import following, take, wait_until
from tests.hl7.clinical import configure
from tests.hl7.samples import A28, example
from tests.support import Client


def can_be_interrupted() -> None:
    """Undo what a shell does to the jobs it starts in the background: they ignore SIGINT, and so do their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def tailing(pkb: Client, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A tail that is connected; it must end quietly when it is interrupted."""
    command = [sys.executable, "-m", "sandbox", "tail", "--url", pkb.server.base_url, *options]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
        preexec_fn=can_be_interrupted,
    )
    try:
        wait_until(lambda: followers(pkb) == 1)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def followers(pkb: Client) -> int:
    return sum(workspace.events.followers for workspace in pkb.server.workspaces)


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


def test_comments_about_missed_events_are_told_from_the_others(pkb: Client):
    with following(pkb) as received:
        pkb.http.get("/fhir/Patient/1")
        first = next(received)
    pkb.http.get("/fhir/Patient/2")
    pkb.http.delete("/_sandbox/exchanges")
    with following(pkb, first.id) as received:
        (dropped,) = take(received, 1)
    with following(pkb, 1) as received:
        (missed,) = take(received, 1)
    assert LOST in dropped.comment
    assert LOST in missed.comment


def test_each_event_is_a_line_and_a_refusal_says_why(pkb: Client):
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-01T10:00:00Z"})
    pkb.token("letterbox-facade")
    configure(pkb, options={"soft_matching": ["date_of_birth"]})
    with tailing(pkb) as process:
        pkb.send(A28)
        pkb.send(A28.replace("PID|||", "PID||||||").replace("a28-001", "a28-002"))
        pkb.send(example("siu_s12").replace("\n", "\r").replace("19880214", "19990101"))
        pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "facade", "status": 503, "first": 1}]})
        pkb.facade("/Patient/1")
        pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-01T11:00:00Z"})
        mail, accepted, refused, held, message, fault, failed, clock = lines(process, 8)
    assert mail.startswith("10:00:00 outbox     invitation by email to rina.khatun@example.org: ")
    assert accepted.startswith("10:00:00 hl7        accepted ADT^A28 · AA · ")
    assert accepted.endswith(" ms")
    assert refused.startswith("10:00:00 hl7        refused  ADT^A28 · AR · ")
    assert refused.endswith(" ms: Invalid gender. Expected U, M, F or I")
    assert held.startswith("10:00:00 held       SIU^S12 for Ms Tola Adeyemi: ")
    assert message.startswith("10:00:00 hl7        accepted SIU^S12 · AA · ")
    assert fault.startswith("         fault      api=facade status=503 first=1 (hit 1, rule ")
    assert failed.startswith("10:00:00 facade     failed   read Patient · 503 · ")
    assert clock == "11:00:00 clock      frozen at 2026-03-01T11:00:00Z"


def test_it_ends_quietly(pkb: Client):
    with tailing(pkb) as process:
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize(("environment", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_it_wants_none(pkb: Client, environment: dict[str, str], is_coloured: bool):
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "sandbox", "tail", "--url", pkb.server.base_url]
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(command, stdout=end, env={**kept, **environment}, preexec_fn=can_be_interrupted)
    try:
        wait_until(lambda: followers(pkb) == 1)
        pkb.http.get("/fhir/Patient/1")
        line = os.read(terminal, 4096)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        os.close(terminal)
        os.close(end)
    assert b"refused" in line
    assert line.startswith(b"\x1b[33m") == is_coloured
    assert (b"\x1b" in line) == is_coloured


def test_exchanges_are_chosen_by_api_and_outcome(pkb: Client):
    with tailing(pkb, "--api", "facade", "--api", "rest", "--outcome", "refused") as process:
        pkb.http.put("/_sandbox/clock", json={"mode": "real"})
        pkb.send(A28)
        pkb.http.get("/fhir/metadata")
        pkb.http.get("/fhir/Patient/1")
        pkb.http.get("/json/users/self")
        chosen = lines(process, 2)
    assert [line.split()[1:3] for line in chosen] == [["facade", "refused"], ["rest", "refused"]]


def test_events_are_printed_as_json(pkb: Client):
    with tailing(pkb, "--json") as process:
        pkb.http.get("/fhir/metadata")
        pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-01T10:00:00Z"})
        exchange, clock = map(json.loads, lines(process, 2))
    assert exchange["data"] == pkb.control("/exchanges")["exchanges"][0]
    assert clock == {"event": "clock", "id": exchange["id"] + 1, "data": pkb.control("/clock")}


def test_a_workspace_is_followed_until_it_is_deleted(url: str, pkb: Client):
    run(url, "workspace", "create", "mine")
    with tailing(pkb, "--workspace", "mine") as process:
        pkb.http.get("/fhir/metadata")
        run(url, "clock", "freeze", "2026-03-01T10:00:00Z", "--workspace", "mine")
        assert lines(process, 1) == ["10:00:00 clock      frozen at 2026-03-01T10:00:00Z"]
        run(url, "workspace", "delete", "mine")
        assert process.wait(timeout=20) == 1
        assert process.stderr is not None
        lost, gone = process.stderr.read().splitlines()
    assert lost == "connection lost; reconnecting"
    assert gone.startswith("pkb-sandbox: 404 Not Found")


def test_a_connection_that_is_lost_is_made_again():
    first = SandboxServer(port=0).start()
    pkb, port = Client(first), first.port
    with tailing(pkb) as process:
        pkb.http.get("/fhir/metadata")
        assert " facade " in lines(process, 1)[0]
        first.stop()
        pkb.http.close()
        time.sleep(1.5)
        with SandboxServer(port=port) as second:
            again = Client(second)
            wait_until(lambda: followers(again) == 1)
            again.http.get("/json/users/self")
            assert " rest " in lines(process, 1)[0]
            again.http.close()


def test_an_unreachable_server_is_reported():
    assert_fails(run("http://127.0.0.1:1", "tail"), 1, "no response from http://127.0.0.1:1")


@pytest.mark.parametrize("options", [["--api", "soap"], ["--outcome", "good"]])
def test_an_unknown_filter_is_named(url: str, options: list[str]):
    assert_fails(run(url, "tail", *options), 2, options[1])


def test_a_stream_is_taken_apart():
    stream = (
        b': hello\n\nevent: clock\r\ndata: {"a":1}\r\nid: 7\r\n\r\n\n: a\n: b\n\nevent: x\ndata: 1\nid: 8\n\ndata: 2\n'
    )
    assert list(parsed(stream.splitlines(keepends=True))) == [
        StreamEvent("", "", None, "hello"),
        StreamEvent("clock", "7", {"a": 1}),
        StreamEvent("", "", None, "a\nb"),
        StreamEvent("x", "8", 1),
    ]
