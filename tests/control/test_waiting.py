"""Calls that wait: how they are woken, how they end, and that they cost nothing meanwhile."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.app import create_app
from sandbox.model import DueWork
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.control.test_control_api import assert_problem
from tests.journeys.test_notifications import IDRIS, TOLA, clock, document, id_of, outbox, result, send
from tests.support import Client

LONG = 600
"""Seconds that a test could not wait for."""


def until(condition: Callable[[], bool]) -> None:
    """Waits until something has happened in the server's thread."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def waiting_calls(pkb: Client) -> int:
    """How many calls wait in the default world."""
    return len(pkb.server.workspaces.default.ending)


@contextmanager
def waiting(pkb: Client, path: str, count: int = 1) -> Iterator[list[Future[httpx.Response]]]:
    """Calls that have begun to wait."""
    limits = httpx.Limits(max_connections=count)
    with (
        ThreadPoolExecutor(count) as pool,
        httpx.Client(base_url=pkb.server.base_url, timeout=60, limits=limits) as http,
    ):
        answers = [pool.submit(http.get, f"/_sandbox{path}") for _ in range(count)]
        until(lambda: waiting_calls(pkb) == count)
        yield answers
        [answer.result() for answer in answers]
    assert waiting_calls(pkb) == 0


def test_a_call_is_answered_when_an_exchange_matches_and_not_before(pkb: Client):
    with waiting(pkb, f"/exchanges?api=facade&outcome=refused&wait={LONG}") as (answer,):
        pkb.http.get("/services/hl7?wsdl")
        pkb.http.get("/fhir/metadata")
        pkb.post_soap("nonsense")
        assert not answer.done()
        refused = pkb.http.get("/fhir/Patient/1")
    (exchange,) = answer.result().json()["exchanges"]
    assert exchange["id"] == refused.headers["pkb-sandbox-exchange"]


def test_an_exchange_already_in_the_journal_is_not_waited_for(pkb: Client):
    pkb.http.get("/fhir/metadata")
    assert len(pkb.control(f"/exchanges?api=facade&wait={LONG}")["exchanges"]) == 1


def test_a_call_waits_for_what_comes_after_an_exchange(pkb: Client):
    first = pkb.http.get("/fhir/metadata").headers["pkb-sandbox-exchange"]
    with waiting(pkb, f"/exchanges?after={first}&wait={LONG}") as (answer,):
        second = pkb.http.get("/fhir/metadata").headers["pkb-sandbox-exchange"]
    assert [exchange["id"] for exchange in answer.result().json()["exchanges"]] == [second]


def test_an_exchange_that_is_dropped_during_the_wait_loses_nothing(pkb: Client):
    first = pkb.http.get("/fhir/metadata").headers["pkb-sandbox-exchange"]
    with waiting(pkb, f"/exchanges?after={first}&api=facade&wait={LONG}") as (answer,):
        pkb.server.workspaces.default.exchanges.drop_oldest()
        second = pkb.http.get("/fhir/metadata").headers["pkb-sandbox-exchange"]
    body = answer.result().json()
    assert ([exchange["id"] for exchange in body["exchanges"]], body["dropped"]) == ([second], 1)


def test_a_limit_of_nothing_only_says_that_something_matched(pkb: Client):
    with waiting(pkb, f"/exchanges?limit=0&wait={LONG}") as (answer,):
        pkb.http.get("/fhir/metadata")
    assert answer.result().json() == {"exchanges": [], "dropped": 0}


def test_a_call_is_empty_at_the_end_and_has_waited_that_long(pkb: Client):
    started = time.monotonic()
    assert pkb.control("/exchanges?api=rest&wait=0.3") == {"exchanges": [], "dropped": 0}
    assert time.monotonic() - started >= 0.3


def test_a_bad_parameter_is_refused_before_the_wait(pkb: Client):
    assert_problem(pkb.http.get(f"/_sandbox/exchanges?api=x&wait={LONG}"), 400, "api must be one of")
    assert_problem(pkb.http.get("/_sandbox/outbox?wait=601"), 400, "wait must be a number of seconds from 0 to 600")


def test_a_body_with_a_content_coding_does_not_end_a_wait(pkb: Client):
    headers = {"Content-Encoding": "gzip"}
    response = pkb.http.get("/_sandbox/exchanges?api=rest&wait=0.05", headers=headers)
    assert (response.status_code, response.json()) == (200, {"exchanges": [], "dropped": 0})


def test_a_hundred_calls_wait_at_once_and_others_are_answered(pkb: Client):
    with waiting(pkb, f"/exchanges?api=facade&wait={LONG}", count=100) as answers:
        assert pkb.control("/health/ready")["status"] == "ready"
        pkb.http.get("/services/hl7?wsdl")
        assert not any(answer.done() for answer in answers)
        pkb.http.get("/fhir/metadata")
    ids = {answer.result().json()["exchanges"][0]["id"] for answer in answers}
    assert len(ids) == 1


