"""ConsentService: what a patient lets others see, and what changes with it at once.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3750297601
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.rest.support import ask, assert_error, assert_object, call, token_of
from tests.support import Client

TOLA, RHYS, NOOR, ROBIN = "5001", "5010", "5005", "5012"
DEFAULT, RENAL, SEXUAL, DIABETES, OWEN, SABITHA, SAMIRA = "2001", "2002", "2003", "2005", "3001", "3004", "5006"
OF, FOR = f"/v1/consents/byPatient/{TOLA}", f"/v1/consents/forPatient/{TOLA}"
GENERAL = {"generalHealthConsentGranted": True}


def test_consents_have_the_documented_keys(pkb: Client):
    for caller in ("PATIENT", "CLINICIAN", "TEAMCOORD", "SITE"):
        consents = ask(pkb, "GET", OF, caller)["results"]
        for consent in consents:
            assert_object(consent, "consent")
            assert consent["patientId"] == TOLA
        (renal,) = [consent for consent in consents if consent.get("teamId") == RENAL]
        assert (renal["generalHealthConsentGranted"], renal["socialCareConsentGranted"]) == (True, True)
        assert (renal["mentalHealthConsentGranted"], renal["discharged"]) == (False, False)


def test_the_consent_that_was_changed_last_comes_first(pkb: Client):
    for minute, team in enumerate((RENAL, DEFAULT, RENAL), 1):
        clock = {"mode": "frozen", "at": f"2026-11-27T09:{minute:02d}:00Z"}
        assert pkb.http.put("/_sandbox/clock", json=clock).status_code == 200
        body = {"teamId": team, "mentalHealthConsentGranted": minute < 3}
        assert call(pkb, "PUT", FOR, pkb.user_token("tola.adeyemi@example.org"), json=body).status_code == 200
        teams = [consent.get("teamId") for consent in ask(pkb, "GET", OF, "PATIENT")["results"]]
        assert teams[0] == team
        assert len(teams) >= 2


def test_a_team_whose_label_was_not_granted_is_left_out(pkb: Client):
    """Robin lets the default team see general health only, and goes to the sexual health clinic."""
    path, robin = f"/v1/consents/byPatient/{ROBIN}", pkb.user_token("robin.casterline@example.org")
    own = call(pkb, "GET", path, robin).json()["results"]
    assert {consent["teamId"] for consent in own} == {DEFAULT, SEXUAL}
    assert [consent["teamId"] for consent in ask(pkb, "GET", path, "TEAMCOORD")["results"]] == [DEFAULT]
    hidden = next(consent["id"] for consent in own if consent["teamId"] == SEXUAL)
    body = {"id": hidden, "discharged": True}
    response = call(pkb, "PUT", f"/v1/consents/forPatient/{ROBIN}", token_of(pkb, "TEAMCOORD"), json=body)
    assert_error(response, 404, "NOT_FOUND")


@pytest.mark.parametrize("grantee", [{"teamId": SEXUAL}, {"professionalId": OWEN}, {"carerId": SAMIRA}], ids=str)
def test_a_patient_gives_consent_with_a_reason(pkb: Client, grantee: dict[str, str]):
    reason = {"generalHealthConsentGrantedReason": "EXPLICIT_CONSENT", "generalHealthConsentGrantedReasonText": "Asked"}
    consent = ask(pkb, "POST", FOR, "PATIENT", json={**grantee, **GENERAL, **reason})
    assert_object(consent, "consent")
    assert consent.items() >= {**grantee, **GENERAL, **reason, "discharged": False}.items()
    assert consent in ask(pkb, "GET", OF, "PATIENT")["results"]
    again = call(pkb, "POST", FOR, token_of(pkb, "PATIENT"), json={**grantee, **GENERAL})
    assert_error(again, 409, "CONFLICT")


def test_an_update_names_the_record_or_whom_it_is_for_and_what_is_left_out_stays(pkb: Client):
    (renal,) = [consent for consent in ask(pkb, "GET", OF, "PATIENT")["results"] if consent.get("teamId") == RENAL]
    by_team = ask(pkb, "PUT", FOR, "PATIENT", json={"teamId": RENAL, "mentalHealthConsentGranted": True})
    assert by_team == {**renal, "mentalHealthConsentGranted": True}
    body = {"id": renal["id"], "generalHealthConsentGranted": False, "generalHealthConsentGrantedReasonText": "No"}
    by_id = ask(pkb, "PUT", FOR, "PATIENT", json=body)
    assert by_id == {**by_team, **body}
    cleared = ask(pkb, "PUT", FOR, "PATIENT", json={"id": renal["id"], "generalHealthConsentGrantedReasonText": None})
    assert "generalHealthConsentGrantedReasonText" not in cleared


def test_a_changed_consent_takes_effect_at_once(pkb: Client):
    path = f"/v2-beta/measurements/{TOLA}"
    ask(pkb, "POST", "/v1/measurements", "PATIENT", json={"apiRef": "weight", "value": 64})
    assert len(ask(pkb, "GET", path, "SITE")) == 1
    ask(pkb, "PUT", FOR, "PATIENT", json={"teamId": RENAL, "generalHealthConsentGranted": False})
    assert ask(pkb, "GET", path, "SITE") == []


def test_a_discharged_team_knows_the_patient_no_more(pkb: Client):
    discharged = ask(pkb, "PUT", FOR, "CLINICIAN", json={"teamId": RENAL, "discharged": True})
    assert discharged["discharged"] is True
    assert_error(call(pkb, "GET", OF, token_of(pkb, "CLINICIAN")), 404, "NOT_FOUND")
    assert TOLA not in [result["id"] for result in ask(pkb, "GET", "/v1/users/self/patients", "SITE")["results"]]


REFUSED: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "nobody named": ("PATIENT", "POST", GENERAL, 400),
    "two named": ("PATIENT", "POST", {"teamId": SEXUAL, "carerId": SAMIRA, **GENERAL}, 400),
    "a reason that is none": ("PATIENT", "POST", {"teamId": SEXUAL, "generalHealthConsentGrantedReason": "WHIM"}, 400),
    "a label that is no boolean": ("PATIENT", "POST", {"teamId": SEXUAL, "generalHealthConsentGranted": "true"}, 400),
    "oneself": ("PATIENT", "POST", {"carerId": TOLA, **GENERAL}, 400),
    "a label that is null": ("PATIENT", "PUT", {"teamId": RENAL, "generalHealthConsentGranted": None}, 400),
    "a team that is none": ("PATIENT", "POST", {"teamId": "1", **GENERAL}, 404),
    "a carer that is none": ("PATIENT", "POST", {"carerId": OWEN, **GENERAL}, 404),
    "a record that is none": ("PATIENT", "PUT", {"id": "1", **GENERAL}, 404),
    "a team without a record": ("PATIENT", "PUT", {"teamId": SEXUAL, **GENERAL}, 404),
    "an update of nobody": ("PATIENT", "PUT", GENERAL, 400),
    "a patient who discharges themselves": ("PATIENT", "PUT", {"teamId": RENAL, "discharged": True}, 403),
    "a professional for another organisation": ("CLINICIAN", "POST", {"teamId": DIABETES, **GENERAL}, 403),
    "a professional for one of another": ("CLINICIAN", "POST", {"professionalId": SABITHA, **GENERAL}, 403),
    "a professional for a carer": ("CLINICIAN", "POST", {"carerId": SAMIRA, **GENERAL}, 403),
}
CODES = {400: "BAD_REQUEST", 403: "FORBIDDEN", 404: "NOT_FOUND"}


@pytest.mark.parametrize(("caller", "method", "body", "status"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_consent_is_refused(pkb: Client, caller: str, method: str, body: dict[str, Any], status: int):
    before = ask(pkb, "GET", OF, "PATIENT")
    assert_error(call(pkb, method, FOR, token_of(pkb, caller), json=body), status, CODES[status])
    assert ask(pkb, "GET", OF, "PATIENT") == before


def test_a_carer_gives_no_consent(pkb: Client):
    token = pkb.user_token("samira.halloran@example.org")
    path = f"/v1/consents/forPatient/{NOOR}"
    assert_error(call(pkb, "POST", path, token, json={"professionalId": OWEN, **GENERAL}), 403, "FORBIDDEN")


def test_a_record_of_another_patient_is_not_changed_by_its_id(pkb: Client):
    other = pkb.user_token("rhys.delacroix@example.org")
    (consent, *_) = call(pkb, "GET", f"/v1/consents/byPatient/{RHYS}", other).json()["results"]
    response = call(pkb, "PUT", FOR, token_of(pkb, "PATIENT"), json={"id": consent["id"], **GENERAL})
    assert_error(response, 404, "NOT_FOUND")
