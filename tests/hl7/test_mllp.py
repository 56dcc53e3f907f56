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

import pytest
from hl7.client import MLLPClient
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Invalid, TooLarge
from sandbox.hl7 import mllp_listener
from sandbox.hl7.mllp import Frames, framed
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.model import Credential
from sandbox.server import PortTaken, Sandbox
from sandbox.settings import Settings
from sandbox.workspace import Workspaces
from tests.hl7.samples import A28, example, state
from tests.support import Client
from tests.test_cli import assert_one_line, run
from tests.test_server import serving

STREAM = framed("MSH|1") + b"\r\n" + framed("MSH|2") + b"noise" + framed("MSH|\u00e9")
MESSAGES = [b"MSH|1", b"MSH|2", "MSH|\u00e9".encode()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_stream_at_once():
    assert list(Frames(100).feed(STREAM)) == MESSAGES


def test_a_stream_byte_by_byte():
    frames = Frames(100)
    assert [message for byte in STREAM for message in frames.feed(bytes([byte]))] == MESSAGES
    assert not frames.unfinished


def test_trailing_bytes_are_the_beginning_of_the_next():
    frames = Frames(100)
    assert list(frames.feed(STREAM + b"\x0bMSH|4")) == MESSAGES
    assert frames.unfinished
    assert list(frames.feed(b"\x1c\r")) == [b"MSH|4"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_messages(cuts: list[int]):
    frames, edges = Frames(100), [0, *sorted(cuts), len(STREAM)]
    found = [m for start, end in pairwise(edges) for m in frames.feed(STREAM[start:end])]
    assert found == MESSAGES


LIMIT = 10
OF_THE_LIMIT = {"plain": b"x" * LIMIT, "with half an end in it": b"x" * (LIMIT - 2) + b"\x1cx"}
CUTS = {"whole": 100, "byte by byte": 1, "in pieces": 7}


def read(stream: bytes, size: int) -> Iterator[bytes]:
    """The messages of a stream that arrives in pieces of some size."""
    frames = Frames(LIMIT)
    for at in range(0, len(stream), size):
        yield from frames.feed(stream[at : at + size])


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("message", OF_THE_LIMIT.values(), ids=OF_THE_LIMIT)
def test_a_message_of_the_limit_is_read_however_it_is_cut(message: bytes, size: int):
    assert list(read(b"\x0b" + message + b"\x1c\r", size)) == [message]


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("end", [b"", b"\x1c", b"\x1c\r"], ids=["unfinished", "half an end", "finished"])
def test_a_message_over_the_limit_is_too_large_however_it_is_cut(end: bytes, size: int):
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        list(read(b"\x0b" + b"x" * (LIMIT + 2) + end, size))


@pytest.mark.parametrize("size", CUTS.values(), ids=CUTS)
def test_messages_before_one_that_is_too_large_are_read(size: int):
    messages = read(b"\x0bone\x1c\r\x0btwo\x1c\r\x0b" + b"x" * 50, size)
    assert [next(messages), next(messages)] == [b"one", b"two"]
    with pytest.raises(TooLarge):
        next(messages)


def test_the_framing_characters_inside_a_text_do_not_end_its_frame():
    (message,) = Frames(100).feed(framed("MSA|AA|a\x1c\rQRD|\x0b"))
    assert message == b"MSA|AA|a \rQRD| "


def test_noise_without_a_frame_is_not_kept():
    frames = Frames(10)
    assert list(frames.feed(b"x" * 1000)) == []
    assert not frames.unfinished


@pytest.fixture(scope="module")
def mllp() -> Iterator[Client]:
    with Sandbox(port=0, mllp_port=free_port(), max_body_bytes=100_000) as server:
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
    assert "PKB takes messages by SOAP only" in exchange["request"]["headers"]["note"]
    assert (exchange["standing"], exchange["cell"]) == ("choice", "customer.hl7.send_data")


def test_several_messages_are_answered_in_order_and_a_half_closed_peer_gets_its_answers(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(b"".join(framed(A28.replace("a28-001", f"n-{number}")) for number in range(5)))
        peer.shutdown(socket.SHUT_WR)
        found = [re.search(rb"MSA\|AA\|(n-\d)", answer) for answer in answers(peer)]
    assert [one[1] for one in found if one] == [b"n-0", b"n-1", b"n-2", b"n-3", b"n-4"]


def test_nonsense_is_acknowledged(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(framed("nonsense") + b"\x0b\xff\xfe\x1c\r")
        peer.shutdown(socket.SHUT_WR)
        assert [b"MSA|AE|" in answer for answer in answers(peer)] == [True, True]


def test_what_is_not_utf_8_is_refused_by_its_control_id_and_leaves_nothing_behind(mllp: Client):
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


def test_a_message_before_one_that_is_too_large_is_answered(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(framed(A28) + b"\x0bMSH" + b"x" * 150_000)
        (answer,) = answers(peer)
    assert b"MSA|AA|a28-001" in answer


def test_a_connection_too_many_is_closed_and_the_others_go_on(mllp: Client, monkeypatch: pytest.MonkeyPatch):
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        client.send_message(A28)
        monkeypatch.setattr(mllp_listener, "MOST_CONNECTIONS", 1)
        with connect(mllp) as peer:
            assert answers(peer) == []
        assert b"MSA|AA|" in client.send_message(A28)


def test_a_message_that_is_too_large_closes_the_connection(mllp: Client):
    with connect(mllp) as peer:
        peer.sendall(b"\x0bMSH" + b"x" * 150_000)
        assert answers(peer) == []


def test_a_peer_that_leaves_half_way_does_no_harm(mllp: Client):
    connect(mllp).close()
    with connect(mllp) as peer:
        peer.sendall(b"\x0bMSH|half")
    with MLLPClient("127.0.0.1", port(mllp)) as client:
        assert b"MSA|AA|" in client.send_message(A28)


def test_fifty_connections_at_once(mllp: Client):
    def talk(number: int) -> list[bool]:
        with MLLPClient("127.0.0.1", port(mllp)) as client:
            ids = [f"c-{number}-{turn}" for turn in range(4)]
            return [id_.encode() in client.send_message(A28.replace("a28-001", id_)) for id_ in ids]

    with ThreadPoolExecutor(50) as pool:
        assert all(all(seen) for seen in pool.map(talk, range(50)))


def test_an_open_connection_does_not_keep_the_server_up():
    with Sandbox(port=0, mllp_port=free_port()) as server:
        peer = socket.create_connection(("127.0.0.1", server.mllp_port), timeout=30)
        peer.sendall(b"\x0bMSH|half")
    with peer:
        assert answers(peer) == []


def test_an_unknown_credential_is_named():
    with pytest.raises(Invalid, match="--mllp-credential nobody"):
        Sandbox(port=0, mllp_port=free_port(), mllp_credential="nobody").bind()


def test_a_taken_port_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTaken):
            Sandbox(port=0, mllp_port=taken.getsockname()[1]).bind()


def test_messages_count_as_the_named_credential():
    with Sandbox(port=0, mllp_port=free_port(), mllp_credential="org_eastgate") as server:
        with MLLPClient("127.0.0.1", server.mllp_port) as client:
            client.send_message(A28)
        (exchange,) = server.workspaces.default.exchanges
        assert "org_eastgate" in exchange.caller


def test_a_revoked_credential_sends_nothing():
    with Sandbox(port=0, mllp_port=free_port(), mllp_credential="org_eastgate") as server:
        store = server.workspaces.default.store
        store.put(replace(store.get(Credential, "org_eastgate"), revoked=True))
        with MLLPClient("127.0.0.1", server.mllp_port) as client:
            assert b"MSA|AR|a28-001|" in client.send_message(A28)
        (exchange,) = server.workspaces.default.exchanges
        assert (exchange.outcome, exchange.caller) == ("refused", "")


def test_the_listener_is_off_by_default():
    with Sandbox(port=0) as server:
        assert server.mllp_port == 0


def test_the_start_up_lines_say_that_this_is_not_pkb(tmp_path: Path):
    number = free_port()
    with serving(tmp_path, "--mllp-port", str(number)) as (process, _):
        with MLLPClient("127.0.0.1", number) as client:
            assert b"MSA|AA|" in client.send_message(A28)
        process.terminate()
        out, err = process.communicate(timeout=15)
    assert f"MLLP on port {number}. MLLP is a convenience of the sandbox: PKB takes messages by SOAP only" in out
    assert (process.returncode, "Traceback" in err) == (0, False)


@pytest.mark.parametrize("name", ["nobody", "letterbox-facade"])
def test_a_credential_that_is_none_of_hl7_is_named_in_one_line(name: str):
    result = run("serve", "--port", "0", "--mllp-port", str(free_port()), "--mllp-credential", name)
    assert_one_line(result, "--mllp-credential", name)


def test_a_taken_mllp_port_is_exit_code_3():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        result = run("serve", "--port", "0", "--mllp-port", str(number))
    assert result.exit_code == 3
    assert result.output.startswith(f"port {number} on 127.0.0.1 cannot be taken")


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
