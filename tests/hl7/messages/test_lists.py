"""AL1, DG1 and ZRX: lists that a demographic message replaces as a whole. Source: *ADT A28*."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.model import Allergy, Code, Diagnosis, Medication
from tests.hl7.samples import A28, ORGANISATIONS, TEAMS, message, pid, stored
from tests.support import Client

RHYS = "9991013709"
"""A patient of both organisations; Eastgate sent an allergy and a medication."""
RHYS_IDS = pid(f"{RHYS}^^^NHS^NH", "Delacroix^Rhys")
KINDS = {
    "allergies": (Allergy, "AL1|1||1^One", "AL1|1||2^Two"),
    "diagnoses": (Diagnosis, "DG1|1||1^One", "DG1|1||2^Two"),
    "medications": (Medication, "ZRX||1^One", "ZRX||2^Two"),
}


def entries(pkb: Client, kind, number: str = RHYS, organisation: str | None = None) -> list[Any]:
    points = pkb.server.workspaces.default.store.find(kind, "patient", stored(pkb, number).id)
    return [
        point for point in points if organisation is None or point.source.organisation == ORGANISATIONS[organisation]
    ]


def test_an_allergy_holds_what_was_sent(pkb: Client):
    al1 = "AL1|1||91936005^Penicillin^SCT^P1^Pen^L|MO^Moderate^L|Rash~Swelling|20190401\rNTE|1||Dr Bright"
    pkb.send(message(pid(), al1))
    (allergy,) = entries(pkb, Allergy, "9998120012")
    assert allergy.allergen == Code(
        code="91936005",
        text="Penicillin",
        system="SCT",
        alternate_code="P1",
        alternate_text="Pen",
        alternate_system="L",
    )
    assert (allergy.severity.text, allergy.reactions) == ("Moderate", ("Rash", "Swelling"))
    assert allergy.onset_at == datetime(2019, 3, 31, 23, tzinfo=UTC)
    assert (allergy.provider, allergy.label) == ("Dr Bright", "GENERAL_HEALTH")
    assert allergy.entered_at == datetime(2026, 3, 10, 10, 15, tzinfo=UTC)
    assert allergy.source.organisation == ORGANISATIONS["northmoor"]
    assert (allergy.source.person, allergy.source.partner) == (None, None)


@pytest.mark.parametrize("field", [6, 16], ids=["DG1-6", "DG1-16"])
def test_a_diagnosis_holds_what_was_sent(pkb: Client, field: int):
    clinician = "|" * (field - 5) + "^Bright^Owen^^^Dr"
    pkb.send(message(pid(), f"DG1|1||195967001^Asthma^SCT||20050110{clinician}", "NTE|1||Mild"))
    (diagnosis,) = entries(pkb, Diagnosis, "9998120012")
    assert (diagnosis.diagnosis.code, diagnosis.diagnosis.text) == ("195967001", "Asthma")
    assert diagnosis.diagnosed_at == datetime(2005, 1, 10, tzinfo=UTC)
    assert (diagnosis.clinician, diagnosis.note) == ("Dr Owen Bright", "Mild")


def test_a_medication_holds_what_was_sent(pkb: Client):
    pkb.send(message(pid(), "ZRX|^Twice daily^^20240115^20240215|^Salbutamol inhaler|2||PUFF^puffs"))
    (medication,) = entries(pkb, Medication, "9998120012")
    assert (medication.substance.text, medication.frequency) == ("Salbutamol inhaler", "Twice daily")
    assert (medication.start_at, medication.end_at) == (
        datetime(2024, 1, 15, tzinfo=UTC),
        datetime(2024, 2, 15, tzinfo=UTC),
    )
    assert (medication.dose, medication.dose_units.text) == ("2", "puffs")


def test_the_null_is_blank_in_a_list(pkb: Client):
    pkb.send(
        message(
            pid(),
            'AL1|1||91936005^""|""|""~Rash|""',
            'DG1|1||^Asthma|""|""',
            'ZRX|^""^^""|^Inhaler|""||""',
        )
    )
    (allergy,) = entries(pkb, Allergy, "9998120012")
    (diagnosis,) = entries(pkb, Diagnosis, "9998120012")
    (medication,) = entries(pkb, Medication, "9998120012")
    assert (allergy.allergen, allergy.severity, allergy.reactions, allergy.onset_at) == (
        Code(code="91936005"),
        Code(),
        ("Rash",),
        None,
    )
    assert (diagnosis.diagnosis, diagnosis.diagnosed_at) == (Code(text="Asthma"), None)
    assert (medication.frequency, medication.start_at, medication.dose, medication.dose_units) == ("", None, "", Code())


@pytest.mark.parametrize(("kind", "first", "second"), KINDS.values(), ids=KINDS.keys())
def test_a_list_replaces_the_senders_whole_list_and_keeps_those_of_others(pkb: Client, kind, first, second):
    others = entries(pkb, kind)
    pkb.send(message(RHYS_IDS, first, second, at="20260401"))
    assert len(entries(pkb, kind, organisation="northmoor")) == 2
    pkb.send(message(RHYS_IDS, second, at="20260402"))
    assert len(entries(pkb, kind, organisation="northmoor")) == 1
    assert entries(pkb, kind, organisation="eastgate") == others


@pytest.mark.parametrize(("kind", "first", "second"), KINDS.values(), ids=KINDS.keys())
def test_a_list_that_is_not_sent_stays(pkb: Client, kind, first, second):
    pkb.send(message(RHYS_IDS, first, second, at="20260401"))
    before = entries(pkb, kind)
    rest = [list_ for _, list_, _ in KINDS.values() if list_ != first]
    assert pkb.send(message(RHYS_IDS, *rest, at="20260402")).code == "AA"
    assert entries(pkb, kind) == before


@pytest.mark.parametrize(("kind", "first", "second"), KINDS.values(), ids=KINDS.keys())
def test_an_entry_that_is_sent_again_keeps_its_id(pkb: Client, kind, first, second):
    pkb.send(message(RHYS_IDS, first, at="20260401"))
    (before,) = entries(pkb, kind, organisation="northmoor")
    pkb.send(message(RHYS_IDS, second, first, at="20260402"))
    assert before.id in {entry.id for entry in entries(pkb, kind, organisation="northmoor")}


def test_equal_entries_keep_their_ids_too(pkb: Client):
    twice = message(RHYS_IDS, "DG1|1||1^One", "DG1|2||1^One", at="20260401")
    pkb.send(twice)
    before = {entry.id for entry in entries(pkb, Diagnosis, organisation="northmoor")}
    pkb.send(twice)
    after = {entry.id for entry in entries(pkb, Diagnosis, organisation="northmoor")}
    assert len(before) == 2
    assert after == before


def test_entries_of_the_senders_professionals_are_replaced_as_well(pkb: Client):
    """The seeded entries of Northmoor's patient come from its teams, and go with the first list that it sends."""
    tola = pid("9991001379^^^NHS^NH", "Adeyemi^Tola")
    pkb.send(message(tola, "DG1|1||1^One", at="20260401"))
    assert [entry.diagnosis.text for entry in entries(pkb, Diagnosis, "9991001379")] == ["One"]


