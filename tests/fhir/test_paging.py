"""The searchset: one page unless `_count` asks for less, and links that lead to the end.

Sources: https://hl7.org/fhir/STU3/http.html#paging ; paging is not documented by PKB.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.ids import is_uuid
from sandbox.model import Consent
from sandbox.model.consent import Grantee
from tests.support import Client, assert_operation_outcome

TADEUSZ = "9488afa7-5647-4304-84f1-b3a14ecf50bb"
TEAM = "ab37b23d-c031-4ced-86aa-2691c368e777"
QUERY = f"/Consent?patient=Patient/{TADEUSZ}"


@pytest.fixture
def seven(pkb: Client) -> list[str]:
    """The ids of seven consents, newest first; two of them of the same instant."""
    store = pkb.server.workspaces.default.store
    ids: list[str] = []
    for number in range(7):
        id_ = f"00000000-0000-4000-8000-00000000000{number}"
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number // 2)
        grantee = Grantee(kind="team", id=TEAM)
        store.put(Consent(id=id_, patient=TADEUSZ, grantee=grantee, labels=("GENERAL_HEALTH",), updated_at=at))
        ids.insert(0, id_)
    return ids


def ids_of(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", [])]


def link(bundle: dict[str, Any], relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def follow(pkb: Client, url: str) -> dict[str, Any]:
    assert url.startswith(pkb.server.fhir_url("facade"))
    response = pkb.facade(url.removeprefix(pkb.server.fhir_url("facade")))
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def test_a_search_answers_in_one_page_newest_first(pkb: Client, seven: list[str]):
    bundle = pkb.facade(QUERY).json()
    assert ids_of(bundle) == seven
    assert bundle["total"] == 7
    assert [one["relation"] for one in bundle["link"]] == ["self"]
    assert is_uuid(bundle["id"])
    assert bundle["meta"]["lastUpdated"].endswith("Z")
    assert [entry["fullUrl"] for entry in bundle["entry"]] == [
        f"{pkb.server.fhir_url('facade')}/Consent/{id_}" for id_ in seven
    ]


def test_no_hits_have_no_entries(pkb: Client):
    bundle = pkb.facade(QUERY).json()
    assert bundle["total"] == 0
    assert "entry" not in bundle
    assert link(bundle, "self") == f"{pkb.server.fhir_url('facade')}{QUERY}"


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 8, 500])
def test_the_links_lead_through_every_entry_once_and_back(pkb: Client, seven: list[str], count: int):
    bundle = pkb.facade(f"{QUERY}&_count={count}").json()
    pages = [ids_of(bundle)]
    while url := link(bundle, "next"):
        bundle = follow(pkb, url)
        assert bundle["total"] == 7
        pages.append(ids_of(bundle))
    assert [id_ for page in pages for id_ in page] == seven
    assert all(len(page) == count for page in pages[:-1])
    back = [ids_of(bundle)]
    while url := link(bundle, "previous"):
        bundle = follow(pkb, url)
        back.insert(0, ids_of(bundle))
    assert back == pages


def test_the_first_page_has_no_previous_and_the_last_no_next(pkb: Client, seven: list[str]):
    first = pkb.facade(f"{QUERY}&_count=4").json()
    assert [one["relation"] for one in first["link"]] == ["self", "next"]
    last = follow(pkb, link(first, "next") or "")
    assert [one["relation"] for one in last["link"]] == ["self", "previous"]


def test_a_page_past_the_end_is_empty(pkb: Client, seven: list[str]):
    bundle = pkb.facade(f"{QUERY}&_count=4&_getpages=p100").json()
    assert bundle["total"] == 7
    assert "entry" not in bundle


def test_links_keep_the_other_parameters_and_are_valid_addresses(pkb: Client):
    system = "https://fhir.nhs.uk/Id/nhs-number"
    bundle = pkb.facade(f"/Patient?identifier={system}|9991001379&_format=json").json()
    expected = f"{pkb.server.fhir_url('facade')}/Patient?identifier={system}%7C9991001379&_format=json"
    assert link(bundle, "self") == expected


@pytest.mark.parametrize("count", ["0", "-1", "501", "1000", "x", "", "1.5", "1e2", "٣", "10000000000000"])
def test_a_count_is_a_number_from_1_to_500(pkb: Client, count: str):
    response = pkb.facade(f"{QUERY}&_count={count}")
    assert_operation_outcome(response, 400, "invalid", "_count must be a number from 1 to 500")


@pytest.mark.parametrize("page", ["", "1", "p", "p-1", "px", "p1x", "p12345678901", "p1%0A"])
def test_a_page_is_one_that_the_server_gave(pkb: Client, page: str):
    response = pkb.facade(f"{QUERY}&_count=1&_getpages={page}")
    assert_operation_outcome(response, 400, "invalid", "_getpages is not one that this server gave")
