"""A hospital sends an ADT^A28; a partner reads the same patient from the Facade."""

from __future__ import annotations

from pathlib import Path

from tests.support import Client

A28 = (Path(__file__).parents[2] / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8")
NUMBER = "9998120012"
SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"


def test_a_patient_sent_by_hl7_is_read_from_the_facade(pkb: Client):
    assert pkb.send(A28).code == "AA"
    response = pkb.facade("/Patient", params={"identifier": f"{SYSTEM}|{NUMBER}"})
    assert response.status_code == 200
    (entry,) = response.json()["entry"]
    assert entry["resource"]["name"] == [{"family": "Khatun", "given": ["Rina", "Lee"], "prefix": ["Mrs"]}]
    assert {"system": SYSTEM, "value": NUMBER} in entry["resource"]["identifier"]
    (mail,) = pkb.control("/outbox")["items"]
    assert (mail["kind"], mail["to"]) == ("invitation", "rina.khatun@example.org")
