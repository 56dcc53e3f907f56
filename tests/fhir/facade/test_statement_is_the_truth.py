"""The statement is the truth: all of it answers, nothing else does, and it is the one that PKB serves.

Sources: https://my.patientsknowbest.com/fhir/metadata, as it stood on 2026-07-21 ; HAPI's words,
https://github.com/hapifhir/hapi-fhir/issues/1935 and /405
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sandbox.base import datafiles
from tests.fhir.facade.operations.samples import IDRIS, nhs, parameters, patients
from tests.fhir.facade.samples import E_MAIL, LABORATORY, OWEN, TOLA
from tests.fhir.rendered.test_offered import NOT_HANDLED, OPERATIONS, READ, SEARCHED, path_of
from tests.fhir.rendered.test_search_rules import RULES, value_of, with_rest
from tests.support import Client, assert_operation_outcome

LIVE = "2f173374ca7ef071e85b6c4fe5a2d1d26dfc5e6a8944db03d549a0dd18cb3bf5"
"""SHA-256 of PKB's statement, keys sorted, without the address that it was asked at."""
STATEMENT = datafiles.read_json(datafiles.path("capability_statements/facade.json"))
RESOURCES: dict[str, dict[str, Any]] = {row["type"]: row for row in STATEMENT["rest"][0]["resource"]}
DEFINED: dict[str, dict[str, Any]] = datafiles.read_json(
    datafiles.path("capability_statements/search_parameters/stu3.json")
)["parameters"]
"""Type → the search parameters that STU3 defines for it."""
RULE_OF = {(type_, rule.name): rule for type_, rule in RULES}
INTERACTIONS = {
    "read": ("GET", "{}/1"),
    "vread": ("GET", "{}/1/_history/1"),
    "history-instance": ("GET", "{}/1/_history"),
    "history-type": ("GET", "{}/_history"),
    "create": ("POST", "{}"),
    "update": ("PUT", "{}/1"),
    "patch": ("PATCH", "{}/1"),
    "delete": ("DELETE", "{}/1"),
    "search-type": ("GET", "{}"),
}
"""FHIR's interactions with one type, and how each is asked for."""


def test_the_statement_served_is_pkb_s_own_but_for_its_address(pkb: Client):
    served = pkb.http.get("/fhir/metadata").json()
    assert served["implementation"].pop("url") == f"{pkb.server.base_url}/fhir"
    assert hashlib.sha256(json.dumps(served, sort_keys=True).encode()).hexdigest() == LIVE


def test_every_interaction_parameter_and_operation_listed_answers_and_no_other_does(pkb: Client):
    """One walk through everything that the statement could say of every type of STU3."""
    count = 0
    for type_ in sorted({*DEFINED, *RESOURCES}):
        for method, path, listed in requests(type_):
            response = pkb.facade(f"/{path}", method=method)
            if listed:
                assert response.status_code == 200, (method, path, response.text)
            elif type_ not in RESOURCES and (method == "GET" or "$" in path):
                text = f"Unknown resource type '{type_}' - Server knows how to handle: [{', '.join(RESOURCES)}]"
                assert_operation_outcome(response, 404, "processing", text)
            else:
                bare, _, query = path.partition("?")  # a write is not offered before its type is looked at
                names = ", ".join(dict.fromkeys(pair.split("=")[0] for pair in query.split("&"))) if query else ""
                assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format(method, bare, names))
            count += 1
    assert count > 1300


def requests(type_: str) -> Iterator[tuple[str, str, bool]]:
    """Method, path and whether the statement lists it: every interaction, parameter and include."""
    row = RESOURCES.get(type_, {})
    offered = {interaction["code"] for interaction in row.get("interaction", [])}
    for code, (method, path) in INTERACTIONS.items():
        address = path.format(type_)
        if code in offered:
            address = f"{type_}/{READ[type_]}" if code == "read" else f"{type_}?{SEARCHED[type_]}".rstrip("?")
        yield method, address, code in offered
    yield "POST", f"{type_}/$everything", False
    if type_ not in RESOURCES:
        return
    if "search-type" in offered:
        yield from searches(type_, row)


def searches(type_: str, row: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Each parameter that STU3 or the statement has, and an include, beside what the type requires."""
    for name in sorted({*DEFINED[type_], *(parameter["name"] for parameter in row["searchParam"])}):
        rule = RULE_OF.get((type_, name))
        if rule is not None:
            query = with_rest(type_, rule, f"{name}={value_of(rule)}")
        else:
            query = "&".join(filter(None, (SEARCHED[type_], f"{name}=x")))
        yield "GET", f"{type_}?{query}", rule is not None
    for include in row.get("searchInclude", ["QuestionnaireResponse:subject:Patient"]):
        query = "&".join(filter(None, (SEARCHED[type_], f"_include={include}")))
        yield "GET", f"{type_}?{query}", "searchInclude" in row


ASKED: dict[str, tuple[str, Any, bool]] = {
    "purview": ("/Consent/$purview", None, True),
    "read-receipt-query": (
        "/DocumentReference/$read-receipt-query",
        parameters(("documentIdentifier", {"valueString": "RNM-D-0901"})),
        False,
    ),
    "group": (f"/Observation/$group?patient={TOLA}&{LABORATORY}", None, False),
    "generate-invitation-tokens": ("/Organization/$generate-invitation-tokens", patients(nhs(IDRIS)), False),
    "date-of-last-data-point": ("/Patient/$date-of-last-data-point", None, True),
    "status-query": ("/Patient/$status-query", patients(nhs(IDRIS)), False),
    "send-questionnaire-request": (
        f"/Questionnaire/{READ['Questionnaire']}/$send-questionnaire-request",
        parameters(
            ("requestor", {"valueReference": {"reference": f"Practitioner/{OWEN}"}}),
            ("target", {"valueReference": {"reference": f"Patient/{TOLA}"}}),
        ),
        False,
    ),
}
"""Operation → a legal call of it: address, body, and whether an app makes it."""


def test_every_operation_listed_answers_its_callers_and_no_other_name_does(pkb: Client):
    names = {operation["name"] for operation in STATEMENT["rest"][0]["operation"]}
    definitions = {operation["definition"]["reference"] for operation in STATEMENT["rest"][0]["operation"]}
    assert {f"OperationDefinition/{operation.id}" for operation in OPERATIONS} == definitions
    assert {operation.name for operation in OPERATIONS} == names
    for operation in OPERATIONS:
        if operation.callers:
            path, body, app = ASKED[operation.name]
            token = pkb.user_token(E_MAIL[TOLA]) if app else pkb.token("letterbox-facade")
            headers = {"Authorization": f"Bearer {token}"}
            for method in operation.methods:
                response = pkb.facade(path, method=method, json=body, headers=headers)
                assert response.status_code == 200, (operation.name, method, response.text)
        else:  # advertised, and described nowhere
            assert pkb.facade(path_of(operation), method="POST").status_code == 403, operation.name
    for type_ in RESOURCES:
        for name in sorted(names | {"everything", "validate", "meta", "lookup"}):
            if not any((operation.resource, operation.name) == (type_, name) for operation in OPERATIONS):
                response = pkb.facade(f"/{type_}/${name}", method="POST")
                text = NOT_HANDLED.format("POST", f"{type_}/${name}", "")
                assert_operation_outcome(response, 400, "processing", text)
