"""Every fault on every API, in the API's own dialect, over real sockets."""

from __future__ import annotations

import threading
import time
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from sandbox.model import Document
from tests.hl7.samples import example
from tests.http.fault_samples import APIS, CONTROL_ID, RHYS, Api
from tests.rest.support import token_of
from tests.support import Client

Json = dict[str, Any]
EACH = pytest.mark.parametrize("api", APIS.values(), ids=APIS)
LOST = {
    "before": ({"drop": "before"}, httpx.RemoteProtocolError, False),
    "after-commit": ({"drop": "after-commit"}, httpx.RemoteProtocolError, True),
    "reset": ({"reset": True}, httpx.ReadError, False),
}
"""A rule that loses the answer → its effect, what httpx raises, and whether the request is carried out."""


def set_rules(pkb: Client, *rules: Json) -> list[Json]:
    response = pkb.http.put("/_sandbox/faults", json={"rules": list(rules)})
    assert response.status_code == 200, response.text
    listed: list[Json] = response.json()["rules"]
    return listed


def newest(pkb: Client) -> Json:
    exchange: Json = pkb.control("/exchanges")["exchanges"][-1]
    return exchange


def prepared(pkb: Client, api: Api) -> Any:
    """Prepare the next request before a fault applies."""
    pkb.http.delete("/_sandbox/faults")
    return api.prepare(pkb)


def applied(pkb: Client, api: Api) -> int:
    return api.applied(pkb.server.workspaces.default) if api.applied else 0


def assert_faulted(response: httpx.Response, exchange: Json, rule: Json) -> None:
    """Header, journal and hit count say the same."""
    assert response.headers["pkb-sandbox-fault"] == exchange["fault"] == rule["id"]
    assert response.headers["pkb-sandbox-exchange"] == exchange["id"]


@EACH
@pytest.mark.parametrize("status", [401, 429, 500, 503, 504])
def test_a_status_has_the_api_s_own_error_body(pkb: Client, api: Api, status: int):
    ready, before = api.prepare(pkb), applied(pkb, api)
    (rule,) = set_rules(pkb, {"api": api.name, "status": status, "retry_after": 7})
    response = api.send(pkb, ready)
    assert (response.status_code, response.headers["retry-after"]) == (status, "7")
    api.check_error(response, status)
    exchange = newest(pkb)
    assert_faulted(response, exchange, rule)
    assert exchange["outcome"] == ("failed" if status >= 500 else "refused")
    assert exchange["operation"] == api.operation
    assert applied(pkb, api) == before
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert (explanation["id"], explanation["standing"]) == ("faults.injected", "choice")


@EACH
@pytest.mark.parametrize(("effect", "error", "is_applied"), LOST.values(), ids=LOST)
def test_a_lost_answer_does_not_arrive(pkb: Client, api: Api, effect: Json, error: type[Exception], is_applied: bool):
    ready, before = api.prepare(pkb), applied(pkb, api)
    (rule,) = set_rules(pkb, {"api": api.name, **effect})
    with pytest.raises(error):
        api.send(pkb, ready)
    exchange = newest(pkb)
    assert (exchange["fault"], exchange["response"]) == (rule["id"], {"status": 0, "headers": {}, "body": ""})
    assert (exchange["api"], exchange["operation"]) == (api.name, api.operation)
    assert exchange["outcome"] == ("accepted" if is_applied else "failed")
    assert applied(pkb, api) == before + int(is_applied and api.applied is not None)


@EACH
def test_a_repetition_is_carried_out_twice_in_one_exchange(pkb: Client, api: Api):
    ready, before = api.prepare(pkb), applied(pkb, api)
    pkb.http.delete("/_sandbox/exchanges")
    (rule,) = set_rules(pkb, {"api": api.name, "duplicate": True})
    response = api.send(pkb, ready)
    (exchange,) = (entry for entry in pkb.control("/exchanges")["exchanges"] if entry["api"] == api.name)
    assert_faulted(response, exchange, rule)
    assert applied(pkb, api) == before + (api.times_when_repeated if api.applied else 0)
    if api.name == "oauth":
        assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
    else:
        assert response.status_code == api.status


