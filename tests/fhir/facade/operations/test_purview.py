"""`Consent/$purview`: http://dev.patientsknowbest.com/home/fhir-api/operation/purview"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model import User
from tests.fhir.facade.operations.samples import BRIGHT, RENAL, answered
from tests.support import Client, assert_operation_outcome

PATH = "/Consent/$purview"
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"


def purview(pkb: Client, email: str, client: str = "stepwise-diary", method: str = "GET", **more: object) -> object:
    headers = {"Authorization": f"Bearer {pkb.user_token(email, client)}"}
    response = pkb.facade(PATH, method=method, client="", organisation=None, headers=headers, **more)
    (entry,) = answered(response)
    assert entry["name"] == "purview"
    return entry["value"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_patient_s_purview_is_the_patient(pkb: Client, method: str):
    assert purview(pkb, "tola.adeyemi@example.org", method=method) == {"reference": f"Patient/{TOLA}"}


def test_a_carer_s_purview_is_the_carer(pkb: Client):
    reference = {"reference": f"Patient/{pkb.patient('The carer of a child')['id']}"}
    assert purview(pkb, "samira.halloran@example.org") == reference


def test_a_professional_s_purview_is_the_team(pkb: Client):
    reference = {"reference": f"Organization/{RENAL}"}
    assert purview(pkb, "owen.bright@northmoor.example", "stepwise-clinic") == reference


def test_the_purview_of_a_professional_without_a_team_is_the_professional(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(User, BRIGHT), team=None))
    reference = {"reference": f"Practitioner/{BRIGHT}"}
    assert purview(pkb, "owen.bright@northmoor.example", "stepwise-clinic") == reference


def test_an_empty_parameters_body_has_no_parameter(pkb: Client):
    assert purview(pkb, "tola.adeyemi@example.org", method="POST", json={"resourceType": "Parameters"})


def test_parameters_are_refused(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    body = {"resourceType": "Parameters", "parameter": [{"name": "x"}]}
    response = pkb.facade(PATH, client="", headers=headers, method="POST", json=body)
    assert_operation_outcome(response, 400, "invalid", "purview does not accept parameters from this caller")
    response = pkb.facade(f"{PATH}?patient=1", client="", headers=headers)
    assert_operation_outcome(response, 400, "processing")


def test_a_system_client_has_no_purview(pkb: Client):
    assert_operation_outcome(pkb.facade(PATH), 403, "forbidden", response_code="USER_TYPE_NOT_PERM")
