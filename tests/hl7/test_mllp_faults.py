"""Faults over MLLP: the effects that a connection and an acknowledgement can have, and the two that they cannot."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.hl7.mllp import END, RETURN, START, framed
from sandbox.server import SandboxServer
from tests.hl7.samples import A28, NHS, example, message, pid
from tests.support import Ack, Client

Json = dict[str, Any]
RHYS = "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
ABOUT_RHYS = message(pid("9991013709^^^NHS^NH", "Delacroix^Rhys"), type_="ADT^A31", control_id="r-1")


@pytest.fixture(scope="module")
def listening() -> Iterator[Client]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with SandboxServer(port=0, mllp_port=port) as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture
def mllp(listening: Client) -> Client:
    assert listening.http.post("/_sandbox/reset").status_code == 200
    return listening


def set_rules(mllp: Client, *rules: Json) -> list[Json]:
    listed: list[Json] = mllp.http.put("/_sandbox/faults", json={"rules": list(rules)}).json()["rules"]
    return listed


def connect(mllp: Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", mllp.server.mllp_port), timeout=10)


def send(mllp: Client, text: str = A28) -> bytes:
    """Everything that comes back until the answer is whole, or the connection ends."""
    with connect(mllp) as peer:
        peer.sendall(framed(text))
        return read(peer)


def read(peer: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(END + RETURN) and (data := peer.recv(65536)):
        answer += data
    return answer


def content(answer: bytes) -> str:
    assert (answer[:1], answer[-2:]) == (START, END + RETURN)
    return answer[1:-2].decode()


def newest(mllp: Client) -> Json:
    exchange: Json = mllp.control("/exchanges?api=hl7")["exchanges"][-1]
    return exchange


def is_known(mllp: Client) -> bool:
    return mllp.http.get(f"/_sandbox/records/{NHS}").status_code == 200


@pytest.mark.parametrize(("drop", "is_applied"), [("before", False), ("after-commit", True)])
def test_a_dropped_acknowledgement_does_not_arrive(mllp: Client, drop: str, is_applied: bool):
    (rule,) = set_rules(mllp, {"drop": drop})
    assert send(mllp) == b""
    exchange = newest(mllp)
    assert (exchange["fault"], exchange["response"]) == (rule["id"], {"status": 0, "headers": {}, "body": ""})
    assert exchange["outcome"] == ("accepted" if is_applied else "failed")
    assert exchange["hl7"] == {
        "type": "ADT^A28",
        "control_id": "a28-001",
        "ack": "AA" if is_applied else "",
        "text": "",
    }
    assert is_known(mllp) == is_applied


def test_messages_after_a_dropped_one_are_lost_with_the_connection(mllp: Client):
    set_rules(mllp, {"drop": "before", "first": 1})
    with connect(mllp) as peer:
        peer.sendall(framed(A28) + framed(ABOUT_RHYS))
        assert read(peer) == b""
    assert len(mllp.control("/exchanges?api=hl7")["exchanges"]) == 1


def test_a_reset_connection_loses_the_message(mllp: Client):
    (rule,) = set_rules(mllp, {"reset": True})
    with pytest.raises(ConnectionResetError):
        send(mllp)
    assert (newest(mllp)["fault"], newest(mllp)["outcome"], is_known(mllp)) == (rule["id"], "failed", False)


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("AE", "Unexpected error while processing: null"),
        ("AR", "Parsing or validation error: No patient found for PID segment"),
    ],
)
def test_an_acknowledgement_that_refuses(mllp: Client, code: str, detail: str):
    (rule,) = set_rules(mllp, {"api": "hl7", "ack": code})
    ack = Ack(content(send(mllp)))
    assert (ack.code, ack.control_id, ack.detail) == (code, "a28-001", detail)
    assert (newest(mllp)["fault"], newest(mllp)["outcome"], is_known(mllp)) == (rule["id"], "refused", False)


def test_a_repeated_message_is_applied_twice_and_acknowledged_once(mllp: Client):
    set_rules(mllp, {"duplicate": True})
    ack = Ack(content(send(mllp, example("oru_r01_radiology").replace("\n", "\r"))))
    assert ack.code == "AA"
    assert len(mllp.control("/exchanges?api=hl7")["exchanges"]) == 1


def test_a_cut_acknowledgement_is_framed(mllp: Client):
    set_rules(mllp, {"truncate": 9})
    assert content(send(mllp)) == "MSH|^~\\&|"


def test_a_broken_acknowledgement_acknowledges_nothing(mllp: Client):
    set_rules(mllp, {"malformed": True})
    assert [line[:3] for line in content(send(mllp)).split("\r")] == ["MSH"]
    assert "MSA" not in newest(mllp)["hl7"]["text"]


def test_a_late_and_slow_acknowledgement_is_whole(mllp: Client):
    set_rules(mllp, {"delay_ms": 80, "slow_body": 800})
    started = time.monotonic()
    answer = send(mllp)
    assert time.monotonic() - started >= 0.08 + (len(answer) - 80) / 800
    assert Ack(content(answer)).code == "AA"


@pytest.mark.parametrize("effect", [{"status": 503}, {"expire_token": True}])
def test_an_effect_of_http_never_fits(mllp: Client, effect: Json):
    set_rules(mllp, effect)
    assert Ack(content(send(mllp))).code == "AA"
    assert newest(mllp)["fault"] is None


@pytest.mark.parametrize(
    "conditions",
    [
        {"api": "hl7"},
        {"method": "MLLP"},
        {"path": "/"},
        {"client": "org_northmoor"},
        {"operation": "ADT^A31"},
        {"patient": RHYS},
    ],
    ids=lambda conditions: next(iter(conditions)),
)
def test_each_condition_chooses(mllp: Client, conditions: Json):
    ((key, value),) = conditions.items()
    set_rules(mllp, {**conditions, "ack": "AE"})
    assert Ack(content(send(mllp, ABOUT_RHYS))).code == "AE"
    other = {"api": "rest", "method": "POST", "patient": RHYS[:-1] + "1"}.get(key, f"{value}x")
    set_rules(mllp, {key: other, "drop": "before"})
    assert Ack(content(send(mllp, ABOUT_RHYS))).code == "AA"


def test_a_query_is_about_the_patient_whom_it_names(mllp: Client):
    query = example("qry_a19_dem").replace("\n", "\r").replace(NHS, "9991013709")
    set_rules(mllp, {"patient": RHYS, "ack": "AE"})
    assert Ack(content(send(mllp, query))).code == "AE"
    assert Ack(content(send(mllp, query.replace("9991013709", "9991001379")))).code == "AA"


def test_msh_8_chooses_the_world_and_its_rules(mllp: Client):
    mllp.http.delete("/_sandbox/workspaces/second")
    created = mllp.http.post("/_sandbox/workspaces", json={"name": "second"}).json()
    user = next(entry for entry in created["credentials"] if entry["kind"] == "hl7-org")
    fields = A28.split("\r")[0].split("|")
    fields[7] = f"{user['username']}:{user['password']}"
    text = "\r".join(["|".join(fields), *A28.split("\r")[1:]])
    mllp.http.put("/_sandbox/faults?workspace=second", json={"rules": [{"ack": "AE"}]})
    assert Ack(content(send(mllp, text))).code == "AE"
    assert Ack(content(send(mllp))).code == "AA"
    assert mllp.control("/faults")["rules"] == []
