"""The searchset: one page unless `_count` asks for less, and links that lead to the end.

Sources: https://hl7.org/fhir/STU3/http.html#paging ; paging is not documented by PKB.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.base.ids import is_uuid
from sandbox.fhir.rendered.query import results
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.results import Result, Results
from sandbox.model import Consent, Patient
from sandbox.model.consent import Grantee
from sandbox.store import Store
from tests.support import EASTGATE, Client, assert_operation_outcome

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
    return next((link["url"] for link in bundle["link"] if link["relation"] == relation), None)


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
    assert [link["relation"] for link in bundle["link"]] == ["self"]
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
    assert [link["relation"] for link in first["link"]] == ["self", "next"]
    last = follow(pkb, link(first, "next") or "")
    assert [link["relation"] for link in last["link"]] == ["self", "previous"]


def test_a_page_past_the_end_is_empty(pkb: Client, seven: list[str]):
    url = link(pkb.facade(f"{QUERY}&_count=4").json(), "next") or ""
    bundle = follow(pkb, url.replace("_getpagesoffset=4", "_getpagesoffset=100"))
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


GONE = 'Search ID "{}" does not exist and may have expired'


def assert_gone(response: httpx.Response, token: str) -> None:
    assert_operation_outcome(response, 410, "processing", GONE.format(token))


def token_of(bundle: dict[str, Any]) -> str:
    return parse_qs(urlsplit(link(bundle, "next") or "").query)["_getpages"][0]


@pytest.mark.parametrize("token", ["p1", "1", "x", "00000000-0000-4000-8000-000000000000", "é", '"><b>', "p" * 5000])
@pytest.mark.parametrize("path", ["", "/", "/Consent", "/Appointment", "/Patient", "/Observation/$group"])
def test_a_token_that_this_server_did_not_give_is_gone(pkb: Client, path: str, token: str):
    response = pkb.facade(path, params={"_getpages": token})
    assert_gone(response, token)
    assert response.headers["pkb-sandbox-explain"]


def test_an_empty_token_is_gone(pkb: Client):
    assert_gone(pkb.facade(f"{QUERY}&_count=1&_getpages="), "")


def test_the_links_are_hapi_s(pkb: Client, seven: list[str]):
    bundle = pkb.facade(f"{QUERY}&_count=3&_format=json&_pretty=true").json()
    token = token_of(bundle)
    expected = f"?_getpages={token}&_getpagesoffset=3&_count=3&_bundletype=searchset&_format=json&_pretty=true"
    assert link(bundle, "next") == pkb.server.fhir_url("facade") + expected
    following = follow(pkb, link(bundle, "next") or "")
    assert link(following, "self") == link(bundle, "next")
    assert link(following, "previous") == (link(bundle, "next") or "").replace("offset=3", "offset=0")
    assert (bundle["id"], following["id"]) == (token, token)


def test_a_page_is_read_at_any_address_of_a_search(pkb: Client, seven: list[str]):
    token = token_of(pkb.facade(f"{QUERY}&_count=3").json())
    for path in ("", "/", "/Consent", "/Appointment"):
        bundle = pkb.facade(f"{path}?_getpages={token}&_getpagesoffset=3&_count=2").json()
        assert ids_of(bundle) == seven[3:5]
    assert ids_of(pkb.facade(f"?_getpages={token}").json()) == seven[:3]


def test_a_page_of_another_size_goes_on_from_its_offset(pkb: Client, seven: list[str]):
    token = token_of(pkb.facade(f"{QUERY}&_count=3").json())
    bundle = pkb.facade(f"?_getpages={token}&_getpagesoffset=1&_count=5").json()
    assert ids_of(bundle) == seven[1:6]
    assert ids_of(follow(pkb, link(bundle, "next") or "")) == seven[6:]


@pytest.mark.parametrize("offset", ["-1", "x", "1.5", "٣", "1" * 30])
def test_an_offset_is_a_number(pkb: Client, seven: list[str], offset: str):
    token = token_of(pkb.facade(f"{QUERY}&_count=3").json())
    response = pkb.facade(f"?_getpages={token}&_getpagesoffset={offset}")
    assert_operation_outcome(response, 400, "invalid", "_getpagesoffset must be a whole number")


def test_a_page_by_post_is_refused(pkb: Client, seven: list[str]):
    token = token_of(pkb.facade(f"{QUERY}&_count=3").json())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for form in (f"_getpages={token}", f"patient=Patient/{TADEUSZ}&_getpages={token}"):
        response = pkb.facade("/Consent/_search", method="POST", content=form, headers=headers)
        assert_operation_outcome(response, 400, "processing", "Requests for _getpages must use HTTP GET")


def test_a_search_by_post_pages_by_get(pkb: Client, seven: list[str]):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    form = f"patient=Patient/{TADEUSZ}&_count=4&_pretty=true"
    response = pkb.facade("/Consent/_search", method="POST", content=form, headers=headers)
    assert response.text.startswith("{\n")
    assert ids_of(response.json()) == seven[:4]
    assert ids_of(follow(pkb, link(response.json(), "next") or "")) == seven[4:]


def consents(pkb: Client) -> Store:
    return pkb.server.workspaces.default.store


def test_the_result_stays_as_it_was_found(pkb: Client, seven: list[str]):
    bundle = pkb.facade(f"{QUERY}&_count=2").json()
    pages = ids_of(bundle)
    store = consents(pkb)
    newest = store.get(Consent, seven[0])
    store.put(replace(newest, id="00000000-0000-4000-8000-00000000000a", updated_at=datetime.now(UTC)))
    store.delete(store.get(Consent, seven[1]))
    store.delete(store.get(Consent, seven[5]))
    store.put(replace(store.get(Consent, seven[3]), updated_at=datetime.now(UTC)))
    while url := link(bundle, "next"):
        bundle = follow(pkb, url)
        pages += ids_of(bundle)
    assert pages == seven
    assert pkb.facade(QUERY).json()["total"] == 6


def test_a_result_is_good_for_ten_minutes_of_the_world(pkb: Client, seven: list[str]):
    clock = pkb.server.workspaces.default.clock
    url = link(pkb.facade(f"{QUERY}&_count=4").json(), "next") or ""
    clock.advance(timedelta(seconds=590))
    assert ids_of(follow(pkb, url)) == seven[4:]
    clock.advance(timedelta(seconds=10))
    response = pkb.facade(url.removeprefix(pkb.server.fhir_url("facade")))
    assert_gone(response, parse_qs(urlsplit(url).query)["_getpages"][0])


def test_a_result_does_not_outlive_a_reset(pkb: Client, seven: list[str]):
    url = link(pkb.facade(f"{QUERY}&_count=4").json(), "next") or ""
    assert pkb.http.post("/_sandbox/reset").status_code == 200
    assert pkb.facade(url.removeprefix(pkb.server.fhir_url("facade"))).status_code == 410


def test_a_result_is_for_the_caller_who_searched(pkb: Client, seven: list[str]):
    token = token_of(pkb.facade(f"{QUERY}&_count=4").json())
    issued = pkb.http.post(
        "/_sandbox/credentials",
        json={"kind": "system-client", "name": "Another", "organisation": pkb.organisation()},
    ).json()
    other = {"X-Org-Public-Id": pkb.organisation(), "Authorization": f"Bearer {pkb.token(issued['client_id'])}"}
    assert_gone(pkb.http.get(f"/fhir?_getpages={token}", headers=other), token)
    elsewhere = {**other, "Authorization": f"Bearer {pkb.token('letterbox-facade')}"}
    elsewhere["X-Org-Public-Id"] = pkb.organisation(EASTGATE)
    assert_gone(pkb.http.get(f"/fhir?_getpages={token}", headers=elsewhere), token)
    own = {**other, "Authorization": f"Bearer {pkb.token('letterbox-facade')}"}
    assert ids_of(pkb.http.get(f"/fhir?_getpages={token}", headers=own).json()) == seven[:4]


def test_a_page_needs_a_token_and_an_organisation(pkb: Client, seven: list[str]):
    token = token_of(pkb.facade(f"{QUERY}&_count=4").json())
    assert pkb.http.get(f"/fhir?_getpages={token}").status_code == 401
    headers = {"Authorization": f"Bearer {pkb.token('letterbox-facade')}"}
    assert pkb.http.get(f"/fhir?_getpages={token}", headers=headers).status_code == 400


def test_a_page_shows_nothing_that_was_withdrawn_meanwhile(pkb: Client, seven: list[str]):
    url = link(pkb.facade(f"{QUERY}&_count=4").json(), "next") or ""
    store = consents(pkb)
    patient = store.get(Patient, TADEUSZ)
    store.put(replace(patient, organisations=(), teams=()))
    bundle = follow(pkb, url)
    assert (bundle["total"], "entry" in bundle) == (7, False)


def test_the_oldest_results_make_room(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(results, "MOST_RESULTS", 3)
    monkeypatch.setattr(results, "MOST_ROWS", 25)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    kept = Results()

    def keep(token: str, size: int, at: datetime = now) -> None:
        rows = Matches([*range(size)], lambda viewer: lambda row: {})
        kept.keep(token, result_of(rows, at + timedelta(minutes=10)), at)

    for number in range(4):
        keep(f"{number}", 5)
    assert [kept.of(f"{number}", now) is not None for number in range(4)] == [False, True, True, True]
    keep("large", 20)
    assert [kept.of(token, now) is not None for token in ("2", "3", "large")] == [False, True, True]
    keep("beyond", 100)
    assert (len(kept), kept.of("beyond", now) is not None) == (1, True)
    keep("later", 1, now + timedelta(minutes=20))
    assert (len(kept), kept.of("beyond", now)) == (1, None)


def result_of(matches: Matches[Any], expires_at: datetime) -> Result:
    return Result(
        matches=matches,
        owner="",
        operation="",
        action="",
        standing="choice",
        includes=(),
        count=1,
        expires_at=expires_at,
    )
