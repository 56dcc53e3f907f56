"""Start, step 5: the first call of each integration type runs on the page, which shows what it changed."""

from __future__ import annotations

import re

import httpx
import pytest

from sandbox.access.matrix import TYPES, matrix
from sandbox.console.pages.start.hello import FIRST_CALLS
from sandbox.model import Credential
from tests.support import Client

PAGE = "/_sandbox/console/start/hello"
RINA = "9998120012"


def run(pkb: Client, type_: str) -> httpx.Response:
    page = pkb.http.get(PAGE, params={"type": type_})
    match = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert match is not None, page.text
    return pkb.http.post(f"{PAGE}/{type_}/run", data={"_csrf": match[1]}, follow_redirects=True)


def test_every_type_has_a_first_call_that_is_allowed():
    assert list(FIRST_CALLS) == list(TYPES)
    assert {matrix()[cell].decision for cell in FIRST_CALLS.values()} == {"allowed"}


def test_without_a_type_the_page_offers_all(pkb: Client):
    text = pkb.http.get(PAGE).text
    assert all(f"/start/hello?type={type_}" in text for type_ in TYPES)


def test_a_customer_registers_a_patient_and_sees_what_that_changed(pkb: Client):
    page = run(pkb, "customer")
    patient = pkb.control(f"/records/{RINA}")["patient"]
    assert "MSA|AA|" in page.text
    assert "1 patient registered as new" in page.text
    assert "1 allergy added: Penicillin allergy" in page.text
    assert f'href="/_sandbox/console/patients/{patient["id"]}"' in page.text
    assert pkb.control("/checkpoints")["checkpoints"] == []


def test_a_second_time_nothing_changes(pkb: Client):
    run(pkb, "customer")
    assert "Nothing: " in run(pkb, "customer").text


def test_a_partner_reads_a_patient_with_a_token_that_the_journal_shows(pkb: Client):
    page = run(pkb, "partner")
    assert "Nothing: the call reads." in page.text
    assert "&#34;resourceType&#34;: &#34;Bundle&#34;" in page.text
    operations = [row["operation"] for row in pkb.control("/exchanges")["exchanges"]]
    assert operations == ["token client_credentials", "search-type Patient"]


def test_an_app_approves_gets_a_token_and_adds_a_measurement(pkb: Client):
    page = run(pkb, "app")
    assert "1 measurement added" in page.text
    operations = [row["operation"] for row in pkb.control("/exchanges")["exchanges"]]
    assert operations == ["token authorization_code", "POST /v1/measurements"]


@pytest.mark.parametrize("type_", TYPES)
def test_the_steps_are_done_after_the_first_call(pkb: Client, type_: str):
    run(pkb, type_)
    bar = pkb.http.get("/_sandbox/console/start", params={"type": type_}).text.partition("</ol>")[0]
    assert re.findall(r'<li class="done">.*?<b>(\d)', bar, re.DOTALL) == ["1", "4", "5"]


def test_a_call_that_a_fault_rule_loses_is_shown_as_failed(pkb: Client):
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "hl7", "drop": "before"}]})
    try:
        page = run(pkb, "customer")
        assert page.status_code == 200, page.text
        assert "the call was not accepted" in page.text
    finally:
        pkb.http.delete("/_sandbox/faults")


def test_a_world_without_the_credential_says_what_to_do(pkb: Client):
    store = pkb.server.workspaces.default.store
    for credential in [credential for credential in store.all(Credential) if credential.kind == "user-client"]:
        store.delete(credential)
    assert "This world has no user-client" in pkb.http.get(PAGE, params={"type": "app"}).text


def test_a_type_that_does_not_exist_is_404(pkb: Client):
    assert pkb.http.get(PAGE, params={"type": "vendor"}).status_code == 404
    assert pkb.http.post(f"{PAGE}/vendor/run", data={"_csrf": "x"}).status_code == 404