@EACH
def test_a_cut_answer_keeps_so_many_bytes(pkb: Client, api: Api):
    ready = api.prepare(pkb)
    (rule,) = set_rules(pkb, {"api": api.name, "truncate": 11})
    response = api.send(pkb, ready)
    assert (response.status_code, len(response.content), response.headers["content-length"]) == (api.status, 11, "11")
    exchange = newest(pkb)
    assert_faulted(response, exchange, rule)
    if api.name != "oauth":
        assert exchange["response"]["body"] == response.text


@EACH
def test_a_broken_answer_is_not_what_it_says_it_is(pkb: Client, api: Api):
    ready = api.prepare(pkb)
    (rule,) = set_rules(pkb, {"api": api.name, "malformed": True})
    response = api.send(pkb, ready)
    assert response.status_code == api.status
    assert_faulted(response, newest(pkb), rule)
    if api.name == "hl7":
        (returned,) = ElementTree.fromstring(response.content).iter("return")
        assert [line[:3] for line in (returned.text or "").split("\r")] == ["MSH"]
    else:
        assert "json" in response.headers["content-type"]
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            response.json()


@EACH
def test_a_late_answer_is_whole(pkb: Client, api: Api):
    ready = api.prepare(pkb)
    (rule,) = set_rules(pkb, {"api": api.name, "delay_ms": 120})
    started = time.monotonic()
    response = api.send(pkb, ready)
    assert time.monotonic() - started >= 0.12
    exchange = newest(pkb)
    assert_faulted(response, exchange, rule)
    assert (response.status_code, exchange["outcome"]) == (api.status, "accepted")
    assert exchange["ms"] >= 120


@EACH
def test_a_slow_answer_comes_whole_at_its_speed(pkb: Client, api: Api):
    ready = api.prepare(pkb)
    set_rules(pkb, {"api": api.name, "slow_body": 2000})
    started = time.monotonic()
    response = api.send(pkb, ready)
    elapsed = time.monotonic() - started
    assert response.status_code == api.status
    assert len(response.content) == int(response.headers["content-length"]) > 50
    assert elapsed >= (len(response.content) - 200) / 2000


@EACH
def test_an_expired_token_is_refused_in_the_api_s_own_words_and_stays_so(pkb: Client, api: Api):
    ready = api.prepare(pkb)
    (rule,) = set_rules(pkb, {"expire_token": True, "first": 1})
    response = api.send(pkb, ready)
    if api.name in ("hl7", "oauth"):
        assert response.status_code == 200
        assert pkb.control("/faults")["rules"][0]["hits"] == 0
        return
    assert response.status_code == 401
    assert_faulted(response, newest(pkb), rule)
    if api.name == "rest":
        assert response.json()["code"] == "ACC_TOKEN_EXPIRED"
    elif api.name == "messaging":
        assert response.json() == {"error": "invalid_token", "error_description": "Access token expired"}
    else:
        assert response.json()["issue"][0]["details"]["coding"][0]["code"] == "ACC_TOKEN_EXPIRED"
    pkb.http.delete("/_sandbox/faults")
    again = api.send(pkb, ready)
    assert (again.status_code, again.content) == (401, response.content)
    assert "pkb-sandbox-fault" not in again.headers
    pkb.http.post("/_sandbox/reset")
    assert api.send(pkb, ready).status_code == 401
    pkb.tokens.clear()
    assert api.send(pkb, api.prepare(pkb)).status_code == api.status


@EACH
@pytest.mark.parametrize("code", ["AE", "AR"])
def test_a_message_alone_is_acknowledged(pkb: Client, api: Api, code: str):
    texts = {
        "AE": "Unexpected error while processing: null",
        "AR": "Parsing or validation error: No patient found for PID segment",
    }
    ready, before = api.prepare(pkb), applied(pkb, api)
    (rule,) = set_rules(pkb, {"ack": code})
    response = api.send(pkb, ready)
    if api.name != "hl7":
        assert response.status_code == api.status
        assert "pkb-sandbox-fault" not in response.headers
        return
    ack = pkb.ack(response)
    assert (ack.code, ack.control_id, ack.detail) == (code, CONTROL_ID, texts[code])
    exchange = newest(pkb)
    assert_faulted(response, exchange, rule)
    assert (exchange["outcome"], exchange["hl7"]["ack"], exchange["operation"]) == ("refused", code, api.operation)
    assert applied(pkb, api) == before


CONDITIONS = ("api", "operation", "client", "patient")


