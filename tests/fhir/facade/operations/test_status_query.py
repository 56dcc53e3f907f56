"""`Patient/$status-query`: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012080/Status+query"""

from __future__ import annotations

import pytest

from tests.fhir.facade.operations.samples import (
    AOIFE,
    BSN,
    CHI,
    HCN,
    IDRIS,
    MARJORIE,
    NHS,
    TOLA,
    answered,
    nhs,
    patients,
    post,
)
from tests.support import EASTGATE, Client, assert_operation_outcome

PATH = "/Patient/$status-query"
RHYS, UNKNOWN = "9991013709", "9990773114"


def test_a_status_is_given_for_each_identifier_in_the_order_sent(pkb: Client):
    response = post(pkb, PATH, patients(nhs(TOLA), nhs(UNKNOWN), nhs(MARJORIE), nhs(AOIFE)))
    assert answered(response) == [
        {
            "name": "patientStatus",
            "patientIdentifier": nhs(TOLA),
            "registered": True,
            "deceased": False,
            "dateOfBirth": "1988-02-14",
        },
        {"name": "patientStatus", "patientIdentifier": nhs(UNKNOWN), "diagnostics": "Not found"},
        {
            "name": "patientStatus",
            "patientIdentifier": nhs(MARJORIE),
            "registered": False,
            "deceased": True,
            "dateOfBirth": "1931-03-08",
        },
        {
            "name": "patientStatus",
            "patientIdentifier": nhs(AOIFE),
            "registered": True,
            "deceased": False,
            "diagnostics": "No access",
        },
    ]
    assert response.headers["pkb-sandbox-cell"] == "partner.facade.read_demographics"


def test_the_parts_travel_in_the_types_and_order_of_the_page(pkb: Client):
    (entry,) = post(pkb, PATH, patients(nhs(IDRIS))).json()["parameter"]
    assert entry["part"] == [
        {"name": "patientIdentifier", "valueIdentifier": nhs(IDRIS)},
        {"name": "registered", "valueBoolean": False},
        {"name": "deceased", "valueBoolean": False},
        {"name": "dateOfBirth", "valueDate": "1975-09-30"},
    ]


def test_a_team_s_grant_reaches_the_patients_of_that_team(pkb: Client):
    rows = answered(post(pkb, PATH, patients(nhs(RHYS), nhs(AOIFE)), organisation=EASTGATE))
    assert [row.get("diagnostics") for row in rows] == [None, "No access"]


def test_a_number_of_another_type_is_another_number(pkb: Client):
    rows = answered(post(pkb, PATH, patients({"system": CHI, "value": TOLA}, {"system": HCN, "value": TOLA})))
    assert [row["diagnostics"] for row in rows] == ["Not found", "Not found"]


def test_an_identifier_named_twice_is_answered_twice(pkb: Client):
    assert len(answered(post(pkb, PATH, patients(nhs(TOLA), nhs(TOLA))))) == 2


@pytest.mark.parametrize("system", [BSN, "http://fhir.patientsknowbest.com/id/public-id", "urn:uuid:x", NHS.upper()])
def test_one_unsupported_system_refuses_the_whole_request(pkb: Client, system: str):
    response = post(pkb, PATH, patients(nhs(TOLA), {"system": system, "value": TOLA}))
    assert_operation_outcome(response, 400, "not-supported", f"Identifier system {system} is not supported")


def test_five_thousand_identifiers_are_answered_and_one_more_is_not(pkb: Client):
    many = [nhs(f"{number:010}") for number in range(5000)]
    assert len(answered(post(pkb, PATH, patients(*many)))) == 5000
    response = post(pkb, PATH, patients(*many, nhs(TOLA)))
    text = "patientIdentifier: at most 5000 may be given, 5001 were"
    assert_operation_outcome(response, 400, "too-costly", text)