def test_the_example_sent_twice_keeps_every_data_point_id(pkb: Client):
    pkb.send(A28)
    before = [entry.id for kind, _, _ in KINDS.values() for entry in entries(pkb, kind, "9998120012")]
    pkb.send(A28)
    after = [entry.id for kind, _, _ in KINDS.values() for entry in entries(pkb, kind, "9998120012")]
    assert (len(before), after) == (3, before)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("1^Peanut^^^^", "1^Nut", "AR"),
        ("^Peanut", "^Peanut", "AR"),
        ("^^^7^Peanut", "7^Nut", "AR"),
        ("Peanut^", "^Peanut", "AA"),
        ("1^Peanut", "2^Peanut", "AA"),
    ],
    ids=["same code", "same text", "alternate code", "code and text", "codes differ"],
)
def test_allergies_are_distinguished_by_code_or_else_by_text(pkb: Client, first: str, second: str, code: str):
    assert pkb.send(message(pid(), f"AL1|1||{first}", f"AL1|2||{second}")).code == code


@pytest.mark.parametrize(("onset", "code"), [("20190401", "AR"), ("20190401000000", "AR"), ("20190402", "AA")])
def test_allergies_with_the_same_onset_are_duplicates_however_it_is_written(pkb: Client, onset: str, code: str):
    assert pkb.send(message(pid(), "AL1|1||1^Peanut|||20190401", f"AL1|2||1^Peanut|||{onset}")).code == code


def test_the_source_of_an_entry_is_the_connection(pkb: Client):
    text = message(RHYS_IDS, "AL1|1||1^One", facility="EASTGATE_LB{EASTGATE_LB}", at="20260401")
    assert pkb.send(text, "partner_letterbox").code == "AA"
    (allergy,) = entries(pkb, Allergy, organisation="eastgate")
    assert allergy.source.team == TEAMS["eastgate_diabetes"]
    assert allergy.source.partner == "77053f32-df07-4122-80fb-c1a327d11e45"
