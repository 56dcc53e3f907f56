"""`Observation/$group`: https://dev.patientsknowbest.com/home/fhir-api/operation/group"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fhir.resources.STU3.bundle import Bundle

from tests.fhir.facade.operations.samples import Json, post
from tests.hl7.clinical import ADEYEMI, accepted
from tests.hl7.messages.test_oru import OBR, lab
from tests.hl7.messages.test_oru import obx as result
from tests.support import EASTGATE, Client, assert_operation_outcome

RHYS = "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
IDRIS = "1a9eca6b-4294-4260-a20c-2a23e852f2a2"
CATEGORY = "category=http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
PATH = f"/Observation/$group?patient=Patient/{IDRIS}&{CATEGORY}"
TIMES = ("202606102230", "202606102330", "202606110900", "202606112200", "202606130700")
"""In UTC; the second is 11 June already in the United Kingdom."""


@pytest.fixture
def results(pkb: Client) -> None:
    """Five results of one patient, on three days of the calendar of the United Kingdom."""
    for number, at in enumerate(TIMES):
        obr = OBR.replace("202603031120", f"{at}+0000").replace("L1", f"L{number}", 1)
        accepted(pkb, lab(result(), obr=obr).replace(ADEYEMI, "9991002758"))


def times(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    body = response.json()
    Bundle.model_validate(body)
    assert (body["resourceType"], body["type"]) == ("Bundle", "searchset")
    entries: list[Json] = body.get("entry", [])
    assert body["total"] == len(entries)
    return [entry["resource"]["effectiveDateTime"] for entry in entries]


@pytest.mark.usefixtures("results")
def test_the_latest_result_of_each_day_is_left_newest_first(pkb: Client):
    response = pkb.facade(PATH)
    assert times(response) == ["2026-06-13T07:00:00Z", "2026-06-11T22:00:00Z", "2026-06-10T22:30:00Z"]
    assert response.json()["link"][0]["url"].startswith(f"{pkb.server.base_url}/fhir/Observation/$group?patient=")
    assert response.headers["pkb-sandbox-cell"] == "partner.facade.read_clinical"


@pytest.mark.usefixtures("results")
def test_a_range_of_dates_narrows_it_as_in_the_search(pkb: Client):
    assert times(pkb.facade(f"{PATH}&date=gt2026-06-11")) == ["2026-06-13T07:00:00Z"]
    within = f"{PATH}&date=ge2026-06-11T00:00:00Z&date=lt2026-06-12"
    assert times(pkb.facade(within)) == ["2026-06-11T22:00:00Z"]


@pytest.mark.usefixtures("results")
def test_it_pages_as_a_search_does(pkb: Client):
    first = pkb.facade(f"{PATH}&_count=2").json()
    assert (first["total"], len(first["entry"])) == (3, 2)
    (following,) = (link["url"] for link in first["link"] if link["relation"] == "next")
    second = pkb.facade(following.removeprefix(f"{pkb.server.base_url}/fhir")).json()
    assert [entry["resource"]["effectiveDateTime"] for entry in second["entry"]] == ["2026-06-10T22:30:00Z"]


@pytest.mark.usefixtures("results")
def test_a_caller_who_may_see_no_result_gets_no_result(pkb: Client):
    assert times(pkb.facade(PATH, organisation=EASTGATE)) == []
    headers = {"Authorization": f"Bearer {pkb.user_token('owen.bright@northmoor.example', 'stepwise-clinic')}"}
    assert times(pkb.facade(PATH, client="", organisation=None, headers=headers)) == []


def test_a_patient_asks_about_the_own_record_and_no_other(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.user_token('rhys.delacroix@example.org')}"}
    own = pkb.facade(f"/Observation/$group?patient=Patient/{RHYS}&{CATEGORY}", client="", headers=headers)
    assert [at[:10] for at in times(own)] == ["2026-02-24", "2026-02-03"]
    assert_operation_outcome(pkb.facade(PATH, client="", headers=headers), 403, "forbidden")


@pytest.mark.parametrize("query", ["", f"patient=Patient/{IDRIS}", CATEGORY, f"patient=1&{CATEGORY}&by=week"])
def test_it_takes_the_parameters_of_the_search_and_no_others(pkb: Client, query: str):
    assert_operation_outcome(pkb.facade(f"/Observation/$group?{query}"), 400, "processing")


def test_it_is_asked_with_get(pkb: Client):
    body: Any = {"resourceType": "Parameters"}
    assert_operation_outcome(post(pkb, PATH, body), 405, "processing")
