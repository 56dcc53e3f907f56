"""Which parameters of DocumentReference go together, and whose documents a window of time shows.

Source: the mail management tutorial, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363307583
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.model import Document, Source
from tests.fhir.facade.samples import (
    CODES,
    EASTGATE_ID,
    GETHIN,
    NORTHMOOR_ID,
    OWEN,
    RHYS,
    TADEUSZ,
    TOLA,
    ask,
    search,
)
from tests.fhir.rendered.test_offered import NOT_HANDLED
from tests.support import EASTGATE, Client, assert_operation_outcome

PATH = "/DocumentReference"
UNREAD = f"document-status={CODES}/document-status%7CUNREAD"

NOT_ENOUGH = {
    "nothing": ("", ""),
    "a status": (UNREAD, "document-status"),
    "a source": (f"source-organisation=Organization/{NORTHMOOR_ID}", "source-organisation"),
}


@pytest.mark.parametrize(("query", "names"), NOT_ENOUGH.values(), ids=NOT_ENOUGH)
@pytest.mark.parametrize("user", ["", RHYS, OWEN], ids=["partner", "patient", "professional"])
def test_one_of_the_three_must_be_there(pkb: Client, query: str, names: str, user: str):
    response = ask(pkb, f"{PATH}?{query}", user)
    assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format("GET", "DocumentReference", names))
    assert response.headers["pkb-sandbox-standing"] == "choice"


@pytest.mark.parametrize(
    "query", ["created=2026-02-01", "created=ge2026-01-01&created=le2026-03-01", "indexed=2026-02-01"]
)
@pytest.mark.parametrize("user", [RHYS, OWEN], ids=["patient", "professional"])
def test_a_person_names_the_patient(pkb: Client, query: str, user: str):
    names = query.split("=")[0]
    response = ask(pkb, f"{PATH}?{query}", user)
    assert_operation_outcome(response, 400, "processing", NOT_HANDLED.format("GET", "DocumentReference", names))
    assert ask(pkb, f"{PATH}?{query}&patient={RHYS}", user).status_code == 200


OPEN = (
    "created=ge2026-01-01",
    "created=gt2026-01-01&created=ge2026-02-01",
    "created=lt2026-01-01",
    "created=le2026-01-01",
)


@pytest.mark.parametrize("query", OPEN)
def test_without_a_patient_a_window_has_both_ends(pkb: Client, query: str):
    text = "Without patient, created needs a start (ge or gt) and an end (le or lt), or eq"
    assert_operation_outcome(ask(pkb, f"{PATH}?{query}"), 400, "invalid", text)
    assert ask(pkb, f"{PATH}?{query}&patient={RHYS}").status_code == 200


@pytest.mark.parametrize("rest", ["", f"&patient={RHYS}"])
def test_created_and_indexed_do_not_go_together(pkb: Client, rest: str):
    response = ask(pkb, f"{PATH}?created=2026-02-01&indexed=2026-02-01{rest}")
    assert_operation_outcome(response, 400, "invalid", "created and indexed cannot be combined")


def numbers(pkb: Client, query: str, organisation: str = "Northmoor NHS Trust") -> list[str]:
    return [match["identifier"][0]["value"] for match in search(pkb, f"{PATH}?{query}", organisation=organisation)]


WINDOWS = {
    "created=ge2026-01-27&created=lt2026-02-04": ["RNM-D-2001", "RNM-D-1001"],
    "created=gt2026-01-27&created=le2026-02-02": ["RNM-D-2001"],
    "created=2026-02-04": ["RNM-D-1002"],
    "created=2026-02": ["RNM-D-2201", "RNM-D-1003", "RNM-D-1002", "RNM-D-2001"],
    "created=ge2026-02-04&created=eq2026-02": ["RNM-D-2201", "RNM-D-1003", "RNM-D-1002"],
    "created=ge0001-01-01&created=le2026-01-27": ["RNM-D-1001", "RNM-D-2051", "RNM-D-0901", "RNM-D-2101"],
    "created=ge2026-02-05&created=lt9999-12-31": ["RNM-D-2201", "RNM-D-1003"],
    "created=ge2026-02-05&created=lt2026-02-01": [],
    "indexed=2026-02-02": ["RNM-D-2001"],
    "indexed=2026-02-02T10:00Z": ["RNM-D-2001"],
    "indexed=2025": [],
}


@pytest.mark.parametrize(("query", "expected"), WINDOWS.items())
def test_a_window_shows_what_the_organisation_supplied(pkb: Client, query: str, expected: list[str]):
    assert numbers(pkb, query) == expected


def test_a_window_may_be_narrowed_by_status_and_source(pkb: Client):
    window = "created=ge2026-01-01&created=le2026-12-31"
    assert numbers(pkb, f"{window}&{UNREAD}") == numbers(pkb, window)
    assert numbers(pkb, f"{window}&{UNREAD.replace('UNREAD', 'READ')}") == []
    assert numbers(pkb, f"{window}&source-organisation=Organization/{EASTGATE_ID}") == []
    assert numbers(pkb, f"{window}&source-organisation:Organization={NORTHMOOR_ID}") == numbers(pkb, window)


def test_a_team_s_grant_narrows_the_window_to_the_team(pkb: Client):
    assert numbers(pkb, "created=2026", EASTGATE) == ["REG-D-77"]


def test_of_a_patient_both_organisations_documents_show_as_far_as_they_are_granted(pkb: Client):
    path = f"{PATH}?patient={RHYS}"
    assert len(search(pkb, path)) == 4
    assert len(search(pkb, path, organisation=EASTGATE)) == 3
    assert len(search(pkb, f"{path}&source-organisation={EASTGATE_ID}")) == 1
    assert len(search(pkb, path, RHYS)) == 4


def test_the_source_sees_its_own_without_a_consent_and_when_sharing_is_disabled(pkb: Client):
    assert len(search(pkb, f"{PATH}?patient={TADEUSZ}")) == 1
    assert len(search(pkb, f"{PATH}?patient={GETHIN}")) == 1
    assert len(search(pkb, f"{PATH}?patient={GETHIN}", OWEN)) == 1


def test_an_unknown_status_is_refused(pkb: Client):
    for value in ("DONE", "read"):
        query = f"patient={TOLA}&document-status={CODES}/document-status%7C{value}"
        assert_operation_outcome(ask(pkb, f"{PATH}?{query}"), 400, "invalid")
    other = f"patient={TOLA}&document-status=urn:x%7CREAD"
    assert_operation_outcome(ask(pkb, f"{PATH}?{other}"), 400, "invalid")


def test_a_window_looks_at_its_own_time_only(pkb: Client):
    """The time of a window does not grow with what the organisation supplied at other times."""
    store = pkb.server.workspaces.default.store
    stored = store.get(Document, "79b3236f-1e61-495c-b8c5-9e3a13c51948")
    looked: list[object] = []

    class Watched(Source):
        """A source that notes when it is looked at."""

        def __getattribute__(self, name: str) -> object:
            if name == "organisation":
                looked.append(name)
            return super().__getattribute__(name)

    watched = Watched(organisation=NORTHMOOR_ID)
    for number in range(300):
        at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number)
        store.put(replace(stored, id=f"d{number}", source=watched, external_id=f"X{number}", at=at))
    # The first read sorts what was stored before it into the indexes.
    assert numbers(pkb, "created=2019-03-01") == []
    looked.clear()
    assert numbers(pkb, "created=2020-03-01") == ["X60"]
    assert len(looked) < 20
