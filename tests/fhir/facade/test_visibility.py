"""The view of signed-in people: patients, carers, professionals, and patients with frozen access.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357 ; https://manual.patientsknowbest.com/patient/sharing
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model import Consent
from tests.fhir.facade.inprocess import InProcess
from tests.support import assert_operation_outcome

TOLA, NOOR, SAMIRA, BETTINA, RHYS, AOIFE = (
    "4c86625f-13d7-423c-93e9-d58574a12dec",
    "c5df01a4-efc3-421a-8827-6c4aa06cf228",
    "9fc8c651-1a1d-47c4-b0c2-1f724601ecf4",
    "305c139b-58ff-4dd0-b2eb-89e8cf7edbef",
    "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200",
    "ab3321fb-7a51-4432-aa6e-1e98e346ab17",
)
OWEN = "f1640ff8-d059-403c-b0d5-295ffc6e627d"
ROBIN = "446cf39c-c0c1-48ac-a661-f9b2f7284d05"
CARER_CONSENT = "7ad43197-4045-456d-bafa-5be51e1e2cf4"


@pytest.fixture
def facade() -> InProcess:
    return InProcess()


SEEN = {
    "a patient sees herself": (TOLA, "PATIENT", TOLA, 200),
    "and nobody else": (TOLA, "PATIENT", RHYS, 404),
    "a carer sees the child": (SAMIRA, "PATIENT", NOOR, 200),
    "the child's carer is not seen by the child": (NOOR, "PATIENT", SAMIRA, 404),
    "a professional sees whom the team has a consent of": (OWEN, "CLINICIAN", TOLA, 200),
    "also one shared with others": (OWEN, "CLINICIAN", RHYS, 200),
    "and no patient of another team": (OWEN, "CLINICIAN", ROBIN, 404),
    "nor of another organisation": (OWEN, "CLINICIAN", AOIFE, 404),
}


@pytest.mark.parametrize(("user", "scope", "patient", "status"), SEEN.values(), ids=SEEN)
def test_each_caller_sees_the_expected_patients(facade: InProcess, user: str, scope: str, patient: str, status: int):
    response = facade.ask(f"/Patient/{patient}", facade.user(user, scope))
    assert response.status_code == status
    assert response.headers["pkb-sandbox-cell"] == "app.facade.read_demographics"
    if status == 404:
        assert_operation_outcome(response, 404, "not-found", f"Resource Patient/{patient} is not known")


@pytest.mark.parametrize("change", [{"discharged": True}, {"labels": ()}], ids=["discharged", "without a label"])
def test_a_carer_whose_consent_has_ended_sees_no_child(facade: InProcess, change: dict[str, object]):
    store = facade.workspace.store
    store.put(replace(store.get(Consent, CARER_CONSENT), **change))  # type: ignore[arg-type]
    assert facade.ask(f"/Patient/{NOOR}", facade.user(SAMIRA, "PATIENT")).status_code == 404


def test_a_patient_needs_no_organisation_header(facade: InProcess):
    response = facade.ask(f"/Patient/{TOLA}", facade.user(TOLA, "PATIENT"), headers={})
    assert response.status_code == 200


def test_a_patient_sees_every_local_number_of_her_own(facade: InProcess):
    systems = [
        identifier["system"]
        for identifier in facade.ask(f"/Patient/{RHYS}", facade.user(RHYS, "PATIENT")).json()["identifier"]
    ]
    assert len(systems) == 3


def test_a_professional_sees_the_local_numbers_of_the_own_organisation(facade: InProcess):
    body = facade.ask(f"/Patient/{RHYS}", facade.user(OWEN, "CLINICIAN", "stepwise-clinic")).json()
    assert [identifier["value"] for identifier in body["identifier"]] == ["9991013709", "NM00410"]


@pytest.mark.parametrize(
    "path",
    [f"/Patient/{BETTINA}", "/Patient?identifier=x%7Cy", "/Consent?patient=1", "/Appointment", "/Consent/$purview"],
)
def test_a_patient_whose_access_is_frozen_is_refused(facade: InProcess, path: str):
    response = facade.ask(path, facade.user(BETTINA, "PATIENT"))
    body = assert_operation_outcome(response, 403, "suppressed", response_code="ACCESS_FROZEN_OUTWARD")
    assert body["issue"][0]["details"]["coding"][0]["display"] == "Access frozen outward"
    assert "diagnostics" not in body["issue"][0]


def test_a_partner_still_sees_a_patient_whose_access_is_frozen(facade: InProcess):
    assert facade.ask(f"/Patient/{BETTINA}").status_code == 200


CALLERS = [
    ("Consent/$purview", "PATIENT", True),
    ("Consent/$purview", "CLINICIAN", True),
    ("Observation/$group", "PATIENT", True),
    ("Observation/$group", "TEAMCOORD", True),
    ("Patient/$date-of-last-data-point", "PATIENT", True),
    ("Patient/$date-of-last-data-point", "CLINICIAN", False),
    ("Patient/$status-query", "PATIENT", False),
    ("Patient/$status-query", "TEAMCOORD", False),
    ("DocumentReference/$read-receipt-query", "PATIENT", False),
    ("Organization/$generate-invitation-tokens", "CLINICIAN", False),
    ("Questionnaire/1/$send-questionnaire-request", "PATIENT", False),
    ("Person/$destroy", "TEAMCOORD", False),
]


@pytest.mark.parametrize(("path", "scope", "admitted"), CALLERS)
def test_an_operation_is_for_the_callers_that_the_statement_s_rules_name(
    facade: InProcess, path: str, scope: str, admitted: bool
):
    user = facade.user(TOLA if scope == "PATIENT" else OWEN, scope)
    method = "GET" if path.endswith("$group") else "POST"
    response = facade.ask(f"/{path}", user, method=method)
    if admitted:
        assert response.status_code != 403, response.text
    else:
        text = f"user-client:{scope} may not call {path.split('/')[-1]}"
        assert_operation_outcome(response, 403, "forbidden", text, "USER_TYPE_NOT_PERM")
        assert response.headers["pkb-sandbox-standing"] == "choice"
