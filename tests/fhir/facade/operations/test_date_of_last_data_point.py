"""`Patient/$date-of-last-data-point`: https://pkbdev.atlassian.net/wiki/x/TwKTy"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from tests.fhir.facade.operations.samples import (
    AOIFE,
    IDRIS,
    OLD_PUBLIC_ID,
    PUBLIC_ID,
    TOLA,
    answered,
    nhs,
    patients,
    post,
)
from tests.hl7.clinical import ADEYEMI, accepted, message, record
from tests.hl7.messages.test_mdm import TXA, obx, t02
from tests.hl7.samples import example
from tests.support import Client, assert_operation_outcome

PATH = "/Patient/$date-of-last-data-point"
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"


def newest(pkb: Client) -> str:
    """When the newest data point of the seeded record was stored: of any kind, but no draft."""
    kinds = [points for points in pkb.control(f"/records/{TOLA_ID}").values() if isinstance(points, list)]
    stored = [
        point for points in kinds for point in points if "persisted_at" in point and point.get("status") != "DRAFT"
    ]
    latest: str = max(point["persisted_at"] for point in stored if not point.get("deleted"))
    return latest


def last(pkb: Client, identifier: dict[str, str]) -> Any:
    (row,) = answered(post(pkb, PATH, patients(identifier)))
    assert row["name"] == "lastDataPointsResult"
    return row.get("lastRecordUpdate")


@pytest.mark.parametrize(
    "identifier",
    [nhs(TOLA), {"system": PUBLIC_ID, "value": TOLA_ID}, {"system": OLD_PUBLIC_ID, "value": TOLA_ID.upper()}],
    ids=["nhs", "public", "old public"],
)
def test_the_time_of_the_newest_data_point_is_returned(pkb: Client, identifier: dict[str, str]):
    (row,) = answered(post(pkb, PATH, patients(identifier)))
    assert row == {"name": "lastDataPointsResult", "patientIdentifier": identifier, "lastRecordUpdate": newest(pkb)}


def test_an_empty_record_has_no_time(pkb: Client):
    assert last(pkb, nhs(IDRIS)) is None


def test_patients_of_others_and_unknown_ones_are_left_out(pkb: Client):
    assert answered(post(pkb, PATH, patients(nhs(AOIFE), nhs("9990773114"), {"system": PUBLIC_ID, "value": "x"}))) == []


def test_new_data_moves_the_time_and_a_deletion_moves_it_back(pkb: Client):
    before = last(pkb, nhs(ADEYEMI))
    accepted(pkb, t02(TXA, obx()))
    (document,) = record(pkb)["documents"]
    assert last(pkb, nhs(ADEYEMI)) == document["persisted_at"] > before
    accepted(pkb, message("MDM^T11", "TXA||CL||||||||||D1"))
    assert last(pkb, nhs(ADEYEMI)) == before


def test_demographics_do_not_count(pkb: Client):
    before = last(pkb, nhs(ADEYEMI))
    accepted(pkb, message("ADT^A31"))
    assert last(pkb, nhs(ADEYEMI)) == before


def test_deleted_results_do_not_count(pkb: Client):
    before = last(pkb, nhs(ADEYEMI))
    accepted(pkb, example("oru_r01_measurements"))
    assert last(pkb, nhs(ADEYEMI)) > before


def test_a_hundred_and_one_are_too_many(pkb: Client):
    response = post(pkb, PATH, patients(*[nhs(TOLA)] * 101))
    text = "patientIdentifier: at most 100 may be given, 101 were"
    assert_operation_outcome(response, 400, "too-costly", text)
    assert len(answered(post(pkb, PATH, patients(*[nhs(TOLA)] * 100)))) == 100


def test_a_system_client_has_to_say_whom(pkb: Client):
    response = post(pkb, PATH, {"resourceType": "Parameters"})
    assert_operation_outcome(response, 400, "required", "patientIdentifier is missing")
    assert_operation_outcome(pkb.facade(PATH), 400, "structure")


def as_patient(pkb: Client, method: str, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    return pkb.facade(PATH, method=method, client="", organisation=None, headers=headers, **more)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_patient_asks_about_the_own_record(pkb: Client, method: str):
    own = {"system": PUBLIC_ID, "value": TOLA_ID}
    assert answered(as_patient(pkb, method)) == [
        {"name": "lastDataPointsResult", "patientIdentifier": own, "lastRecordUpdate": newest(pkb)}
    ]


def test_a_patient_may_not_send_parameters(pkb: Client):
    response = as_patient(pkb, "POST", json=patients(nhs(TOLA)))
    text = "date-of-last-data-point does not accept parameters from this caller"
    assert_operation_outcome(response, 400, "invalid", text)


def test_a_professional_may_not_ask(pkb: Client):
    token = pkb.user_token("owen.bright@northmoor.example", "stepwise-clinic")
    response = pkb.facade(PATH, client="", headers={"Authorization": f"Bearer {token}"})
    assert_operation_outcome(response, 403, "forbidden", response_code="USER_TYPE_NOT_PERM")


@pytest.fixture(scope="module")
def legacy() -> Iterator[Client]:
    with SandboxServer(port=0, legacy_last_data_point_shape=True) as server:
        client = Client(server)
        yield client
        client.http.close()


def test_the_shape_that_the_page_prints_can_be_asked_for(legacy: Client):
    response = post(legacy, PATH, patients(nhs(TOLA), nhs(IDRIS)))
    part = {"name": "patientIdentifier", "valueIdentifier": nhs(TOLA), "lastRecordUpdate": newest(legacy)}
    without = {"name": "patientIdentifier", "valueIdentifier": nhs(IDRIS)}
    assert response.json()["parameter"] == [
        {"name": "lastDataPointsResult", "part": [part]},
        {"name": "lastDataPointsResult", "part": [without]},
    ]


def test_deleted_measurements_do_not_count(pkb: Client):
    before = last(pkb, nhs(ADEYEMI))
    report = example("oru_r01_measurements")
    accepted(pkb, report)
    assert last(pkb, nhs(ADEYEMI)) > before
    lines = report.splitlines()
    orders = [line + "|" * (25 - line.count("|")) + "R" for line in lines if line.startswith("OBR|")]
    kept = [line for line in lines if line.startswith(("MSH|", "PID|"))]
    for order in orders:
        accepted(pkb, "\r".join((*kept, order)))
    assert last(pkb, nhs(ADEYEMI)) == before
