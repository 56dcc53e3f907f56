"""`Organization/$generate-invitation-tokens`: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077590"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from sandbox.model import Patient
from tests.fhir.facade.operations.samples import AOIFE, BSN, IDRIS, MARJORIE, NOOR, TOLA, answered, nhs, patients, post
from tests.support import Client, assert_operation_outcome

PATH = "/Organization/$generate-invitation-tokens"
IDRIS_ID = "1a9eca6b-4294-4260-a20c-2a23e852f2a2"


def test_only_a_patient_who_can_be_invited_gets_codes(pkb: Client):
    rows = answered(post(pkb, PATH, patients(*map(nhs, (TOLA, MARJORIE, NOOR, AOIFE, "9990773114", IDRIS)))))
    (tokens,) = rows
    assert tokens["name"] == "patientTokens"
    assert tokens["patientIdentifier"] == nhs(IDRIS)
    assert re.fullmatch("[a-z0-9]{10}", tokens["code"])
    assert re.fullmatch("[a-z0-9]{10}", tokens["token"])
    left = datetime.fromisoformat(tokens["expiry"]) - pkb.server.workspaces.default.clock.now()
    assert timedelta(weeks=10) - timedelta(minutes=1) < left <= timedelta(weeks=10)


def test_the_letter_with_the_codes_is_in_the_outbox(pkb: Client):
    (tokens,) = answered(post(pkb, PATH, patients(nhs(IDRIS))))
    (letter,) = pkb.control("/outbox")["items"]
    assert (letter["kind"], letter["patient"], letter["organisation"]) == ("letter", IDRIS_ID, pkb.organisation())
    assert letter["to"] == "Mr Idris Pennant, 12 Ropewalk, Leeds, LS0 0ZZ"
    query = f"t1={tokens['code']}&t2={tokens['token']}"
    assert letter["links"] == [f"{pkb.server.base_url}/join/northmoor_default?{query}"]
    assert tokens["code"] in letter["text"]


def test_each_call_makes_another_pair(pkb: Client):
    first, second = (answered(post(pkb, PATH, patients(nhs(IDRIS))))[0] for _ in range(2))
    assert first["code"] != second["code"]
    assert first["token"] != second["token"]


def test_when_all_patients_are_skipped_the_answer_has_no_parameter(pkb: Client):
    response = post(pkb, PATH, patients(nhs(TOLA)))
    assert response.json() == {"resourceType": "Parameters"}
    assert pkb.control("/outbox")["items"] == []


@pytest.mark.parametrize(
    ("born", "invited"), [(None, 0), (date(2010, 6, 16), 0), (date(2010, 6, 15), 1), (date(2008, 2, 29), 1)]
)
def test_a_patient_must_be_known_to_be_sixteen(pkb: Client, born: date | None, invited: int):
    workspace = pkb.server.workspaces.default
    pkb.token("letterbox-facade")
    store = workspace.store
    store.put(replace(store.get(Patient, IDRIS_ID), date_of_birth=born))
    now = workspace.clock.now()
    # 23:30 UTC on 14 June is 15 June in the United Kingdom.
    workspace.clock.advance(datetime.fromisoformat("2026-06-14T23:30:00+00:00") - now)
    pkb.tokens.pop("letterbox-facade")
    assert len(answered(post(pkb, PATH, patients(nhs(IDRIS))))) == invited
    pkb.tokens.pop("letterbox-facade")


def test_one_unsupported_system_refuses_the_whole_request(pkb: Client):
    response = post(pkb, PATH, patients(nhs(IDRIS), {"system": BSN, "value": "1"}))
    assert_operation_outcome(response, 400, "not-supported", f"Identifier system {BSN} is not supported")
    assert pkb.control("/outbox")["items"] == []


def test_five_hundred_and_one_are_too_many(pkb: Client):
    response = post(pkb, PATH, patients(*[nhs(IDRIS)] * 501))
    text = "patientIdentifier: at most 500 may be given, 501 were"
    assert_operation_outcome(response, 400, "too-costly", text)
    assert len(answered(post(pkb, PATH, patients(*[nhs(IDRIS)] * 500)))) == 500


@pytest.mark.parametrize("path", [PATH, f"{PATH}?_pretty=true"])
def test_the_access_code_stays_out_of_the_journal(pkb: Client, path: str):
    response = post(pkb, path, patients(nhs(IDRIS)))
    (row,) = answered(response)
    recorded = pkb.control(f"/exchanges/{response.headers['pkb-sandbox-exchange']}")["response"]["body"]
    assert row["token"] not in recorded
    assert row["code"] in recorded
    assert "[redacted]" in recorded
