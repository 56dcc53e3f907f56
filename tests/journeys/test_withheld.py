"""Data that a caller may not see is omitted; the explanation of the exchange says how much, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from sandbox.model import Appointment
from tests.support import Client

OWEN = "owen.bright@northmoor.example"
MENTAL = "its privacy label is MENTAL_HEALTH, which the patient did not grant to this caller"
BARE = "it has no privacy label, and only a caller with all of GENERAL_HEALTH, SOCIAL_CARE"


def explained(pkb: Client, response: httpx.Response) -> dict[str, Any]:
    return dict(pkb.http.get(response.headers["pkb-sandbox-explain"]).json())


def rhys(pkb: Client) -> str:
    return str(pkb.patient("Shared by both organisations")["id"])


def owen(pkb: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {pkb.user_token(OWEN, 'stepwise-clinic')}"}


def test_the_facade_explains_what_a_professional_does_not_see(pkb: Client):
    response = pkb.http.get(f"/fhir/Appointment?patient={rhys(pkb)}", headers=owen(pkb))
    assert "MENTAL" not in response.text
    explanation = explained(pkb, response)
    assert explanation["id"] == "facade.search-empty"
    assert explanation["expected"] == f"1 Appointment withheld: {MENTAL}"
    assert explanation["instead"] == ""


def test_the_facade_explains_disabled_sharing(pkb: Client):
    body = {"disabled": True}
    assert pkb.http.post(f"/_sandbox/records/{rhys(pkb)}/sharing", json=body).status_code == 200
    response = pkb.http.get(f"/fhir/Appointment?patient={rhys(pkb)}", headers=owen(pkb))
    assert explained(pkb, response)["expected"] == "2 Appointment withheld: the patient has disabled sharing"


def test_custom_rest_explains_what_a_professional_does_not_see(pkb: Client):
    path = f"/json/v2-beta/allergies/forPatient/{rhys(pkb)}"
    seen = pkb.http.get(path, headers=owen(pkb))
    assert "pkb-sandbox-explain" not in seen.headers
    (allergy,) = pkb.control(f"/records/{rhys(pkb)}")["allergies"]
    body = {"data_point": allergy["id"], "label": "MENTAL_HEALTH"}
    assert pkb.http.post(f"/_sandbox/records/{rhys(pkb)}/labels", json=body).status_code == 200
    response = pkb.http.get(path, headers=owen(pkb))
    assert (len(seen.json()), response.json()) == (1, [])
    explanation = explained(pkb, response)
    assert explanation["id"] == "rest.not-visible"
    assert explanation["expected"] == f"1 Allergy withheld: {MENTAL}"


def test_a_data_point_without_a_label_says_why_it_is_hidden(pkb: Client):
    store = pkb.server.workspaces.default.store
    (appointment,) = (
        appointment
        for appointment in store.find(Appointment, "patient", rhys(pkb))
        if appointment.label == "MENTAL_HEALTH"
    )
    store.put(replace(appointment, label=""))
    response = pkb.http.get(f"/fhir/Appointment?patient={rhys(pkb)}", headers=owen(pkb))
    assert explained(pkb, response)["expected"].startswith(f"1 Appointment withheld: {BARE[:50]}")
