"""`--strict` refuses what PKB might refuse and the sandbox normally accepts; each refusal names its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import pytest

from sandbox.server import SandboxServer
from sandbox.settings import IMPLIED_BY_STRICT, Settings
from tests.support import SOAP, Client

A28 = (Path(__file__).parents[1] / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8").strip().replace("\n", "\r")
NHS = "https://fhir.nhs.uk/Id/nhs-number"
Attempt = Callable[[Client], httpx.Response]


def send(change: Callable[[str], str], user: str = "org_northmoor") -> Attempt:
    return lambda client: client.post_soap(SOAP.format(escape(change(A28))), user)


def header_field(number: int, value: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        fields = text.split("|")
        fields[number - 1] = value
        return "|".join(fields)

    return change


def without_birth_date(text: str) -> str:
    lines = text.split("\r")
    fields = lines[1].split("|")
    fields[7] = ""
    return "\r".join([lines[0], "|".join(fields), *lines[2:]])


def customer(resource: dict[str, object]) -> Attempt:
    def put(client: Client) -> httpx.Response:
        token = client.token("northmoor-fhir")
        path = f"/customer/northmoor-r4/fhir/{resource['resourceType']}/strict"
        return client.http.put(path, json={"id": "strict", **resource}, headers={"Authorization": f"Bearer {token}"})

    return put


def facade(query: str = "", **headers: str) -> Attempt:
    return lambda client: client.facade(f"/Patient?identifier={NHS}%7C9991001379{query}", headers=headers)


def facade_with_token(client: Client) -> httpx.Response:
    return client.http.get(f"/fhir/metadata?access_token={client.token('letterbox-facade')}")


def token_by_query(client: Client) -> httpx.Response:
    credential = client.credential("letterbox-facade")
    auth = (credential["client_id"], credential["client_secret"])
    query = {"client_secret": credential["client_secret"]}
    return client.http.post("/api/oauth/token", params=query, data={"grant_type": "client_credentials"}, auth=auth)


def measurements(client: Client) -> httpx.Response:
    token = client.user_token("tola.adeyemi@example.org")
    return client.http.get("/json/observations", headers={"Authorization": f"Bearer {token}"})


REFUSED: dict[str, tuple[Attempt, int, str]] = {
    "a processing id other than P": (send(header_field(11, "T")), 200, "strict.processing-id"),
    "a new record without date of birth": (send(without_birth_date), 200, "demographics.strict"),
    "a partner's alias without braces": (
        send(header_field(4, "NORTHMOOR_LB"), "partner_letterbox"),
        200,
        "hl7.unknown-sending-facility",
    ),
    "an identifier without a system": (
        customer({"resourceType": "Organization", "name": "N", "identifier": [{"value": "1"}]}),
        422,
        "strict.identifier-system",
    ),
    "a reference to nothing": (
        customer({"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
                  "subject": {"reference": "Patient/absent"}}),
        422,
        "customer.strict-references",
    ),
    "an access token in the address": (facade_with_token, 400, "strict.secret-in-query"),
    "a client secret in the address": (token_by_query, 400, "strict.secret-in-query"),
    "plain HTTP to a proxy": (facade(**{"X-Forwarded-Proto": "http"}), 403, "strict.plain-http"),
    "plain HTTP to a proxy of RFC 7239": (facade(Forwarded="proto=http"), 403, "strict.plain-http"),
}  # fmt: skip
ACCEPTED: dict[str, Attempt] = {
    "a message": send(lambda text: text),
    "a search": facade(),
    "a search over HTTPS to a proxy": facade(**{"X-Forwarded-Proto": "https"}),
    "a resource with whole identifiers": customer(
        {"resourceType": "Organization", "name": "N", "identifier": [{"system": "urn:o", "value": "1"}]}
    ),
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Client]:
    with SandboxServer(port=0, strict=True) as server:
        yield Client(server)


def outcome(client: Client, response: httpx.Response) -> tuple[int, str, str]:
    """Status, outcome and rules of a request, from its explanation."""
    exchange = client.control(f"/exchanges/{response.headers['PKB-Sandbox-Exchange']}")
    rule = client.control(exchange["explain"].removeprefix("/_sandbox"))["id"] if exchange["explain"] else ""
    return response.status_code, exchange["outcome"], rule


@pytest.mark.parametrize(("attempt", "status", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_pkb_might_refuse_is_refused_and_its_rule_is_named(
    strict: Client, attempt: Attempt, status: int, rule: str
):
    assert outcome(strict, attempt(strict)) == (status, "refused", rule)


@pytest.mark.parametrize("attempt", [row[0] for row in REFUSED.values()], ids=REFUSED)
def test_without_the_setting_the_same_is_accepted(pkb: Client, attempt: Attempt):
    assert outcome(pkb, attempt(pkb))[1] == "accepted"


@pytest.mark.parametrize("attempt", ACCEPTED.values(), ids=ACCEPTED)
def test_what_pkb_accepts_is_accepted(strict: Client, attempt: Attempt):
    assert outcome(strict, attempt(strict))[1] == "accepted"


def test_an_https_base_url_means_that_plain_http_is_refused():
    with SandboxServer(port=0, strict=True, base_url="https://pkb.example") as server:
        client = Client(server)
        assert outcome(client, client.http.get("/fhir/metadata")) == (403, "refused", "strict.plain-http")
        assert client.http.get("/fhir/metadata", headers={"X-Forwarded-Proto": "https"}).status_code == 200


def test_the_narrower_settings_are_implied():
    assert all(getattr(Settings(strict=True), name) for name in IMPLIED_BY_STRICT)
    assert not any(getattr(Settings(), name) for name in IMPLIED_BY_STRICT)


def test_the_control_api_is_not_strict(strict: Client):
    assert strict.http.get("/_sandbox/world?password=x").status_code in (200, 400)
    assert strict.control("/world")["organisations"]