def test_a_client_that_leaves_is_not_waited_for(pkb: Client):
    listeners = pkb.server.workspaces.default.exchanges.kept
    before = len(listeners)
    address = urlsplit(pkb.server.base_url)
    assert address.hostname
    assert address.port
    client = socket.create_connection((address.hostname, address.port))
    client.sendall(f"GET /_sandbox/exchanges?wait={LONG} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    until(lambda: waiting_calls(pkb) == 1)
    assert len(listeners) == before + 1
    client.close()
    until(lambda: waiting_calls(pkb) == 0)
    assert len(listeners) == before


@pytest.mark.parametrize("path", ["/exchanges", "/outbox"])
def test_a_server_that_stops_answers_the_calls_that_wait(path: str):
    """Cut off after the time that a stop grants, they would be answered with nothing at all."""
    with SandboxServer(port=0) as server:
        pkb = Client(server)
        with waiting(pkb, f"{path}?wait={LONG}", count=3) as answers:
            server.stop()
        pkb.http.close()
    for answer in answers:
        assert answer.result().status_code == 200
        assert next(iter(answer.result().json().values())) == []


def test_calls_wait_in_their_own_world_until_it_is_deleted(pkb: Client):
    assert pkb.http.post("/_sandbox/workspaces", json={"name": "waited"}).status_code == 201
    world = pkb.server.workspaces.named("waited")
    with ThreadPoolExecutor() as pool:
        paths = [f"/_sandbox/{path}?workspace=waited&wait={LONG}" for path in ("exchanges", "outbox")]
        answers = [pool.submit(pkb.http.get, path) for path in paths]
        until(lambda: len(world.ending) == 2)
        pkb.http.get("/fhir/metadata")
        send(pkb, result(TOLA))
        assert not any(answer.done() for answer in answers)
        assert pkb.http.delete("/_sandbox/workspaces/waited").status_code == 204
    for answer in answers:
        assert_problem(answer.result(), 409, "The workspace was deleted before this request was answered")
    assert len(world.ending) == 0


def test_a_call_waits_in_process_too():
    async def run() -> None:
        app = create_app(Workspaces(Settings(), token_needed=False))
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            answer = asyncio.create_task(http.get(f"/_sandbox/exchanges?wait={LONG}"))
            await asyncio.sleep(0)
            await http.get("/fhir/metadata")
            assert len((await answer).json()["exchanges"]) == 1

    asyncio.run(run())


# --- the outbox ---


def test_the_outbox_wakes_a_call_when_an_item_matches_and_not_before(pkb: Client):
    patient = id_of(pkb, TOLA)
    with waiting(pkb, f"/outbox?kind=notification&patient={patient}&wait={LONG}") as (answer,):
        send(pkb, result(IDRIS))
        assert not answer.done()
        exchange = send(pkb, result(TOLA))
    (item,) = answer.result().json()["items"]
    assert (item["patient"], item["exchange"]) == (patient, exchange)


def test_what_is_not_sent_wakes_a_call_that_asks_for_it(pkb: Client):
    with waiting(pkb, f"/outbox?suppressed=true&wait={LONG}") as (answer,):
        send(pkb, result(TOLA))
        assert not answer.done()
        send(pkb, result(IDRIS))
    assert [item["suppressed"] for item in answer.result().json()["items"]] == ["not-registered"]


def remind(pkb: Client, now: datetime) -> None:
    """A document that nobody opens: a reminder comes the next morning."""
    clock(pkb, {"mode": "frozen", "at": now.isoformat()})
    send(pkb, document(TOLA, f"{now:%Y%m%d%H%M%S}"))


def test_a_clock_that_is_moved_on_wakes_a_call(pkb: Client):
    remind(pkb, datetime(2026, 7, 1, 9, tzinfo=UTC))
    with waiting(pkb, f"/outbox?kind=reminder&wait={LONG}") as (answer,):
        clock(pkb, {"advance": "PT19H"})  # 05:00 in London: the reminder comes at 06:00
        assert not answer.done()
        clock(pkb, {"advance": "PT1H"})
    assert answer.result().json()["items"]


def bring_forward(pkb: Client) -> None:
    """Has the reminder come in a second from now, in real time."""
    store = pkb.server.workspaces.default.store
    (work,) = [work for work in store.all(DueWork) if work.kind == "reminder"]
    store.put(replace(work, at=datetime.now(UTC) + timedelta(seconds=1)))


def test_time_alone_brings_mail_to_a_call_that_waits(pkb: Client):
    remind(pkb, datetime.now(UTC))
    clock(pkb, {"mode": "real"})
    with waiting(pkb, f"/outbox?kind=reminder&wait={LONG}") as (answer,):
        bring_forward(pkb)
    assert answer.result().json()["items"]


def test_a_clock_that_is_set_to_real_time_lets_mail_come(pkb: Client):
    remind(pkb, datetime.now(UTC))
    bring_forward(pkb)
    with waiting(pkb, f"/outbox?kind=reminder&wait={LONG}") as (answer,):
        assert not answer.done()
        clock(pkb, {"mode": "real"})
    assert answer.result().json()["items"]


def test_a_state_that_comes_back_wakes_a_call(pkb: Client):
    send(pkb, result(TOLA))
    assert pkb.http.post("/_sandbox/checkpoints", json={"name": "with-mail"}).status_code == 201
    pkb.http.delete("/_sandbox/outbox")
    with waiting(pkb, f"/outbox?wait={LONG}") as (answer,):
        assert pkb.http.post("/_sandbox/checkpoints/with-mail/restore").status_code == 200
    assert len(answer.result().json()["items"]) == 1
    pkb.http.delete("/_sandbox/checkpoints/with-mail")


def test_a_call_that_waits_looks_only_when_it_is_woken(pkb: Client, monkeypatch: pytest.MonkeyPatch):
    looks = 0
    world = pkb.server.workspaces.default
    catch_up = world.catch_up

    def counted() -> list[str]:
        nonlocal looks
        looks += 1
        return catch_up()

    monkeypatch.setattr(world, "catch_up", counted)
    assert outbox(pkb, wait="0.5") == []
    assert looks <= 3
