"""Who sees what: consents in effect, and what each caller really gets, with the rule that hides the rest."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.base.ids import aggregated_id
from sandbox.facts import ledger
from sandbox.model import Diagnosis
from tests.console.patients.support import TOLA, page, rows, words
from tests.fhir.aggregated.support import Aggregated
from tests.rest.support import ask
from tests.support import Client

LATER = datetime(2026, 10, 1, tzinfo=UTC)


def sharing(pkb: Client, patient: str) -> dict[str, str]:
    """Name → the words of its row."""
    element = page(pkb, f"patients/{patient}/access")
    table = next(table for table in element.iter("table") if table.get("class") == "sharing")
    return {words(row.find("th")).split(",")[0]: words(row) for row in table.iterfind("tbody/tr")}  # type: ignore[arg-type]


def view(pkb: Client, patient: str, caller: str) -> list[list[str]]:
    """The cells of the record as a caller gets it."""
    element = page(pkb, f"patients/{patient}/access", **{"as": caller})
    tables = [table for table in element.iter("table") if table.get("class") == "view"]
    return [[words(cell) for cell in row] for table in tables for row in table.iterfind("tbody/tr")]


def test_each_grantee_has_the_labels_of_its_consent(pkb: Client):
    by_name = sharing(pkb, TOLA)
    assert re.search(r"team sees no no no always: \d+", by_name["Northmoor General"])
    assert "team sees no no sees" in by_name["Northmoor Renal"]
    assert "the patient sees sees sees sees" in by_name["Ms Tola Adeyemi the patient"]


def test_disabled_sharing_suspends_consents_and_says_so(pkb: Client):
    patient = pkb.patient("Has disabled sharing")["id"]
    text = words(page(pkb, f"patients/{patient}/access"))
    assert "granted, not in effect" in text
    assert "suspended: sharing disabled" in text
    assert "access.visibility-sharing-disabled" in text


def test_frozen_access_is_a_rule_of_the_page(pkb: Client):
    patient = pkb.patient("Access frozen")["id"]
    text = words(page(pkb, f"patients/{patient}/access"))
    assert ledger()["access.visibility-frozen"].text in text
    assert "the patient no no no no" in text


def test_a_record_without_consents_says_how_to_grant_one(pkb: Client):
    patient = pkb.patient("Has given consent to no one")["id"]
    assert "/consents -H 'Content-Type: application/json'" in words(page(pkb, f"patients/{patient}/access"))


def test_a_carer_and_the_age_of_a_child_are_there(pkb: Client):
    patient = pkb.patient("Under 16")["id"]
    text = words(page(pkb, f"patients/{patient}/access"))
    assert "Mrs Samira Halloran carer" in text
    assert "years old: carers lose access" in text


def test_a_label_that_was_not_granted_hides_by_its_rule(pkb: Client):
    patient = pkb.patient("sexual health")["id"]
    hidden = [cell for row in view(pkb, patient, "letterbox-tethered") for cell in row[1:] if cell.startswith("hidden")]
    assert any("SEXUAL_HEALTH" in cell and "access.visibility-consent documented" in cell for cell in hidden)


def test_a_frozen_patient_is_refused_by_the_rule(pkb: Client):
    patient = pkb.patient("Access frozen")["id"]
    cells = [cell for row in view(pkb, patient, f"stepwise-diary/{patient}") for cell in row[1:]]
    assert any("refused with 403" in cell and "access.frozen" in cell for cell in cells)
    assert not any(cell.startswith("shown") for cell in cells)


def number_shown(table: list[list[str]], column: int, kind: str) -> int:
    return sum(row[0].startswith(kind) and row[column].startswith("shown") for row in table)


@pytest.mark.parametrize("reason", ["reads her own record", "Shared by both", "sexual health", "disabled sharing"])
def test_a_view_is_what_the_facade_gives_over_the_wire(pkb: Client, reason: str):
    patient = pkb.patient(reason)["id"]
    organisation = pkb.organisation()
    table = view(pkb, patient, f"letterbox-facade/{organisation}")
    for type_, kind in (("Appointment", "appointment"), ("Encounter", "encounter"), ("DocumentReference", "document")):
        response = pkb.facade(f"/{type_}?patient={patient}")
        assert response.json().get("total", 0) == number_shown(table, 1, kind), (type_, response.text)


def test_a_view_is_what_aggregated_gives_over_the_wire(pkb: Client):
    table = view(pkb, TOLA, "northmoor-fhir")
    conditions = Aggregated(pkb).of("Condition")
    assert number_shown(table, 1, "diagnosis") == len(conditions) > 0
    other = view(pkb, TOLA, "eastgate-fhir")
    assert number_shown(other, 1, "diagnosis") == 0
    assert any("aggregated.organisation" in row[1] for row in other)
    assert aggregated_id(TOLA) in pkb.http.get(f"/_sandbox/console/patients/{TOLA}/identifiers").text


def test_a_view_is_what_custom_rest_gives_over_the_wire(pkb: Client):
    table = view(pkb, TOLA, f"stepwise-diary/{TOLA}")
    results: Any = ask(pkb, "GET", "/v2-beta/tests/results", "PATIENT")
    assert number_shown(table, 2, "lab result") == len(results) > 0
    allergy = next(row for row in table if row[0].startswith("allergy"))
    assert "rest.wrong-scope" in allergy[2]


def test_every_caller_of_the_list_has_a_view(pkb: Client):
    element = page(pkb, f"patients/{TOLA}/access")
    select = next(select for select in element.iter("select") if select.get("name") == "as")
    keys = [option.get("value", "") for option in select]
    assert len(keys) > 8
    for key in keys:
        assert view(pkb, TOLA, key), key


def test_how_a_record_came_names_the_exchange_of_each_change(pkb: Client):
    page(pkb, f"patients/{TOLA}")
    pkb.http.post(f"/_sandbox/records/{TOLA}/freeze", json={"frozen": True})
    element = page(pkb, f"patients/{TOLA}/history")
    assert any("froze access" in row and "control API" in row for row in rows(element))


def test_a_record_that_is_longer_than_a_list_is_read_entry_by_entry(pkb: Client):
    store = pkb.server.workspaces.default.store
    (diagnosis,) = store.find(Diagnosis, "patient", TOLA)
    for number in range(510):
        store.put(replace(diagnosis, id=f"00000000-0000-4000-8000-{number:012}", diagnosed_at=LATER))
    table = view(pkb, TOLA, "northmoor-fhir")
    assert number_shown(table, 1, "diagnosis") == sum(row[0].startswith("diagnosis") for row in table) > 50
