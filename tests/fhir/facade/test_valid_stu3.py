"""Everything that the Facade serves is valid STU3, as the models of `fhir.resources` read it.

Two documents are checked elsewhere, with their exceptions named: the statement and the definitions (PKB's own id
`Person-t-delete_status` has a character that FHIR ids may not have), see test_facade_statement_files.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fhir.facade.samples import LABORATORY, OWEN, RADIOLOGY, RHYS, TOLA
from tests.fhir.strict_reader import read_strictly
from tests.support import EASTGATE, NORTHMOOR, Client

NHS = "https://fhir.nhs.uk/Id/nhs-number"
FHIRCLIENT = os.environ.get("PKB_SANDBOX_TEST_FHIRCLIENT")
"""A Python that has fhirclient 3.2.0, the last version for STU3."""


def assert_valid(body: dict[str, Any]) -> None:
    """The resource is read by its model and the value sets of STU3, and comes out of it as it went in."""
    read_strictly("stu3", body)
    from fhir.resources.STU3 import get_fhir_model_class

    model = get_fhir_model_class(body["resourceType"])
    written = json.loads(model.model_validate(body).model_dump_json(exclude_none=True))
    if body["resourceType"] == "Bundle":  # the model writes its milliseconds as microseconds
        body, written = {**body, "meta": {}}, {**written, "meta": {}}
    assert written == body


@pytest.mark.parametrize("organisation", [NORTHMOOR, EASTGATE])
def test_every_patient_and_every_consent_is_valid(pkb: Client, organisation: str):
    seen = 0
    for patient in pkb.control("/world")["patients"]:
        response = pkb.facade(f"/Patient/{patient['id']}", organisation=organisation)
        assert_valid(response.json())
        seen += response.status_code == 200
        assert_valid(pkb.facade(f"/Consent?patient={patient['id']}", organisation=organisation).json())
    assert seen == sum(pkb.organisation(organisation) in p["organisations"] for p in visible(pkb, organisation))


def visible(pkb: Client, organisation: str) -> list[dict[str, Any]]:
    patients: list[dict[str, Any]] = pkb.control("/world")["patients"]
    team = "2c753854-647e-425b-af7c-17507335f501"
    return [p for p in patients if organisation == NORTHMOOR or team in p["teams"]]


def test_every_organisation_team_practitioner_and_naming_system_is_valid(pkb: Client):
    world = pkb.control("/world")
    for organisation in world["organisations"]:
        for place in (organisation, *organisation["teams"]):
            assert_valid(pkb.facade(f"/Organization/{place['id']}").json())
    for user in world["users"]:
        assert_valid(pkb.facade(f"/Practitioner/{user['id']}").json())
    assert_valid(pkb.facade("/NamingSystem?value=urn:uuid:", organisation=EASTGATE).json())


SEARCHES = {
    "one hit": f"/Patient?identifier={NHS}%7C9991001379",
    "no hit": f"/Patient?identifier={NHS}%7C1",
    "a page": "/Consent?patient=4c86625f-13d7-423c-93e9-d58574a12dec&_count=1",
}


@pytest.mark.parametrize("path", SEARCHES.values(), ids=SEARCHES)
def test_every_bundle_is_valid(pkb: Client, path: str):
    assert_valid(pkb.facade(path).json())


REFUSALS = {
    "400": "/Patient",
    "404": "/Patient/1",
    "unknown type": "/Foo",
    "405": "/Patient/$status-query",
    "406": "/Patient/1?_format=xml",
    "not offered": "/Questionnaire/1/_history",
    "a bad value": f"/Patient?identifier={NHS}",
    "odd characters": "/Patient/%00%01é%F0%9F%98%80",
}


@pytest.mark.parametrize("path", REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_is_valid(pkb: Client, path: str):
    response = pkb.facade(path)
    assert response.status_code >= 400
    assert_valid(response.json())
    assert_valid(pkb.facade(path, client="").json())


# --- data points ---

KINDS = {
    "Appointment": "",
    "Communication": "",
    "DiagnosticReport": f"&{RADIOLOGY}",
    "DocumentReference": "",
    "Encounter": "",
    "Observation": f"&{LABORATORY}",
    "QuestionnaireResponse": "&_include=QuestionnaireResponse:basedOn:ProcedureRequest"
    "&_include=QuestionnaireResponse:subject:Patient",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_data_point_of_every_patient_is_valid(pkb: Client, kind: str):
    seen = 0
    for organisation in (NORTHMOOR, EASTGATE):
        for patient in pkb.control("/world")["patients"]:
            body = pkb.facade(f"/{kind}?patient={patient['id']}{KINDS[kind]}", organisation=organisation).json()
            assert_valid(body)
            for entry in body.get("entry", []):
                assert_valid(entry["resource"])
            seen += body["total"]
    assert seen > 0


def test_every_questionnaire_and_request_is_valid(pkb: Client):
    assert_valid(pkb.facade("/Questionnaire").json())
    for request in pkb.control(f"/records/{TOLA}")["questionnaire_requests"]:
        assert_valid(pkb.facade(f"/ProcedureRequest/{request['id']}").json())


@pytest.mark.own_environment("fhirclient")
@pytest.mark.skipif(
    not FHIRCLIENT, reason="fhirclient 3.2.0 is not at hand: PKB_SANDBOX_TEST_FHIRCLIENT names no Python"
)
@pytest.mark.parametrize("app", [False, True], ids=["partner", "app"])
def test_the_smart_client_for_stu3_reads_everything_strictly(pkb: Client, app: bool):
    paths = [f"{kind}?patient={RHYS}{rest}" for kind, rest in KINDS.items()]
    paths += [f"Consent?patient={RHYS}", "Questionnaire", f"Patient/{RHYS}", f"Patient?identifier={NHS}|9991013709"]
    paths += [
        f"Organization/{pkb.organisation()}",
        f"Practitioner/{OWEN}",
        "OperationDefinition/Patient-t-status-query",
    ]
    token = pkb.user_token("rhys.delacroix@example.org") if app else pkb.token("letterbox-facade")
    script = Path(__file__).parents[2] / "contract/fhirclient_reads_everything.py"
    organisation = "" if app else pkb.organisation()
    command = [str(FHIRCLIENT), str(script), pkb.server.fhir_url("facade"), token, organisation]
    ran = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    read = json.loads(ran.stdout)
    assert len(read) == len(paths)
    for path in paths:
        type_ = path.split("?")[0].split("/")[0]
        assert set(read[path]) == ({"Bundle"} if type_ == "QuestionnaireResponse" else {type_})