@EACH
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_chooses_the_request_that_meets_it(pkb: Client, api: Api, condition: str):
    ready = api.prepare(pkb)
    value = {"api": api.name, "operation": api.operation, "client": api.client, "patient": api.patient}[condition]
    set_rules(pkb, {condition: f"{value}x" if condition != "api" else _other(api), "status": 503})
    assert api.send(pkb, ready).status_code == api.status
    ready = prepared(pkb, api)
    set_rules(pkb, {condition: value, "status": 503})
    response = api.send(pkb, ready)
    assert response.status_code == 503
    exchange = pkb.server.workspaces.default.exchanges.find(response.headers["pkb-sandbox-exchange"])
    assert exchange is not None
    assert (exchange.api, exchange.operation, exchange.client, exchange.patient) == (
        api.name,
        api.operation,
        api.client,
        api.patient,
    )


def _other(api: Api) -> str:
    return next(name for name in APIS if name != api.name)


@EACH
def test_method_and_path_choose_too(pkb: Client, api: Api):
    ready = api.prepare(pkb)
    exchange = (set_rules(pkb), api.send(pkb, ready), newest(pkb))[-1]
    method, path = exchange["request"]["method"], exchange["request"]["path"].partition("?")[0]
    for rule in ({"method": method}, {"path": path}, {"path": f"{path[:-1]}*"}, {"path": "*", "method": method}):
        ready = prepared(pkb, api)
        set_rules(pkb, {**rule, "status": 503})
        assert api.send(pkb, ready).status_code == 503
    for rule in ({"method": "PATCH"}, {"path": f"{path}x"}, {"path": path[:-1]}, {"path": f"{path}x*"}):
        ready = prepared(pkb, api)
        set_rules(pkb, {**rule, "status": 503})
        assert api.send(pkb, ready).status_code in (200, 201)


def test_an_outage_comes_before_credentials(pkb: Client):
    set_rules(pkb, {"api": "facade", "status": 503})
    assert pkb.facade(f"/Patient/{RHYS}", client="").status_code == 503
    set_rules(pkb, {"api": "facade", "client": "letterbox-facade", "status": 503})
    assert pkb.facade(f"/Patient/{RHYS}", client="").status_code == 401


def test_an_outcome_is_in_the_format_that_was_asked_for(pkb: Client):
    token = pkb.token("northmoor-fhir")
    set_rules(pkb, {"status": 503})
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+xml"}
    for path in (
        "/customer/northmoor-r4/fhir/Patient",
        "/customer/northmoor-stu3/fhir/Patient",
        "/aggregated/fhir/Patient",
    ):
        response = pkb.http.get(path, headers=headers)
        assert response.status_code == 503
        root = ElementTree.fromstring(response.content)
        assert root.tag == "{http://hl7.org/fhir}OperationOutcome"


def test_a_stream_is_cut_like_any_body(pkb: Client):
    """A download is not in memory when it is answered."""
    assert pkb.send(example("mdm_t02_document")).code == "AA"
    store = pkb.server.workspaces.default.store
    path = next(f"/json/attachments/{document.attachment}" for document in store.all(Document) if document.attachment)
    headers = {"Authorization": f"Bearer {token_of(pkb, 'SITE')}"}
    whole = pkb.http.get(path, headers=headers)
    assert (whole.status_code, len(whole.content) > 11) == (200, True)
    (rule,) = set_rules(pkb, {"api": "rest", "truncate": 11})
    cut = pkb.http.get(path, headers=headers)
    assert (cut.content, cut.headers["pkb-sandbox-fault"]) == (whole.content[:11], rule["id"])


def test_the_control_api_has_no_faults(pkb: Client):
    set_rules(pkb, {"status": 503}, {"drop": "before"})
    assert pkb.http.get("/_sandbox/health/live").status_code == 200
    assert pkb.control("/faults")["rules"][0]["hits"] == 0


def test_other_requests_are_answered_while_one_waits(pkb: Client):
    """The event loop is free: a request that no rule fits overtakes one that waits."""
    set_rules(pkb, {"path": "/fhir/metadata", "delay_ms": 1500})
    finished: list[str] = []

    def read(path: str) -> None:
        httpx.get(pkb.server.base_url + path)
        finished.append(path)

    slow = threading.Thread(target=read, args=("/fhir/metadata",))
    slow.start()
    time.sleep(0.2)
    read("/phr-fhir/metadata")
    slow.join()
    assert finished == ["/phr-fhir/metadata", "/fhir/metadata"]
