"""MLLP, the convenience that PKB does not have: framing in any cut, and the listener with peers of every kind."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hl7.client import MLLPClient
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Invalid, TooLarge
from sandbox.hl7 import mllp_listener
from sandbox.hl7.mllp import NO_END, NO_START, REPLACED, Frame, Frames, framed
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.model import Credential
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.sockets import PortTaken
from sandbox.worlds.workspaces import Workspaces
from tests.cli.test_cli import assert_one_line, run
from tests.hl7.samples import A28, example, state
from tests.support import Client
from tests.test_server import serving

STREAM = framed("MSH|1") + b"\r\n" + framed("MSH|2") + b"noise" + framed("MSH|\u00e9")
MESSAGES = [b"MSH|1", b"MSH|2", "MSH|\u00e9".encode()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def contents(frames: Frames, data: bytes) -> list[bytes]:
    """The contents of the whole frames that some bytes complete."""
    return [frame.content for frame in frames.feed(data) if not frame.fault]


def test_a_stream_at_once():
    assert contents(Frames(100), STREAM) == MESSAGES


def test_a_stream_byte_by_byte():
    frames = Frames(100)
    assert [message for byte in STREAM for message in contents(frames, bytes([byte]))] == MESSAGES
    assert not frames.unfinished


def test_trailing_bytes_are_the_beginning_of_the_next():
    frames = Frames(100)
    assert contents(frames, STREAM + b"\x0bMSH|4") == MESSAGES
    assert frames.unfinished
    assert contents(frames, b"\x1c\r") == [b"MSH|4"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_messages(cuts: list[int]):
    frames, edges = Frames(100), [0, *sorted(cuts), len(STREAM)]
    assert [m for start, end in pairwise(edges) for m in contents(frames, STREAM[start:end])] == MESSAGES


LIMIT = 10
CUTS = {"whole": 100, "byte by byte": 1, "in pieces": 7}


def read(stream: bytes, size: int, limit: int = LIMIT) -> Iterator[Frame]:
    """The frames of a stream that arrives in pieces of some size, and then ends."""
    frames = Frames(limit)
    for at in range(0, len(stream), size):
        yield from frames.feed(stream[at : at + size])
    rest = frames.rest()
    if rest is not None:
        yield rest


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
def test_a_message_of_the_limit_is_read_however_it_is_cut(size: int):
    assert list(read(b"\x0b" + b"x" * LIMIT + b"\x1c\r", size)) == [Frame(b"x" * LIMIT)]


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("end", [b"", b"\x1c", b"\x1c\r"], ids=["unfinished", "half an end", "finished"])
def test_a_message_over_the_limit_is_too_large_however_it_is_cut(end: bytes, size: int):
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        list(read(b"\x0b" + b"x" * (LIMIT + 2) + end, size))


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
def test_messages_before_an_oversized_one_are_read(size: int):
    messages = read(b"\x0bone\x1c\r\x0btwo\x1c\r\x0b" + b"x" * 50, size)
    assert [next(messages), next(messages)] == [Frame(b"one"), Frame(b"two")]
    with pytest.raises(TooLarge):
        next(messages)


FRAMING = {
    "a start within a message": (b"\x0bMSH|1\x0bMSH|2\x1c\r", [Frame(b"MSH|1", REPLACED), Frame(b"MSH|2")]),
    "two starts": (b"\x0b\x0bMSH|2\x1c\r", [Frame(b"", REPLACED), Frame(b"MSH|2")]),
    "an end without a return": (b"\x0bMSH|1\x1c\x0bMSH|2\x1c", [Frame(b"MSH|1"), Frame(b"MSH|2")]),
    "an end with a line feed": (b"\x0bMSH|1\x1c\n\x0bMSH|2\x1c\r\n", [Frame(b"MSH|1"), Frame(b"MSH|2")]),
    "a message without a start": (
        b"MSH|1\x1c\r\x0bMSH|2\x1c\r",
        [Frame(b"MSH|1", NO_START), Frame(b"MSH|2")],
    ),
    "a message behind an end": (
        b"\x0bMSH|1\x1cMSH|2\x1c\r",
        [Frame(b"MSH|1"), Frame(b"MSH|2", NO_START)],
    ),
    "a message without framing": (b"\xef\xbb\xbfMSH|1\r", [Frame(b"\xef\xbb\xbfMSH|1\r", NO_START)]),
    "a message without an end": (b"\x0bMSH|1\r", [Frame(b"MSH|1\r", NO_END)]),
    "an end alone": (b"\x1c\r\x1c\r", []),
    "an empty frame": (b"\x0b\x1c\r", [Frame(b"")]),
    "noise": (b"GET / HTTP/1.1\r\n\r\n\x1c\r\x0bMSH|1\x1c\rnoise", [Frame(b"MSH|1")]),
}


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("name", FRAMING)
def test_of_a_damaged_stream_no_message_is_lost(name: str, size: int):
    stream, expected = FRAMING[name]
    assert list(read(stream, size, 100)) == expected


PIECE = st.binary(max_size=6) | st.sampled_from([b"\x0b", b"\x1c", b"\x1c\r", b"\r"])


@given(st.lists(st.sampled_from([b"MSH|1", b"MSH|22"]) | PIECE, max_size=12), st.integers(1, 9))
def test_of_any_stream_every_message_is_given_once(pieces: list[bytes], size: int):
    stream = b"".join(pieces)
    frames = list(read(stream, size, 1000))
    assert frames == list(read(stream, len(stream) + 1, 1000))
    starts = stream.count(b"\x0b")
    assert sum(frame.fault != NO_START for frame in frames) == starts
    assert all(frame.content in stream for frame in frames)


def test_the_framing_characters_inside_a_text_do_not_end_its_frame():
    (message,) = Frames(100).feed(framed("MSA|AA|a\x1c\rQRD|\x0b"))
    assert message == Frame(b"MSA|AA|a \rQRD| ")


def test_noise_without_a_frame_is_not_kept():
    frames = Frames(10)
    assert list(frames.feed(b"x" * 100_000)) == []
    assert not frames.unfinished
    assert len(frames._buffer) <= 4096


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
        monkeypatch.setattr(mllp_listener, "MOST_CONNECTIONS", 1)
        with connect(mllp) as peer:
            assert answers(peer) == []
        assert b"MSA|AA|" in client.send_message(A28)


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


def test_fifty_connections_at_once(mllp: Client):
    def talk(number: int) -> list[bool]:
        with MLLPClient("127.0.0.1", port(mllp)) as client:
            ids = [f"c-{number}-{turn}" for turn in range(4)]
            return [id_.encode() in client.send_message(A28.replace("a28-001", id_)) for id_ in ids]

    with ThreadPoolExecutor(50) as pool:
        assert all(all(seen) for seen in pool.map(talk, range(50)))


def test_an_open_connection_does_not_keep_the_server_up():
    with SandboxServer(port=0, mllp_port=free_port()) as server:
        peer = socket.create_connection(("127.0.0.1", server.mllp_port), timeout=30)
        peer.sendall(b"\x0bMSH|half")
    with peer:
        assert answers(peer) == []


def test_an_unknown_credential_is_named():
    with pytest.raises(Invalid, match="--mllp-credential nobody"):
        SandboxServer(port=0, mllp_port=free_port(), mllp_credential="nobody").bind()


def test_a_taken_port_is_named():
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        with pytest.raises(PortTaken):
            SandboxServer(port=0, mllp_port=occupied.getsockname()[1]).bind()


def test_messages_count_as_the_named_credential():
    with SandboxServer(port=0, mllp_port=free_port(), mllp_credential="org_eastgate") as server:
        with MLLPClient("127.0.0.1", server.mllp_port) as client:
            client.send_message(A28)
        (exchange,) = server.workspaces.default.exchanges
        assert "org_eastgate" in exchange.caller


def test_a_revoked_credential_sends_nothing():
    with SandboxServer(port=0, mllp_port=free_port(), mllp_credential="org_eastgate") as server:
        store = server.workspaces.default.store
        store.put(replace(store.get(Credential, "org_eastgate"), revoked=True))
        with MLLPClient("127.0.0.1", server.mllp_port) as client:
            assert b"MSA|AR|a28-001|" in client.send_message(A28)
        (exchange,) = server.workspaces.default.exchanges
        assert (exchange.outcome, exchange.caller) == ("refused", "")


def test_the_listener_is_off_by_default():
    with SandboxServer(port=0) as server:
        assert server.mllp_port == 0


def test_the_start_up_lines_say_that_this_is_not_pkb(tmp_path: Path):
    number = free_port()
    with serving(tmp_path, "--mllp-port", str(number)) as (process, _):
        with MLLPClient("127.0.0.1", number) as client:
            assert b"MSA|AA|" in client.send_message(A28)
        process.terminate()
        out, err = process.communicate(timeout=15)
    assert f"MLLP on port {number}. MLLP is a convenience of the sandbox: PKB accepts messages only by SOAP" in out
    assert (process.returncode, "Traceback" in err) == (0, False)


@pytest.mark.parametrize("name", ["nobody", "letterbox-facade"])
def test_a_credential_of_another_protocol_is_named_in_one_line(name: str):
    result = run("serve", "--port", "0", "--mllp-port", str(free_port()), "--mllp-credential", name)
    assert_one_line(result, "--mllp-credential", name)


def test_a_taken_mllp_port_is_exit_code_3():
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        number = occupied.getsockname()[1]
        result = run("serve", "--port", "0", "--mllp-port", str(number))
    assert result.exit_code == 3
    assert result.output.startswith(f"port {number} on 127.0.0.1 is not available")


def test_a_peer_that_is_slow_to_finish_is_closed():
    async def talk() -> bytes:
        listening = socket.create_server(("127.0.0.1", 0))
        listener = MllpListener(Workspaces(Settings()), half_sent=0.05)
        await listener.start(listening)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(framed(A28) + b"\x0bMSH|half")
        received = await reader.read()
        writer.close()
        await listener.stop()
        return received

    assert b"MSA|AA|a28-001" in asyncio.run(talk())
