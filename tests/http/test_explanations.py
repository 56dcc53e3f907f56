"""Every refusal says what to do instead: by its place in the code, by its rule, or by its kind."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import errors
from sandbox.errors import MethodNotAllowed, NotReady, SandboxError
from sandbox.facts import ledger
from sandbox.http.instead import HOMES, KINDS, NOT_HERE, instead_of, rules
from tests.support import SOAP, Client

PACKAGE = Path(__file__).parents[2] / "sandbox"
ADVISING = {"warn", "Advice", "notice", "MessageNotice", "Hold", "IgnoredIdentifier", "rests_on", "Issuer", "asked_for"}
ADVISING |= {"_reason", "append"}
"""Calls that name a rule and refuse nothing; the last two list rules on pages of the console."""
REFUSING_BY_ROW = {"Allowed"}
"""Rows whose refusal says what the row allows."""


def refusing() -> Iterator[tuple[str, str]]:
    """Where a call names a rule of the ledger without saying what to do instead: the rule, and the place."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and "instead" not in {keyword.arg for keyword in node.keywords}:
                values = [*node.args, *(keyword.value for keyword in node.keywords)]
                function = ast.unparse(node.func)
                is_read_only = function.startswith("facts.")
                if not is_read_only and function.rpartition(".")[2] not in ADVISING | REFUSING_BY_ROW:
                    texts = {
                        value.value
                        for value in values
                        if isinstance(value, ast.Constant) and isinstance(value.value, str)
                    }
                    yield from ((text, f"{file.name}:{node.lineno}") for text in texts & set(ledger()))


def test_every_rule_that_refuses_says_what_to_do_instead():
    silent = {rule: place for rule, place in refusing() if rule not in rules()}
    assert silent == {}, "say it at the place, as `instead=`, or for the rule in sandbox/http/instead.toml"


def test_every_row_is_for_a_rule_of_the_ledger_and_says_something():
    assert set(rules()) <= set(ledger())
    assert set(ledger()) >= NOT_HERE
    assert all(text.strip() and not text.endswith(".") for text in (*rules().values(), *HOMES.values()))


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type)], ids=lambda kind: kind.__name__
)
def test_every_kind_of_error_says_what_to_do_instead(kind: type[SandboxError]):
    further: dict[type[SandboxError], Any] = {MethodNotAllowed: ("x", ("GET", "PUT")), NotReady: ()}
    error = kind(*further.get(kind, ("x",)))
    assert instead_of(error)


def test_a_kind_comes_before_the_kinds_that_it_is_one_of():
    kinds = [kind for kind, _ in KINDS]
    assert all(not issubclass(later, earlier) for n, earlier in enumerate(kinds) for later in kinds[n + 1 :])


def test_allowed_methods_are_listed():
    assert instead_of(MethodNotAllowed("x", ("GET", "PUT"))) == "one of the methods: GET, PUT"


# --- over the wire ---

Ask = Callable[[Client], httpx.Response]
PATIENT = {"resourceType": "Patient"}


def system(pkb: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {pkb.token('letterbox-facade')}", "X-Org-Public-Id": pkb.organisation()}


def customer(pkb: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}


def message(path: str, caller: Callable[[Client], dict[str, str]]) -> Ask:
    return lambda pkb: pkb.http.post(path, json=PATIENT, headers=caller(pkb))


def authorize(**changed: str) -> Ask:
    query = {"response_type": "code", "client_id": "stepwise-diary", **changed}
    return lambda pkb: pkb.http.get("/apiAuthorize.action", params=query)


def facade(path: str) -> Ask:
    return lambda pkb: pkb.facade(path.replace("TOLA", pkb.patient("Registered")["id"]))


RIGHT_DOOR = "POST /phr-fhir/Patient/$process-message"
REGISTERED = "http://localhost:8400/done, stepwise://done"
REFUSALS: dict[str, tuple[Ask, str, str]] = {
    "a message to the Facade": (message("/fhir/Patient/$process-message", system), "access.not-offered", RIGHT_DOOR),
    "a Bundle to the Facade": (
        message("/fhir/Bundle/%24process-message?async=true", system),
        "access.not-offered",
        RIGHT_DOOR,
    ),
    "a Bundle to Messaging": (message("/phr-fhir/Bundle/$process-message", system), "facade.unknown-type", RIGHT_DOOR),
    "a message to the root of Messaging": (
        message("/phr-fhir/$process-message", system),
        "facade.unknown-type",
        "only with the setting messaging_bundle",
    ),
    "a message to a Customer endpoint": (
        message("/customer/northmoor-r4/fhir/Patient/$process-message", customer),
        "customer.no-operation",
        RIGHT_DOOR,
    ),
    "a message to Aggregated": (
        message("/aggregated/fhir/Patient/$process-message", customer),
        "access.not-offered",
        RIGHT_DOOR,
    ),
    "a create at the Facade": (message("/fhir/Patient", system), "access.not-offered", "a Customer endpoint"),
    "a redirect URI that is not registered": (
        authorize(redirect_uri="http://localhost:1/"),
        "oauth.authorize-error-page",
        REGISTERED,
    ),
    "no redirect URI of several": (authorize(), "oauth.authorize-error-page", REGISTERED),
    "a scope of others": (
        authorize(redirect_uri="stepwise://done", scope="CLINICIAN"),
        "oauth.authorize-error-page",
        "one of PATIENT",
    ),
    "a code that is none": (
        lambda pkb: pkb.http.post(
            "/apiToken.action", data={"grant_type": "authorization_code", "code": "x", "client_id": "stepwise-diary"}
        ),
        "oauth.token-errors",
        "a fresh code",
    ),
    "no token": (lambda pkb: pkb.http.get("/fhir/Patient/1"), "access.unknown-credential-401", "a valid access token"),
    "a search without its parameter": (facade("/Appointment"), "facade.search-required", "Appointment?patient="),
    "a search by an unknown parameter": (
        facade("/Appointment?patient=TOLA&x=1"),
        "facade.search-unknown-parameter",
        "one of: ",
    ),
    "a path of no API": (
        lambda pkb: pkb.http.get("/api/oauth/nothing"),
        "frontend.unknown-path",
        "a path of the API",
    ),
    "another method": (lambda pkb: pkb.http.get("/apiToken.action"), "frontend.other-method", "methods: POST"),
    "a message of a type that is not taken": (
        lambda pkb: pkb.post_soap(SOAP.format("MSH|^~\\&amp;|X|NM|PKB|PKB|20260101||ADT^A99|1|P|2.4")),
        "hl7.unknown-type",
        "docs/coverage.md",
    ),
    "another Customer's endpoint": (
        lambda pkb: pkb.http.get("/customer/eastgate-r4/fhir/Patient", headers=customer(pkb)),
        "access.other-customer-403",
        "Eastgate Community Health",
    ),
}


@pytest.mark.parametrize(("ask", "rule", "instead"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_names_its_rule_and_the_way_on(pkb: Client, ask: Ask, rule: str, instead: str):
    response = ask(pkb)
    explanation: dict[str, Any] = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explanation["id"] == rule
    assert explanation["rule"] == ledger()[rule].text
    assert instead in explanation["instead"]
    assert explanation["expected"]
    assert not explanation["instead"].startswith("\n")
