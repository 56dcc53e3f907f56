"""`DocumentReference/$read-receipt-query`: http://dev.patientsknowbest.com/home/fhir-api/operation/read-receipt-query"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.facade.operations.samples import Json, answered, parameters, post
from tests.hl7.clinical import ADEYEMI, accepted, record
from tests.hl7.samples import example
from tests.support import EASTGATE, Client, assert_operation_outcome

PATH = "/DocumentReference/$read-receipt-query"


def documents(*numbers: Json) -> Json:
    return parameters(*(("documentIdentifier", number) for number in numbers))


def identifier(value: str, **more: str) -> Json:
    return {"valueIdentifier": {"value": value, **more}}


@pytest.fixture
def letter(pkb: Client) -> Any:
    """A document that Northmoor has sent."""
    accepted(pkb, example("mdm_t02_document"))
    (document,) = record(pkb)["documents"]
    return document


def test_an_unread_document_and_then_a_read_one(pkb: Client, letter: Any):
    number = letter["external_id"]
    body = documents(identifier(number, system="urn:x"))
    assert answered(post(pkb, PATH, body)) == [
        {"name": "readReceipt", "documentIdentifier": {"value": number, "system": "urn:x"}, "read": False}
    ]
    opened = pkb.http.post(f"/_sandbox/records/{ADEYEMI}/documents/{letter['id']}/read").json()
    (receipt,) = answered(post(pkb, PATH, body))
    assert (receipt["read"], receipt["readDateTime"]) == (True, opened["read_at"])


def test_a_number_may_come_without_a_system_or_as_text(pkb: Client, letter: Any):
    number = letter["external_id"]
    rows = answered(post(pkb, PATH, documents(identifier(number), {"valueString": number})))
    assert [row["documentIdentifier"] for row in rows] == [{"value": number}, {"value": number}]


def test_unknown_numbers_and_documents_of_others_are_left_out(pkb: Client, letter: Any):
    assert post(pkb, PATH, documents(identifier("none"))).json() == {"resourceType": "Parameters"}
    body = documents(identifier(letter["external_id"]))
    assert answered(post(pkb, PATH, body, organisation=EASTGATE)) == []


def test_of_documents_with_one_number_the_newest_counts(pkb: Client, letter: Any):
    other = example("mdm_t02_document").replace(ADEYEMI, "9991002758").replace("20260307", "20260407")
    accepted(pkb, other)
    pkb.http.post(f"/_sandbox/records/{ADEYEMI}/documents/{letter['id']}/read")
    (receipt,) = answered(post(pkb, PATH, documents(identifier(letter["external_id"]))))
    newest = max((letter, *record(pkb, "9991002758")["documents"]), key=lambda document: document["at"])
    assert receipt["read"] == (newest["id"] == letter["id"])


def test_a_number_without_a_value_is_refused(pkb: Client):
    response = post(pkb, PATH, documents({"valueIdentifier": {"system": "urn:x"}}))
    assert_operation_outcome(response, 400, "exception", "Identifier without value")
