"""Advice on one exchange: identifiers and codes without a system, missing labels, secrets in addresses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.contract.advice import SINGLE
from sandbox.contract.observed import ObservedExchange
from sandbox.worlds.exchange import Exchange, Passed

IDENTIFIER, CODE, UNLABELLED, IF_NONE_EXIST, SECRET = (
    f"contract.{name}"
    for name in (
        "identifier-without-system",
        "code-without-system",
        "unlabelled-resource",
        "if-none-exist-without-identifier",
        "secret-in-address",
    )
)
BARE, SYSTEM = {"value": "1"}, {"system": "urn:x", "value": "1"}


def searched(query: str, api: str = "facade") -> dict[str, Any]:
    return {"api": api, "method": "GET", "path": "/fhir/Patient", "query": query}


def written(
    resource: Any, api: str = "customer", status: int = 201, path: str = "/customer/a/fhir/X"
) -> dict[str, Any]:
    body = json.dumps(resource).encode()
    request = Passed(body=body, media_type="application/fhir+json", length=len(body))
    return {"api": api, "method": "POST", "path": path, "status": status, "request": request}


def conditional(criteria: str, api: str = "customer") -> dict[str, Any]:
    return {**written(patient(SYSTEM), api), "request": Passed(head=f"if-none-exist\n{criteria}".encode())}


def patient(*identifiers: dict[str, str]) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": list(identifiers)}


def condition(*codes: str, **coding: str) -> dict[str, Any]:
    security = [{"system": "http://fhir.patientsknowbest.com/codesystem/privacy-label", "code": c} for c in codes]
    meta = {"meta": {"security": security}} if codes else {}
    return {"resourceType": "Condition", "code": {"coding": [coding or {"system": "s", "code": "1"}]}, **meta}


def bundle(*resources: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


CASES: dict[str, tuple[str, dict[str, Any], bool]] = {
    "a search by a bare number": (IDENTIFIER, searched("identifier=1"), True),
    "a search by a number with its system": (IDENTIFIER, searched("identifier=urn:x|1"), False),
    "a search by a number of no system": (IDENTIFIER, searched("identifier=|1"), False),
    "a search by two numbers, one of them bare": (IDENTIFIER, searched("identifier=urn:x|1,2"), True),
    "a search by nothing": (IDENTIFIER, searched("identifier="), False),
    "a search by a bare number with a modifier": (IDENTIFIER, searched("identifier:not=1"), True),
    "a search by a bare number of a chain": (IDENTIFIER, searched("subject.identifier=1"), True),
    "a search by another parameter": (IDENTIFIER, searched("name=1"), False),
    "the same parameter of another API": (IDENTIFIER, searched("identifier=1", "rest"), False),
    "the same parameter without a number, of another API": (IDENTIFIER, searched("", "rest"), False),
    "a bare number in a resource": (IDENTIFIER, written(patient(BARE)), True),
    "a number with its system in a resource": (IDENTIFIER, written(patient(SYSTEM)), False),
    "a bare number behind another one": (IDENTIFIER, written(patient(SYSTEM, BARE)), True),
    "an identifier without a value": (IDENTIFIER, written(patient({"use": "usual"})), False),
    "a bare number in a Bundle": (IDENTIFIER, written(bundle(patient(SYSTEM), patient(BARE))), True),
    "a bare number in a body of another API": (IDENTIFIER, written(patient(BARE), "rest"), False),
    "a code without its system": (CODE, written(condition(code="1")), True),
    "a code with its system": (CODE, written(condition(code="1", system="s")), False),
    "a display alone": (CODE, written(condition(display="Asthma")), False),
    "a code without its system in another API": (CODE, written(condition(code="1"), "rest"), False),
    "a resource without a label": (UNLABELLED, written(condition()), True),
    "a resource with a label": (UNLABELLED, written(condition("GENERAL_HEALTH")), False),
    "a resource with a label that is not PKB's": (UNLABELLED, written(condition("SECRET")), True),
    "a resource with a second label that is PKB's": (UNLABELLED, written(condition("R", "MENTAL_HEALTH")), False),
    "a demographic resource without a label": (UNLABELLED, written(patient(SYSTEM)), False),
    "a refused resource without a label": (UNLABELLED, written(condition(), status=422), False),
    "a resource without a label in Messaging": (UNLABELLED, written(condition(), "messaging"), False),
    "a resource without a label at an endpoint with a default": (
        UNLABELLED, written(condition(), path="/customer/labelled/fhir/Condition"), False,
    ),
    "a type that Aggregated does not show": (UNLABELLED, written({"resourceType": "Basic"}), False),
    "a condition without an identifier": (IF_NONE_EXIST, conditional("name=x"), True),
    "a condition on an identifier": (IF_NONE_EXIST, conditional("identifier=urn:x|1"), False),
    "no condition": (IF_NONE_EXIST, written(patient(SYSTEM)), False),
    "a condition in another API": (IF_NONE_EXIST, conditional("name=x", "rest"), False),
    "a token in the address": (SECRET, searched("access_token=a"), True),
    "a token in capitals": (SECRET, searched("Access_Token=a"), True),
    "an empty token in the address": (SECRET, searched("access_token="), False),
    "a password in the address of another API": (SECRET, searched("a=1&password=x", "rest"), True),
    "a name that contains a secret's": (SECRET, searched("tokens=1"), False),
}  # fmt: skip
"""Rule and exchange → whether it is advised on."""


@pytest.mark.parametrize("case", CASES)
def test_a_single_exchange_gets_the_advice_of_its_rule(case: str):
    name, row, expected = CASES[case]
    defaults: dict[str, Any] = {"id": "e", "at": datetime(2026, 11, 27, tzinfo=UTC), "status": 200, "client": "app"}
    observed = ObservedExchange(Exchange(**{**defaults, **row}), frozenset({"labelled"}))
    assert bool(SINGLE[name](observed)) is expected


MSH = "MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|{at}||{type}|m-1|P|2.4"
MESSAGES: dict[str, tuple[str, str, str, bool]] = {
    "a time of another segment": ("ADT^A28", "20260301", "AL1|1||^Latex|||202603011200", True),
    "a date": ("ADT^A28", "20260301", "AL1|1||^Latex|||20260301", False),
    "a time with its offset": ("ADT^A28", "20260301", "AL1|1||^Latex|||202603011200+0100", False),
    "a time, and an offset in the header": ("ADT^A28", "20260301120000+0000", "AL1|1||^Latex|||202603011200", False),
    "a time in the header alone": ("ADT^A28", "20260301120000", "AL1|1||^Latex", False),
    "a time in a field that PKB does not read": ("ADT^A28", "20260301", "AL1|1|202603011200|^Latex", False),
    "the time of an appointment": ("SIU^S12", "20260301", "SCH|1||||||||||^^^202603011200", True),
    "the end of an appointment": ("SIU^S12", "20260301", "SCH|1||||||||||^^^20260301^202603011200", True),
    "a number before the time of an appointment": (
        "SIU^S12",
        "20260301",
        "SCH|1||||||||||202603011200^^^20260301",
        False,
    ),
    "a second segment": ("ADT^A28", "20260301", "AL1|1||^Nuts\rAL1|2||^Latex|||202603011200", True),
    "a type without a profile": ("ADT^A99", "20260301", "AL1|1||^Latex|||202603011200", False),
}
"""Type, MSH-7, segments, and whether a time has no zone."""


def message_exchange(text: bytes, **more: Any) -> ObservedExchange:
    """Return an exchange with an HL7 message that came by MLLP."""
    request = Passed(body=text, media_type="x-application/hl7-v2+er7", length=len(text))
    at = datetime(2026, 11, 27, tzinfo=UTC)
    return ObservedExchange(
        Exchange(id="e1", at=at, api="hl7", method="MLLP", path="", scheme="mllp", request=request, **more)
    )


@pytest.mark.parametrize("case", MESSAGES)
def test_advice_on_the_times_of_a_message(case: str):
    type_, at, segments, is_advised = MESSAGES[case]
    text = f"{MSH.format(at=at, type=type_)}\r{segments}\r".encode()
    exchange = message_exchange(text, operation=type_, hl7={"control_id": "m-1"})
    assert SINGLE["contract.hl7-time-without-zone"](exchange) is is_advised


@pytest.mark.parametrize(
    ("numbers", "is_advised"),
    [
        ("1", True),
        ("1^^^NORTHMOOR^MR", False),
        ("1^^^NORTHMOOR", False),
        ("9991001379^^^^NHS", False),
        ("9991001379^^^^NH", False),
        ("1^^^^MR", True),
        ("1^^^^^NH", True),
        ("1^^NORTHMOOR", True),
        ("^^^^MR", False),
        ("1^^^NORTHMOOR^MR~2", True),
        ("", False),
    ],
)
def test_advice_on_the_numbers_of_a_message(numbers: str, is_advised: bool):
    text = f"{MSH.format(at='20260301', type='ADT^A28')}\rPID|||{numbers}||Byrne^Ada\r".encode()
    assert SINGLE[IDENTIFIER](message_exchange(text)) is is_advised
