"""The forms of Try it for FHIR and Custom REST: examples, callers, responses, and refusals."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.rest.catalogue import operations
from tests.console.crawling import PREFIX
from tests.support import Client

FHIR, REST = f"{PREFIX}try/fhir", f"{PREFIX}try/rest"
SCRIPT = "<script>alert(1)</script>"


def page_of(pkb: Client, address: str) -> str:
    pkb.http.cookies.clear()
    response = pkb.http.get(address)
    assert response.status_code == 200, response.text
    return response.text


def fields_of(page: str) -> dict[str, str]:
    """The fields of the form that sends, as a browser would send them unchanged."""
    form = page[page.index('class="stack request"') :]
    inputs = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)
    inputs += re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    areas = re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    fields = dict(inputs + areas)
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        rows = re.findall(r"<option([^>]*)>([^<]*)", options)
        attributes, text = next((row for row in rows if "selected" in row[0]), rows[0])
        value = re.search(r'value="([^"]*)"', attributes)
        fields[name] = value[1] if value else text
    return {name: unescape(value) for name, value in fields.items()}


def send(pkb: Client, address: str, **changes: str) -> Any:
    """Send the form at an address with some fields changed; the page with its result."""
    fields = {**fields_of(page_of(pkb, address)), **changes}
    return pkb.http.post(f"{address.partition('?')[0]}/send", data=fields, follow_redirects=True)


def test_the_first_fhir_example_reads_a_patient(pkb: Client):
    response = send(pkb, FHIR)
    (exchange,) = pkb.control("/exchanges")["exchanges"]
    assert (exchange["api"], exchange["outcome"]) == ("facade", "accepted"), exchange
    assert exchange["caller"] == "partner letterbox-facade (system-client)"
    assert "&#34;resourceType&#34;: &#34;Bundle&#34;" in response.text
    assert parse_qs(urlsplit(str(response.url)).query)["exchange"] == [exchange["id"]]


def examples() -> list[str]:
    from sandbox.console.pages.try_it.fhir_form import _examples

    return list(_examples())


@pytest.mark.parametrize("cell", examples())
def test_every_fhir_example_can_be_sent(pkb: Client, cell: str):
    response = send(pkb, f"{FHIR}?example={cell}")
    assert response.status_code == 200, response.text
    (exchange,) = pkb.control("/exchanges")["exchanges"]
    assert exchange["outcome"] in ("accepted", "refused")
    assert exchange["response"]["status"] != 500


def test_a_write_says_what_it_changed(pkb: Client):
    response = send(pkb, f"{FHIR}?example=customer.customer.send_data")
    assert pkb.control("/exchanges")["exchanges"][0]["outcome"] == "accepted"
    assert "What it changed in the record" in response.text


def test_a_refusal_is_explained_beside_the_form(pkb: Client):
    response = send(pkb, FHIR, client="untethered-facade")
    assert "has not granted access" in response.text
    assert fields_of(response.text)["client"] == "untethered-facade"


def test_without_a_caller_no_token_is_sent(pkb: Client):
    send(pkb, FHIR, client="")
    assert pkb.control("/exchanges")["exchanges"][0]["response"]["status"] == 401


def test_an_exchange_fills_in_the_form(pkb: Client):
    pkb.facade("/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9991001379")
    (exchange,) = (row for row in pkb.control("/exchanges")["exchanges"] if row["api"] == "facade")
    address = f"{FHIR}?exchange={exchange['id']}"
    assert f'href="{address}"' in pkb.http.get(f"{PREFIX}traffic/{exchange['id']}").text
    fields = fields_of(page_of(pkb, address))
    assert fields["client"] == "letterbox-facade"
    assert (fields["endpoint"], fields["path"]) == ("/fhir", "Patient")
    assert "9991001379" in fields["query"]
    assert fields["organisation"] == pkb.organisation()


def test_every_operation_of_the_catalogue_has_a_form(pkb: Client):
    for operation in operations():
        page = page_of(pkb, f"{REST}?operation={operation.method}+{operation.path}")
        fields = fields_of(page)
        assert fields["operation"] == f"{operation.method} {operation.path}"
        for parameter in operation.parameters:
            assert f"parameter.{parameter.name}" in fields


def test_a_patient_calls_an_operation(pkb: Client):
    response = send(pkb, REST)
    (exchange,) = pkb.control("/exchanges")["exchanges"]
    assert (exchange["operation"], exchange["outcome"]) == ("GET /users/self", "accepted")
    assert "Rhys" in response.text


def test_parameters_go_into_path_and_query(pkb: Client):
    address = f"{REST}?operation=GET /v2-beta/measurements/{{patientId}}"
    send(pkb, address, **{"parameter.patientId": "5010", "parameter.apiRefs": "weight,height"})
    (exchange,) = pkb.control("/exchanges")["exchanges"]
    assert exchange["request"]["path"] == "/json/v2-beta/measurements/5010?apiRefs=weight%2Cheight"
    fields = fields_of(page_of(pkb, f"{REST}?exchange={exchange['id']}"))
    assert fields["parameter.patientId"] == "5010"
    assert fields["parameter.apiRefs"] == "weight,height"


def test_a_person_who_cannot_sign_in_is_refused_in_place(pkb: Client):
    response = send(pkb, REST, user="nobody@example.org")
    assert response.status_code == 400
    assert "cannot sign in" in response.text


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "/_sandbox"},
        {"endpoint": "http://evil.example"},
        {"method": "TRACE"},
        {"headers": "no header"},
        {"headers": "a: b\x00c"},
        {"client": "org_northmoor_"},
        {"path": "\r\nx: y"},
    ],
)
def test_an_invalid_request_is_refused(pkb: Client, changes: dict[str, str]):
    assert send(pkb, FHIR, **changes).status_code in (200, 400)
    assert all(row["response"]["status"] < 500 for row in pkb.control("/exchanges")["exchanges"])


def test_a_form_of_another_page_is_refused(pkb: Client):
    assert send(pkb, FHIR, _csrf="guessed").status_code == 400
    assert send(pkb, REST, _csrf="guessed").status_code == 400
    assert pkb.control("/exchanges")["exchanges"] == []


def test_hostile_text_is_text(pkb: Client):
    page = send(pkb, FHIR, path=f"Patient/{SCRIPT}", query=f"name={SCRIPT}", headers=f"X-A: {SCRIPT}", body=SCRIPT)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
