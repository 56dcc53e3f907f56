"""The order of resources of one time: by their ids, the last one first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.model import Appointment, Consent, Document, LabResult, Questionnaire, RadiologyReport
from tests.fhir.facade.samples import LABORATORY, RADIOLOGY, RHYS, search
from tests.support import Client

IDS = [f"{digit}0000000-0000-4000-8000-000000000000" for digit in "2a17"]
AT = datetime(2199, 1, 1, tzinfo=UTC)
SEARCHES: dict[str, tuple[type[Any], str, dict[str, Any]]] = {
    "Appointment": (Appointment, f"/Appointment?patient=Patient/{RHYS}", {"start_at": AT}),
    "DocumentReference": (Document, f"/DocumentReference?patient=Patient/{RHYS}", {"at": AT}),
    "Observation": (LabResult, f"/Observation?patient=Patient/{RHYS}&{LABORATORY}", {"at": AT}),
    "DiagnosticReport": (RadiologyReport, f"/DiagnosticReport?patient=Patient/{RHYS}&{RADIOLOGY}", {"at": AT}),
}


@pytest.mark.parametrize(("kind", "path", "time"), SEARCHES.values(), ids=SEARCHES)
def test_resources_of_one_time_come_by_their_ids_the_last_one_first(
    pkb: Client, kind: type[Any], path: str, time: dict[str, Any]
):
    store = pkb.server.workspaces.default.store
    first = search(pkb, path)[0]["id"]
    for id_ in IDS:
        store.put(replace(store.get(kind, first), id=id_, **time))
    assert [resource["id"] for resource in search(pkb, path)][:4] == sorted(IDS, reverse=True)


def test_consents_and_questionnaires_of_one_time_come_by_their_ids_the_last_one_first(pkb: Client):
    store = pkb.server.workspaces.default.store
    consent = next(row for row in store.all(Consent) if row.patient == RHYS)
    questionnaire = store.get(Questionnaire, search(pkb, "/Questionnaire")[0]["id"])
    for id_ in IDS:
        store.put(replace(consent, id=id_, updated_at=AT))
        store.put(replace(questionnaire, id=id_, created_at=AT))
    for path in (f"/Consent?patient=Patient/{RHYS}", "/Questionnaire"):
        assert [resource["id"] for resource in search(pkb, path)][:4] == sorted(IDS, reverse=True), path
