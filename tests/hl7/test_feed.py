"""The feed of a synthetic patient: every message is accepted, and the record says afterwards what the history says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.synthetic.hl7_messages import Hl7Feed
from sandbox.synthetic.people.history import history
from sandbox.synthetic.people.told import History, Home
from tests.support import NORTHMOOR, Client

FEED = Hl7Feed(authority="NORTHMOOR", type_code="MR")
PEOPLE = range(8)


def sent_history(pkb: Client, number: int) -> History:
    """A history at home at Northmoor, whose hospital number has the type of the default world."""
    home = Home(organisation=pkb.organisation(NORTHMOOR), team="northmoor", local_id_type="hospital")
    return history(77, number, home=home)


@pytest.mark.parametrize("number", PEOPLE)
def test_every_message_of_a_synthetic_patient_is_accepted(pkb: Client, number: int):
    for type_, text in FEED.messages(sent_history(pkb, number)):
        ack = pkb.send(text)
        assert ack.code == "AA", (type_, ack.detail)


def test_the_record_holds_what_the_history_tells(pkb: Client):
    history = sent_history(pkb, 1)
    for _, text in FEED.messages(history):
        assert pkb.send(text).code == "AA"
    record = pkb.control(f"/records/{history.patient.identifiers[0].value}")
    patient = record["patient"]
    assert patient["name"]["family"] == history.patient.name.family
    assert patient["date_of_birth"] == str(history.patient.date_of_birth)
    assert patient["address"]["postcode"] == history.patient.address.postcode
    assert _texts(record["diagnoses"], "diagnosis") == sorted(d.diagnosis.text for d in history.diagnoses)
    assert _texts(record["medications"], "substance") == sorted(m.substance.text for m in history.medications)
    results = [result for _, results in history.results for result in results]
    assert sorted(float(lab_result["value"]) for lab_result in record["lab_results"]) == sorted(
        float(r.value or 0) for r in results
    )
    assert Counter(lab_result["unit"]["code"] for lab_result in record["lab_results"]) == Counter(
        r.unit.code for r in results
    )
    assert len(record["measurements"]) == len(history.measurements)
    pressure = next(measurement for measurement in record["measurements"] if measurement.get("value2"))
    assert float(pressure["value"]) == float(history.measurements[2].value or 0)
    assert [document["title"] for document in record["documents"]] == ["Discharge letter"]
    (visit,) = record["encounters"]
    assert [event["type"] for event in visit["events"]] == ["ADMIT", "DISCHARGE"]


def test_the_same_feed_again_changes_no_count(pkb: Client):
    history = sent_history(pkb, 2)
    counts = []
    for _ in range(2):
        for _, text in FEED.messages(history):
            assert pkb.send(text).code == "AA"
        record = pkb.control(f"/records/{history.patient.identifiers[0].value}")
        counts.append({name: len(rows) for name, rows in record.items() if isinstance(rows, list)})
    assert counts[0] == counts[1]


def _texts(rows: list[dict[str, Any]], name: str) -> list[str]:
    return sorted(row[name]["text"] for row in rows)
