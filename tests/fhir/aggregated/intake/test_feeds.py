"""Customers' feeds, HL7 messages and people's acts, from the wire to Aggregated.

Source: *Customer*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364061242/Customer
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.server import SandboxServer
from sandbox.settings import Settings
from tests.fhir.aggregated.support import (
    LABEL,
    RHYS,
    TOLA,
    Aggregated,
    by,
    codes,
    extension,
    feed,
    observation,
    organization,
    patient,
)
from tests.support import Client

Json = dict[str, Any]
STU3_CONDITION = {
    "resourceType": "Condition",
    "id": "epr1-88021",
    "meta": {"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}]},
    "clinicalStatus": "active",
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]},
    "subject": {"reference": "Patient/p"},
    "assertedDate": "2024-05-02",
}


def test_a_stu3_and_an_r4_feed_about_one_person_meet(pkb: Client):
    stu3, r4 = feed(pkb, "northmoor-stu3"), feed(pkb, "eastgate-r4")
    stu3.put(patient(RHYS, name=[{"family": "Delacroix"}]))
    r4.put(patient(RHYS, gender="male", name=[{"family": "Delacroix-Smith"}]))
    stu3.put(STU3_CONDITION)
    r4.put(observation())
    for client in ("northmoor-fhir", "eastgate-fhir"):
        aggregated = Aggregated(pkb, client)
        (merged,) = aggregated.of("Patient", RHYS)
        assert {name["family"] for name in merged["name"]} == {"Delacroix", "Delacroix-Smith"}
        (condition,) = [
            condition
            for condition in aggregated.of("Condition", RHYS)
            if extension(condition, "access-route")["code"] == "FHIR_API"
        ]
        assert condition["subject"] == {"reference": f"Patient/{merged['id']}"}
        assert condition["recordedDate"] == "2024-05-02"
        assert condition["clinicalStatus"]["coding"][0]["code"] == "active"
        (weight,) = aggregated.of("Observation", RHYS)
        assert weight["subject"] == condition["subject"]
        assert codes(weight)["source-organization"] != codes(condition)["source-organization"]
        assert weight["id"] not in ("o", condition["id"])


def test_what_a_customer_deletes_is_gone_and_the_rest_stays(pkb: Client):
    stu3, r4 = feed(pkb, "northmoor-stu3"), feed(pkb, "eastgate-r4")
    for endpoint in (stu3, r4):
        endpoint.put(patient(RHYS))
        endpoint.put(observation())
    aggregated = Aggregated(pkb)
    assert len(aggregated.of("Observation", RHYS)) == 2
    (theirs,) = [
        observation for observation in aggregated.of("Observation", RHYS) if observation["id"] == _copy(aggregated, r4)
    ]
    assert r4.ask("DELETE", "/Observation/o").status_code == 200
    assert len(aggregated.of("Observation", RHYS)) == 1
    assert aggregated.ask(f"/Observation/{theirs['id']}").status_code == 410
    r4.put(observation())
    assert len(aggregated.of("Observation", RHYS)) == 2
    assert aggregated.ask(f"/Observation/{theirs['id']}").status_code == 200


def _copy(aggregated: Aggregated, endpoint: Any) -> str:
    """The id of the copy that comes from an endpoint: its source is the organisation that owns it."""
    mine = {True: "Eastgate", False: "Northmoor"}[endpoint.name.startswith("eastgate")]
    (source,) = [o for o in aggregated.search("/Organization") if o["name"].startswith(mine) and "partOf" not in o]
    (copied,) = [o for o in aggregated.of("Observation", RHYS) if codes(o)["source-organization"] == source["id"]]
    identity: str = copied["id"]
    return identity


def test_an_identical_resend_makes_no_version(pkb: Client):
    endpoint = feed(pkb, "northmoor-r4")
    for _ in range(2):
        endpoint.put(patient(TOLA))
        endpoint.put(observation())
        endpoint.put(organization("RNM99"))
    aggregated = Aggregated(pkb)
    before = aggregated.of("Observation") + aggregated.of("Patient")
    endpoint.put(patient(TOLA))
    endpoint.put(observation())
    assert aggregated.of("Observation") + aggregated.of("Patient") == before


def test_a_skipped_resource_is_stored_explained_and_not_there(pkb: Client):
    endpoint = feed(pkb, "northmoor-r4")
    stored = endpoint.ask("PUT", "/Observation/o", observation())
    assert stored.status_code == 201
    explanation = pkb.http.get(stored.headers["pkb-sandbox-explain"]).json()
    assert "Observation/o is not in Aggregated: it refers to Patient/p" in explanation["expected"]
    assert not any(observation["code"]["text"] == "Weight" for observation in Aggregated(pkb).search("/Observation"))


def test_a_patient_unknown_to_pkb_shows_when_the_record_is_there(pkb: Client):
    number = "9991030409"
    endpoint = feed(pkb, "northmoor-r4")
    endpoint.put(patient(number))
    endpoint.put(observation())
    aggregated = Aggregated(pkb)
    assert aggregated.of("Patient", number) == aggregated.search("/Observation") == []
    message = (
        "MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101500||ADT^A28|a28-x|P|2.4\r"
        f"PID|||{number}^^^NHS^NH||New^Person||19800101|F\r"
    )
    assert pkb.send(message).code == "AA"
    (merged,) = aggregated.of("Patient", number)
    assert merged["name"][0]["family"] == "New"
    assert len(aggregated.of("Observation", number)) == 1


def test_a_chosen_label_survives_a_resend_and_never_goes_upstream(pkb: Client):
    endpoint = feed(pkb, "northmoor-r4")
    endpoint.put(patient(TOLA))
    endpoint.put(observation())
    aggregated = Aggregated(pkb)
    (copied,) = aggregated.of("Observation")
    chosen = {"data_point": f"Observation/{copied['id']}", "label": "MENTAL_HEALTH"}
    patient_id = pkb.patient("Registered, reads her own record")["id"]
    assert pkb.http.post(f"/_sandbox/records/{patient_id}/labels", json=chosen).status_code == 200
    assert aggregated.of("Observation") == [], "no team of Northmoor holds the label"
    endpoint.put(observation(valueString="again"))
    assert aggregated.of("Observation") == []
    assert codes(endpoint.get("/Observation/o"))["privacy-label"] == "GENERAL_HEALTH"
    other = pkb.patient("Shared by both")["id"]
    assert pkb.http.post(f"/_sandbox/records/{other}/labels", json=chosen).status_code == 404


def test_hl7_shows_at_the_next_read(pkb: Client):
    aggregated = Aggregated(pkb)
    before = len(aggregated.of("Appointment"))
    message = (
        "MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101500||SIU^S12|siu-x|P|2.4\r"
        f"PID|||{TOLA}^^^NHS^NH||Adeyemi^Tola||19880214\r"
        "SCH|APT-1||||||^Knee clinic|NEW^^LOCAL|||^^^202604020930^202604020950\r"
        "PV1|||^^^^^^^^Outpatients|||||||ORTHO\r"
    )
    assert pkb.send(message).code == "AA"
    appointments = aggregated.of("Appointment", more="&date=ge2026-04-01")
    assert len(aggregated.of("Appointment")) == before + 1
    (appointment,) = [a for a in appointments if a["appointmentType"]["coding"][0]["display"] == "Knee clinic"]
    assert appointment["status"] == "booked"
    assert appointment["start"] == "2026-04-02T08:30:00Z"
    assert appointment["identifier"][0]["value"] == "APT-1"
    assert extension(appointment, "recorded-date").startswith("2026-03-10T10:15:00")
    assert extension(appointment, "access-route")["code"] == "HL7_API"
    source = extension(appointment, "source-organisation")["reference"]
    organisation = aggregated.ask(f"/{source}").json()
    assert organisation["identifier"][1] == {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RNM99"}
    assert pkb.send(message.replace("SIU^S12", "SIU^S15").replace("siu-x", "siu-y")).code == "AA"
    assert [a["status"] for a in aggregated.of("Appointment") if a["id"] == appointment["id"]] == ["cancelled"]


def test_specialties_are_named_when_they_are_read(pkb: Client):
    aggregated = Aggregated(pkb)
    organisation = pkb.organisation()
    path = f"/_sandbox/organisations/{organisation}/configuration"
    test_hl7_shows_at_the_next_read(pkb)

    def named() -> list[str]:
        return [s["coding"][0].get("display", "") for a in aggregated.of("Appointment") for s in a.get("specialty", ())
                if s["coding"][0]["code"] == "ORTHO"]  # fmt: skip

    assert named() == [""]
    code_sets = {"code_sets": {"hospital_services": {"ORTHO": {"display": "Orthopaedics"}}}}
    response = pkb.http.put(path, json={**pkb.http.get(path).json(), **code_sets})
    assert response.status_code == 200, response.text
    assert named() == ["Orthopaedics"]


def test_sharing_disabled_closes_the_record_and_reset_opens_it(pkb: Client):
    aggregated = Aggregated(pkb)
    feed(pkb, "northmoor-r4").put(patient(TOLA))
    assert aggregated.of("Patient")
    patient_id = pkb.patient("Registered, reads her own record")["id"]
    assert pkb.http.post(f"/_sandbox/records/{patient_id}/sharing", json={"disabled": True}).status_code == 200
    for type_ in ("Patient", "Condition", "MedicationStatement"):
        assert aggregated.of(type_) == []
    pkb.http.post("/_sandbox/reset")
    assert aggregated.of("Patient")


@pytest.mark.parametrize("all_mapped", [False, True])
def test_the_delay_goes_by_the_clock_and_the_setting_shows_more(all_mapped: bool):
    options = Settings(clock="2026-06-01T12:00:00Z", aggregation_delay=60, aggregated_all_mapped=all_mapped)
    with SandboxServer(options, port=0) as server:
        pkb = Client(server)
        try:
            endpoint = feed(pkb, "northmoor-r4")
            endpoint.put(patient(TOLA))
            endpoint.put(observation())
            aggregated = Aggregated(pkb)
            own = len(aggregated.of("Observation"))
            assert (len(aggregated.of("AllergyIntolerance")) > 0) == all_mapped
            for advance, more in ((59, 0), (1, 1)):
                server.workspaces.default.clock.advance(timedelta(seconds=advance))
                assert len(aggregated.of("Observation")) == own + more
        finally:
            pkb.http.close()


def test_the_cell_of_others_is_named_when_their_data_is_shown(pkb: Client):
    feed(pkb, "eastgate-r4").put(patient(RHYS))
    endpoint = feed(pkb, "eastgate-r4")
    endpoint.put(observation())
    path = f"/Observation?subject:Patient.identifier={by(RHYS)}"
    cells = {
        client: Aggregated(pkb, client).ask(path).headers["pkb-sandbox-cell"]
        for client in ("northmoor-fhir", "eastgate-fhir")
    }
    own = "customer.aggregated.read_clinical"
    assert cells == {"eastgate-fhir": own, "northmoor-fhir": f"{own}, {own}_from_others"}
