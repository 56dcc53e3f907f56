"""The MLLP listener: how it starts, stops, and whose messages it takes."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from hl7.client import MLLPClient

from sandbox.errors import Invalid
from sandbox.hl7.mllp import framed
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.model import Credential
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.web_server.sockets import PortTaken
from sandbox.worlds.workspaces import Workspaces
from tests.cli.test_cli import assert_one_line, run
from tests.hl7.samples import A28
from tests.hl7.test_mllp import answers, free_port
from tests.test_server import serving


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
    assert (
        f"MLLP on port {number}. MLLP is a convenience of the sandbox: PKB accepts messages only by SOAP"
        in " ".join(out.split())
    )
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


def test_a_message_waits_for_a_long_change_of_its_own_world_alone():
    async def talk() -> tuple[bytes, bytes]:
        workspaces, listening = Workspaces(Settings()), socket.create_server(("127.0.0.1", 0))
        sender = workspaces.create("mine").store.find(Credential, "kind", "hl7-org")[0]
        elsewhere = A28.replace("20260310101500||", f"20260310101500|{sender.id}:{sender.secret}|", 1)
        assert elsewhere != A28
        listener = MllpListener(workspaces)
        await listener.start(listening)
        (first, first_writer), (second, second_writer) = [
            await asyncio.open_connection(*listening.getsockname()) for _ in range(2)
        ]
        async with workspaces.default.in_flight.alone():
            first_writer.write(framed(A28))
            waiting = asyncio.create_task(first.readuntil(b"\x1c\r"))
            second_writer.write(framed(elsewhere))
            answered = await asyncio.wait_for(second.readuntil(b"\x1c\r"), 20)
            assert not waiting.done()
        late = await asyncio.wait_for(waiting, 20)
        first_writer.close()
        second_writer.close()
        await listener.stop()
        return answered, late

    for acknowledgement in asyncio.run(talk()):
        assert b"MSA|AA|a28-001" in acknowledgement


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
