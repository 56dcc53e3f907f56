"""A client that sends again what a fault spoiled: the journal tells the second request from the first, on every API."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import pytest
from hl7.client import MLLPClient

from sandbox.server import SandboxServer
from tests.hl7.samples import A28
from tests.hl7.test_mllp import free_port
from tests.http.fault_samples import APIS, Api
from tests.http.test_faults import set_rules
from tests.support import Client

EFFECTS: dict[str, dict[str, Any]] = {
    "status": {"status": 503},
    "lost before": {"drop": "before"},
    "lost after": {"drop": "after-commit"},
    "connection reset": {"reset": True},
    "applied twice": {"duplicate": True},
    "half an answer": {"malformed": True},
    "refused by ack": {"api": "hl7", "ack": "AE"},
}


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
@pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS)
def test_a_repeat_names_the_exchange_that_a_fault_spoiled(pkb: Client, api: Api, effect: dict[str, Any]):
    if effect.get("api", api.name) != api.name:
        pytest.skip("only HL7 acknowledges")
    ready = api.prepare(pkb)
    pkb.http.delete("/_sandbox/exchanges")
    (rule,) = set_rules(pkb, {"api": api.name, "first": 1, **effect})
    with suppress(httpx.TransportError):
        api.send(pkb, ready)
    api.send(pkb, ready)
    spoiled, again = pkb.control(f"/exchanges?api={api.name}")["exchanges"]
    assert (spoiled["fault"], spoiled["repeats"]) == (rule["id"], None)
    assert (again["fault"], again["repeats"]) == (None, spoiled["id"])
    pkb.http.delete("/_sandbox/faults")


@pytest.mark.parametrize("drop", ["before", "after-commit"])
def test_a_message_lost_by_mllp_is_named_when_it_comes_by_soap(drop: str):
    with SandboxServer(port=0, mllp_port=free_port()) as server:
        pkb = Client(server)
        set_rules(pkb, {"api": "hl7", "first": 1, "drop": drop})
        with MLLPClient("127.0.0.1", server.mllp_port) as peer, suppress(ConnectionError):
            assert peer.send_message(A28) == b""
        assert pkb.send(A28).code == "AA"
        lost, again = pkb.control("/exchanges?api=hl7")["exchanges"]
        pkb.http.close()
    assert lost["request"]["method"] == "MLLP"
    assert (lost["repeats"], again["repeats"]) == (None, lost["id"])
