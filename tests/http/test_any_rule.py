"""Whatever rules are set, a request is answered or lost as they say, and never ends in an error of the sandbox."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.http.fault_samples import APIS, RHYS
from tests.support import Client

Json = dict[str, Any]
EFFECTS: st.SearchStrategy[Json] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"status": st.integers(400, 599)}, optional={"retry_after": st.integers(0, 86_400)}),
    st.fixed_dictionaries({"ack": st.sampled_from(["AE", "AR"])}),
    st.fixed_dictionaries({"drop": st.sampled_from(["before", "after-commit"])}),
    st.fixed_dictionaries({"truncate": st.integers(0, 10_000)}),
    st.sampled_from([{"reset": True}, {"duplicate": True}, {"expire_token": True}, {"malformed": True}]),
)
CONDITIONS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "operation": st.sampled_from([api.operation for api in APIS.values()]) | st.text(min_size=1, max_size=20),
        "client": st.sampled_from([api.client for api in APIS.values()]),
        "patient": st.just(RHYS) | st.text(min_size=1, max_size=40),
        "method": st.sampled_from(["GET", "POST"]),
        "path": st.sampled_from(["*", "/fhir/*", "/services/hl7", "/"]),
        "first": st.integers(1, 3),
        "every": st.integers(1, 3),
        "probability": st.floats(0, 1),
        "seed": st.integers(0, 9),
        "until": st.just("2999-01-01T00:00:00Z"),
        "slow_body": st.integers(100_000, 10_000_000),
    },
)
RULES = st.lists(
    st.builds(
        lambda conditions, effect, delay: {**conditions, **effect, "delay_ms": delay},
        CONDITIONS,
        EFFECTS,
        st.floats(0, 5) | st.just({"uniform": [0, 5]}),
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(rules=RULES, name=st.sampled_from(sorted(APIS)))
def test_any_rules_keep_answers_and_journal_consistent(
    pkb: Client, caplog: pytest.LogCaptureFixture, rules: list[Json], name: str
):
    pkb.http.delete("/_sandbox/faults")
    pkb.tokens.clear()
    api = APIS[name]
    ready = api.prepare(pkb)
    response = pkb.http.put("/_sandbox/faults", json={"rules": rules})
    assert response.status_code == 200, response.text
    caplog.clear()
    fault = lost = None
    try:
        fault = api.send(pkb, ready).headers.get("pkb-sandbox-fault")
    except httpx.TransportError as error:
        lost = error
    exchange = pkb.control(f"/exchanges?api={name}&limit=1")["exchanges"][-1]
    hits = {rule["id"]: rule for rule in pkb.control("/faults")["rules"] if rule["hits"]}
    assert exchange["fault"] in hits if lost else exchange["fault"] == fault
    if lost:
        assert {"drop", "reset"} & hits[exchange["fault"]].keys()
    for path in ("/exchanges.har", "/exchanges.hl7", f"/exchanges/{exchange['id']}", "/metrics"):
        assert pkb.http.get(f"/_sandbox{path}").status_code == 200
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    pkb.http.delete("/_sandbox/faults")
