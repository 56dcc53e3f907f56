"""A statement edited by hand changes the behaviour: what it lists is what is offered."""

from __future__ import annotations

import pytest

from tests.fhir.facade.inprocess import InProcess, row_of, statement_and_rules
from tests.support import assert_operation_outcome

TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
IDENTIFIER = "identifier=https://fhir.nhs.uk/Id/nhs-number%7C9991001379"
NOT_HANDLED = (
    "Invalid request: The FHIR endpoint on this server does not know how to handle "
    "GET operation[{}] with parameters [[{}]]"
)


def test_the_unchanged_statement_allows_reads_and_searches():
    facade = InProcess()
    assert facade.ask(f"/Patient/{TOLA}").json()["id"] == TOLA
    assert facade.ask(f"/Patient?{IDENTIFIER}").json()["total"] == 1
    assert facade.ask("/NamingSystem?value=urn:uuid:").json()["total"] == 1


def test_an_interaction_that_is_taken_out_is_refused():
    statement, rules = statement_and_rules()
    row_of(statement, "Patient")["interaction"] = [{"code": "search-type"}]
    facade = InProcess(statement, rules)
    response = facade.ask(f"/Patient/{TOLA}")
    assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format(f"Patient/{TOLA}", ""))
    assert facade.ask(f"/Patient?{IDENTIFIER}").json()["total"] == 1
    served = facade.ask("/metadata").json()
    assert row_of(served, "Patient")["interaction"] == [{"code": "search-type"}]


def test_a_type_that_is_taken_out_is_unknown():
    statement, rules = statement_and_rules()
    rest = statement["rest"][0]
    rest["resource"] = [row for row in rest["resource"] if row["type"] != "Practitioner"]
    response = InProcess(statement, rules).ask("/Practitioner/f1640ff8-d059-403c-b0d5-295ffc6e627d")
    body = assert_operation_outcome(response, 404, "processing")
    text = body["issue"][0]["diagnostics"]
    assert text.startswith("Unknown resource type 'Practitioner' - Server knows how to handle: [Appointment, ")
    assert "Practitioner, " not in text


def test_a_parameter_that_is_made_required_must_be_there():
    statement, rules = statement_and_rules()
    rules["search"]["Questionnaire"]["publisher-reference"]["optionality"] = "required"
    facade = InProcess(statement, rules)
    response = facade.ask("/Questionnaire")
    assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format("Questionnaire", ""))
    assert facade.ask("/Questionnaire?publisher-reference=Organization/1").json()["total"] == 0


def test_a_parameter_that_is_made_optional_may_be_left_out():
    statement, rules = statement_and_rules()
    rules["search"]["Appointment"]["patient"]["optionality"] = "optional"
    response = InProcess(statement, rules).ask("/Appointment")
    assert (response.status_code, response.json()["total"]) == (200, 0)


def test_a_parameter_that_is_taken_out_is_unknown():
    statement, rules = statement_and_rules()
    row = row_of(statement, "Appointment")
    row["searchParam"] = [parameter for parameter in row["searchParam"] if parameter["name"] != "date"]
    response = InProcess(statement, rules).ask(f"/Appointment?patient={TOLA}&date=2026")
    assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format("Appointment", "patient, date"))


WIDER = {
    "a prefix": ("Encounter", "date", "prefixes", ["eq", "ge"], f"patient={TOLA}&date=ge2026"),
    "a repetition": ("Appointment", "patient", "repeat", True, f"patient={TOLA}&patient={TOLA}"),
    "another type": ("Appointment", "patient", "targets", ["Patient", "Group"], "patient:Group=1"),
    "a system": ("Patient", "identifier", "systems", ["urn:x"], "identifier=urn:x%7C1"),
}


@pytest.mark.parametrize(("type_", "name", "key", "value", "query"), WIDER.values(), ids=WIDER)
def test_a_rule_that_is_widened_lets_more_through(type_: str, name: str, key: str, value: object, query: str):
    statement, rules = statement_and_rules()
    assert InProcess(statement, rules).ask(f"/{type_}?{query}").status_code == 400
    rules["search"][type_][name][key] = value
    assert InProcess(statement, rules).ask(f"/{type_}?{query}").status_code == 200


def test_an_operation_that_is_taken_out_is_refused():
    statement, rules = statement_and_rules()
    rest = statement["rest"][0]
    rest["operation"] = [operation for operation in rest["operation"] if operation["name"] != "status-query"]
    response = InProcess(statement, rules).ask("/Patient/$status-query", method="POST")
    text = NOT_HANDLED.format("Patient/$status-query", "").replace("GET", "POST")
    assert_operation_outcome(response, 400, "processing", text)


def test_an_interaction_that_the_rules_do_not_know_is_not_served():
    statement, rules = statement_and_rules()
    row_of(statement, "Patient")["interaction"].append({"code": "vread"})
    with pytest.raises(KeyError):
        InProcess(statement, rules)


def test_an_interaction_that_the_engine_does_not_know_is_not_served():
    statement, rules = statement_and_rules()
    row_of(statement, "Patient")["interaction"].append({"code": "vread"})
    rules["interaction"]["Patient"]["vread"] = {"action": "read_demographics", "built": True, "standing": "choice"}
    with pytest.raises(ValueError, match="vread"):
        InProcess(statement, rules).engine.routes()


def test_a_feature_marked_as_not_built_is_refused_as_such():
    statement, rules = statement_and_rules()
    rules["interaction"]["Patient"]["read"]["built"] = False
    response = InProcess(statement, rules).ask(f"/Patient/{TOLA}")
    assert_operation_outcome(response, 501, "not-supported", "read Patient is not implemented")
