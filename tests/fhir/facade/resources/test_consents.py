"""The Consent resources of a patient on the Facade."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.model import Consent
from tests.fhir.facade.resources.test_resources import LABEL, NOOR, RHYS, TOLA
from tests.support import EASTGATE, Client

# --- consents ---


def consent(id_: str, reference: dict[str, str], *labels: str, **elements: Any) -> dict[str, Any]:
    """A Consent of Noor Halloran as `facade-consent`."""
    role = {"coding": [{"system": "http://hl7.org/fhir/v3/RoleCode", "code": "CONSENTER"}]}
    excepted = [{"type": "permit", "securityLabel": [{"system": LABEL, "code": label}]} for label in labels]
    consent_ = {
        "resourceType": "Consent",
        "id": id_,
        "meta": {"lastUpdated": "2026-01-09T09:00:00Z"},
        "status": "active",
        "patient": {"reference": f"Patient/{NOOR}", "display": "Miss Noor Halloran"},
        "actor": [{"role": role, "reference": reference}],
        "policy": [{"authority": "http://www.patientsknowbest.com"}],
        "except": excepted,
    } | elements
    return {key: value for key, value in consent_.items() if value}


GENERAL = {"reference": "Organization/ab37b23d-c031-4ced-86aa-2691c368e777", "display": "Northmoor General"}
SAMIRA = {"reference": "Patient/9fc8c651-1a1d-47c4-b0c2-1f724601ecf4", "display": "Mrs Samira Halloran"}
TEAM_CONSENT, CARER_CONSENT = "b24bd542-ae95-4e5e-9e2a-69883276bc2c", "7ad43197-4045-456d-bafa-5be51e1e2cf4"
RELATED = {
    "resourceType": "RelatedPerson",
    "id": "1",
    "patient": SAMIRA,
    "name": [{"family": "Halloran", "given": ["Samira"], "prefix": ["Mrs"]}],
}


def consents(pkb: Client, of: str = NOOR, **options: Any) -> list[dict[str, Any]]:
    response = pkb.facade(f"/Consent?patient=Patient/{of}", **options)
    assert response.status_code == 200
    assert response.headers["pkb-sandbox-cell"] == "partner.facade.read_clinical"
    return [entry["resource"] for entry in response.json().get("entry", [])]


def test_consents_to_a_team_and_to_a_carer_are_returned(pkb: Client):
    carer = {"reference": "#1", "display": "Mrs Samira Halloran"}
    assert consents(pkb) == [
        consent(TEAM_CONSENT, GENERAL, "GENERAL_HEALTH"),
        consent(CARER_CONSENT, carer, "GENERAL_HEALTH", contained=[RELATED]),
    ]


def test_a_consent_to_a_professional_refers_to_a_practitioner(pkb: Client):
    store = pkb.server.workspaces.default.store
    stored = store.get(Consent, TEAM_CONSENT)
    grantee = replace(stored.grantee, kind="professional", id="f1640ff8-d059-403c-b0d5-295ffc6e627d")
    store.put(replace(stored, grantee=grantee))
    owen = {"reference": "Practitioner/f1640ff8-d059-403c-b0d5-295ffc6e627d", "display": "Dr Owen Bright"}
    assert consents(pkb)[0] == consent(TEAM_CONSENT, owen, "GENERAL_HEALTH")


def test_each_label_is_an_exception_of_its_own(pkb: Client):
    (_, renal) = sorted(consents(pkb, TOLA), key=lambda consent: len(consent["except"]))
    assert [exception["securityLabel"][0]["code"] for exception in renal["except"]] == ["GENERAL_HEALTH", "SOCIAL_CARE"]
    assert all(len(exception["securityLabel"]) == 1 and exception["type"] == "permit" for exception in renal["except"])


def test_a_consent_without_labels_excepts_nothing_and_a_discharged_one_is_inactive(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Consent, TEAM_CONSENT), labels=(), discharged=True))
    assert consents(pkb)[0] == consent(TEAM_CONSENT, GENERAL, status="inactive")


def test_a_patient_without_consents_has_an_empty_result(pkb: Client):
    assert consents(pkb, pkb.patient("consent to no one")["id"]) == []


def test_an_invisible_patient_has_an_empty_result(pkb: Client):
    assert consents(pkb, TOLA, organisation=EASTGATE) == []
    assert len(consents(pkb, RHYS, organisation=EASTGATE)) == 2
