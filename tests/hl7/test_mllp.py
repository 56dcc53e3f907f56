"""MLLP, the convenience that PKB does not have: the listener with peers of every kind."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hl7.client import MLLPClient
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.hl7 import mllp_slots
from sandbox.hl7.mllp import framed
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.hl7.mllp_slots import Slots
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import A28, example, state
from tests.support import Client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def mllp() -> Iterator[Client]:
    with SandboxServer(port=0, mllp_port=free_port(), max_body_bytes=100_000) as server:
        client = Client(server)
        yield client
        client.http.close()


def port(pkb: Client) -> int:
    return pkb.server.mllp_port


def connect(pkb: Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port(pkb)), timeout=30)


def slots_of(pkb: Client) -> Slots:
    mllp = pkb.server._mllp
    assert mllp is not None
    return mllp[0].slots


def answers(peer: socket.socket) -> list[bytes]:
    """Everything until the server closes, which may be before it has read all that was sent."""
    received = b""
    with suppress(ConnectionResetError):
        while data := peer.recv(65536):
            received += data
    return re.findall(rb"\x0b(.*?)\x1c\r", received, re.DOTALL)


def test_the_client_of_the_hl7_library_is_acknowledged(mllp: Client):
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        first = client.send_message(A28)
        second = client.send_message(example("siu_s12").replace("\n", "\r"))
    assert b"MSA|AA|a28-001" in first
    assert b"MSA|AA|siu-s12" in second


def test_a_message_that_began_before_a_reset_is_refused_and_the_next_one_is_taken(mllp: Client):
    frame = framed(A28)
    with connect(mllp) as peer:
        peer.sendall(frame + frame[:100])
        assert b"MSA|AA|a28-001" in peer.recv(65536)
        mllp.http.post("/_sandbox/reset")
        before = state(mllp)
        peer.sendall(frame[100:])
        refused = peer.recv(65536)
        assert b"MSA|AE|a28-001|" in refused
        assert b"The workspace was reset before this request was answered" in refused
        assert state(mllp) == before
        peer.sendall(frame)
        assert b"MSA|AA|a28-001" in peer.recv(65536)


def test_peers_that_go_on_sending_do_not_hold_up_the_end():
    """`asyncio.wait_for` of Python 3.11 loses a cancellation that comes together with the bytes it waits for."""

    async def scenario() -> bool:
        listener = MllpListener(Workspaces(Settings()))

        async def deaf() -> None:
            listener.slots.enter(asyncio.current_task())  # type: ignore[arg-type]
            for _ in range(3):
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            listener.slots.leave(asyncio.current_task())  # type: ignore[arg-type]

        peer = asyncio.ensure_future(deaf())
        await asyncio.sleep(0)
        await asyncio.wait_for(listener.stop(), 30)
        return peer.done()

    assert asyncio.run(scenario())


def test_a_stop_counts_the_incomplete_messages_in_one_line(caplog: pytest.LogCaptureFixture):
    with SandboxServer(port=0, mllp_port=free_port()) as server:
        peers = [socket.create_connection(("127.0.0.1", server.mllp_port), timeout=30) for _ in range(3)]
        for peer in peers:
            peer.sendall(framed(A28) + framed(A28)[:50])
            assert b"MSA|AA" in peer.recv(65536)
    for peer in peers:
        peer.close()
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert lines == ["MLLP: stopped; incomplete messages that were discarded: 3"]


def test_the_record_says_that_this_is_not_pkb(mllp: Client):
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        client.send_message(A28)
    exchange = mllp.control("/exchanges?api=hl7")["exchanges"][-1]
    assert (exchange["request"]["method"], exchange["hl7"]["ack"]) == ("MLLP", "AA")
    assert "PKB accepts messages only by SOAP" in exchange["request"]["headers"]["note"]
    assert (exchange["standing"], exchange["cell"]) == ("choice", "customer.hl7.send_data")


def test_a_notification_belongs_to_the_exchange_of_its_message(mllp: Client):
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        client.send_message(example("siu_s12").replace("\n", "\r").replace("APT-77120", "APT-77999"))
    exchange = mllp.control("/exchanges?api=hl7")["exchanges"][-1]["id"]
    items = mllp.control(f"/outbox?exchange={exchange}&suppressed=all")["items"]
    assert [(item["channel"], item["suppressed"]) for item in items] == [
        ("email", "in-the-past"),
        ("nhs-app", "in-the-past"),
    ]


def test_several_messages_are_answered_in_order_and_a_half_closed_peer_gets_its_answers(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(b"".join(framed(A28.replace("a28-001", f"n-{number}")) for number in range(5)))
        peer.shutdown(socket.SHUT_WR)
        acknowledged = [re.search(rb"MSA\|AA\|(n-\d)", answer) for answer in answers(peer)]
    assert [match[1] for match in acknowledged if match] == [b"n-0", b"n-1", b"n-2", b"n-3", b"n-4"]


def test_nonsense_is_acknowledged(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(framed("nonsense") + b"\x0b\xff\xfe\x1c\r")
        peer.shutdown(socket.SHUT_WR)
        assert [b"MSA|AE|" in answer for answer in answers(peer)] == [True, True]


def test_a_message_that_is_not_utf_8_is_refused_by_control_id_and_not_stored(mllp: Client):
    before = state(mllp)
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        refused = client.send_message(A28.encode().replace(b"Rina", b"Ri\xf1a"))
        assert state(mllp) == before
        assert b"MSA|AA|next" in client.send_message(A28.replace("a28-001", "next"))
    assert b"|ACK^A28|" in refused
    assert b"MSA|AE|a28-001|Unexpected error while processing: The message is not in UTF-8" in refused
    exchange = mllp.control("/exchanges?api=hl7")["exchanges"][-2]
    assert (exchange["outcome"], exchange["hl7"]["control_id"]) == ("refused", "a28-001")
    assert "UTF-8" in mllp.control(f"/exchanges/{exchange['id']}/explanation")["expected"]


def test_noise_before_the_start_block_is_ignored(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n\x1c\r" + framed(A28))
        peer.shutdown(socket.SHUT_WR)
        (answer,) = answers(peer)
    assert b"MSA|AA|a28-001" in answer


def test_a_message_before_an_oversized_one_is_answered(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(framed(A28) + b"\x0bMSH" + b"x" * 150_000)
        first, second = answers(peer)
    assert b"MSA|AA|a28-001" in first
    assert b"MSA|AR||Parsing or validation error: An MLLP message is larger than 100000 bytes" in second


def test_a_connection_too_many_is_closed_and_the_others_go_on(mllp: Client, monkeypatch: pytest.MonkeyPatch):
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        client.send_message(A28)
        monkeypatch.setattr(slots_of(mllp), "most", 1)
        monkeypatch.setattr(mllp_slots, "LEAST_WAIT", 1000.0)
        with connect(mllp) as peer:
            assert answers(peer) == []
        assert b"MSA|AA|" in client.send_message(A28)


def test_a_connection_too_many_takes_the_place_of_the_one_that_has_waited_longest(
    mllp: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mllp_slots, "LEAST_WAIT", 0.0)
    with connect(mllp) as half_sent, connect(mllp) as idle:
        half_sent.sendall(framed(A28) + b"\x0bMSH|half")
        assert b"MSA|AA|" in half_sent.recv(65536)
        idle.sendall(framed(A28))
        assert b"MSA|AA|" in idle.recv(65536)
        monkeypatch.setattr(slots_of(mllp), "most", len(list(slots_of(mllp))))
        with MLLPClient("127.0.0.1", port(mllp)) as client:
            assert b"MSA|AA|" in client.send_message(A28)
            assert half_sent.recv(65536) == b""
        idle.sendall(framed(A28))
        assert b"MSA|AA|" in idle.recv(65536)


def test_a_byte_now_and_then_does_not_keep_a_half_sent_message(mllp: Client, monkeypatch: pytest.MonkeyPatch):
    assert mllp.server._mllp is not None
    monkeypatch.setattr(mllp.server._mllp[0], "_half_sent", 0.3)
    with connect(mllp) as peer:
        peer.sendall(b"\x0bMSH|")
        with suppress(ConnectionError):
            for _ in range(200):
                peer.sendall(b"x")
                time.sleep(0.02)
        rest = mllp.control("/exchanges?api=hl7")["exchanges"]
    assert rest[-1]["hl7"]["ack"] == "AE"


def test_unfinished_messages_share_the_memory_of_unfinished_bodies(mllp: Client, monkeypatch: pytest.MonkeyPatch):
    pending = mllp.server.workspaces.pending_bodies
    monkeypatch.setattr(pending, "_most", 90_000)
    half = b"\x0bMSH|^~\\&|||||||ADT^A28|half|P|2.4\r" + b"x" * 80_000
    with connect(mllp) as first, connect(mllp) as second:
        first.sendall(half)
        while pending.size < 50_000:
            time.sleep(0.01)
        second.sendall(half)
        (answer,) = answers(second)
        first.sendall(b"\x1c\r")
        assert b"|half|" in first.recv(65536)
    assert b"MSA|AR|half|Parsing or validation error: Unfinished requests hold more than 90000 bytes" in answer
    until = time.monotonic() + 10
    while pending.size and time.monotonic() < until:  # the server takes note of the closed connections a moment later
        time.sleep(0.01)
    assert pending.size == 0


def test_a_message_that_is_too_large_closes_the_connection(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(b"\x0bMSH|^~\\&|||||||ADT^A28|big|P|2.4\r" + b"x" * 150_000)
        (answer,) = answers(peer)
    assert b"MSA|AR|big|Parsing or validation error: An MLLP message is larger than 100000 bytes" in answer
    assert mllp.control("/exchanges?api=hl7")["exchanges"][-1]["outcome"] == "refused"


def test_a_peer_that_leaves_half_way_does_no_harm(mllp: Client):
    connect(mllp).close()
    with connect(mllp) as peer:
        peer.sendall(b"\x0bMSH|half")
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        assert b"MSA|AA|" in client.send_message(A28)


def test_a_message_inside_an_unfinished_one_is_answered_and_the_unfinished_is_recorded(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(framed(A28.replace("a28-001", "cut-short"))[:-60] + framed(A28.replace("a28-001", "whole")))
        peer.shutdown(socket.SHUT_WR)
        (answer,) = answers(peer)
    assert b"MSA|AA|whole" in answer
    cut_short, whole = mllp.control("/exchanges?api=hl7")["exchanges"][-2:]
    assert (cut_short["hl7"]["control_id"], cut_short["hl7"]["ack"], cut_short["outcome"]) == (
        "cut-short",
        "AE",
        "refused",
    )
    assert (cut_short["response"]["body"], whole["hl7"]["control_id"]) == ("", "whole")


@pytest.mark.parametrize(
    "damaged", [framed(A28)[1:], framed(A28)[:-2], A28.encode()], ids=["no VT", "no FS", "neither"]
)
def test_a_message_without_its_framing_is_refused_by_its_control_id(mllp: Client, damaged: bytes):
    with connect(mllp) as peer:
        peer.sendall(damaged)
        peer.shutdown(socket.SHUT_WR)
        (answer,) = answers(peer)
    assert b"MSA|AE|a28-001|Unexpected error while processing: The message has no" in answer


def test_an_end_without_carriage_return_is_answered_at_once(mllp: Client):
    with connect(mllp) as peer:
        for turn in ("one", "two"):
            peer.sendall(framed(A28.replace("a28-001", turn))[:-1])
            assert f"MSA|AA|{turn}".encode() in peer.recv(65536)


DAMAGED = st.sampled_from(
    [
        lambda frame: frame,
        lambda frame: frame[1:],
        lambda frame: frame[:-2],
        lambda frame: frame[:-1],
        lambda frame: frame[: len(frame) // 2],
        lambda frame: b"noise\x1c\r" + frame,
        lambda frame: frame.replace(b"PID", b"PI\xff", 1),
    ]
)


@settings(max_examples=40)
@given(st.lists(DAMAGED, min_size=1, max_size=6), st.integers(1, 5000))
def test_of_a_damaged_stream_each_message_is_answered_or_recorded(mllp: Client, damages: list[Any], size: int):
    ids = [f"d{number}x" for number in range(len(damages))]
    frames = [framed(A28.replace("a28-001", id_).replace("\n", "\r")) for id_ in ids]
    stream = b"".join(damage(frame) for damage, frame in zip(damages, frames, strict=True))
    mllp.http.delete("/_sandbox/exchanges")
    with connect(mllp) as peer:
        for at in range(0, len(stream), size):
            peer.sendall(stream[at : at + size])
        peer.shutdown(socket.SHUT_WR)
        answered = b"".join(answers(peer)).decode()
    recorded = "".join(exchange["request"]["body"] for exchange in mllp.control("/exchanges?api=hl7")["exchanges"])
    assert [id_ for id_ in ids if id_ not in recorded] == []
    assert answered.count("MSA|") >= 1


SECRET = "northmoor-Hl7-2026"


def with_security(value: str, text: str = A28) -> str:
    return text.replace("|20260310101500||", f"|20260310101500|{value}|", 1)


def test_the_security_field_is_the_credential_and_nowhere_to_be_seen(mllp: Client, caplog: pytest.LogCaptureFixture):
    eastgate = mllp.credential("org_eastgate")
    with caplog.at_level("DEBUG"), MLLPClient("127.0.0.1", port(mllp)) as client:
        text = example("siu_s12").replace("\n", "\r")
        answer = client.send_message(with_security(f"org_eastgate:{eastgate['password']}", text))
    assert b"MSA|AA|siu-s12" in answer
    exchange = mllp.control("/exchanges?api=hl7")["exchanges"][-1]
    assert "org_eastgate" in exchange["caller"]
    everything = answer.decode() + str(exchange) + caplog.text + mllp.http.get("/_sandbox/exchanges").text
    assert eastgate["password"] not in everything


@pytest.mark.parametrize("value", [f"org_northmoor:{SECRET}x", "nobody:x", "letterbox-facade:x", "org_northmoor:", ":"])
def test_a_wrong_credential_in_the_security_field_is_refused(mllp: Client, value: str):
    before = state(mllp)
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        answer = client.send_message(with_security(value))
    assert b"MSA|AR|a28-001|Parsing or validation error: MSH-8.1 (security) must be" in answer
    assert state(mllp) == before
    exchange = mllp.control("/exchanges?api=hl7")["exchanges"][-1]
    assert (exchange["outcome"], exchange["caller"]) == ("refused", "")
    assert SECRET not in str(exchange)


def test_a_security_field_without_a_pair_is_not_used(mllp: Client):
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        assert b"MSA|AA|a28-001" in client.send_message(with_security("SECURE"))
    assert "org_northmoor" in mllp.control("/exchanges?api=hl7")["exchanges"][-1]["caller"]


@pytest.mark.parametrize(
    "text",
    [
        with_security(f"org_northmoor:{SECRET}"),
        f"\ufeff{with_security(f'org_northmoor:{SECRET}')}",
        f"FHS|^~\\&|||||20260310101500|u:{SECRET}|x\r{A28}",
        f"{A28}\r{with_security(f'org_northmoor:{SECRET}')}",
        f"MSH|^~\\&|||||20260310|org_northmoor:{SECRET}",
        with_security(f"org_northmoor:{SECRET}").replace("Rina", "Ri\udcf1a"),
    ],
    ids=["a message", "behind a mark", "a file header", "a second message", "the last field", "not UTF-8"],
)
def test_a_secret_is_in_no_record_whatever_came_with_it(mllp: Client, text: str):
    content = text.encode("utf-8", "surrogateescape")
    with connect(mllp) as peer:
        peer.sendall(b"\x0b" + content + b"\x1c\r" + b"\x0b" + content[:80] + b"\x0b" + content + b"\x1c\r")
        peer.shutdown(socket.SHUT_WR)
        replies = answers(peer)
    assert len(replies) == 2
    assert SECRET.encode() not in b"".join(replies)
    assert SECRET not in mllp.http.get("/_sandbox/exchanges?api=hl7").text


def test_a_secret_that_came_by_soap_is_masked_and_not_kept_with_a_held_message(mllp: Client):
    path = f"/_sandbox/organisations/{mllp.organisation()}/configuration"
    assert mllp.http.put(path, json={"options": {"soft_matching": ["date_of_birth"]}}).status_code == 200
    text = with_security(f"org_northmoor:{SECRET}", example("siu_s12").replace("19880214", "19990101"))
    assert mllp.send(text).code == "AA"
    assert SECRET not in mllp.http.get("/_sandbox/exchanges?api=hl7").text
    (held,) = mllp.control("/hl7/review")["held"]
    assert "SIU^S12" in held["text"]
    assert SECRET not in held["text"]


def test_fifty_connections_at_once_get_their_own_answers(mllp: Client):
    def talk(number: int) -> list[bool]:
        with MLLPClient("127.0.0.1", port(mllp)) as client:
            ids = [f"c-{number}-{turn}" for turn in range(4)]
            return [id_.encode() in client.send_message(A28.replace("a28-001", id_)) for id_ in ids]

    with ThreadPoolExecutor(50) as pool:
        assert all(all(seen) for seen in pool.map(talk, range(50)))
