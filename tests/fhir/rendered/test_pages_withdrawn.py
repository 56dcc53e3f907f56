"""Between two pages a caller may lose the right to see what was found: then the later page does not show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.model import Consent, Document, Grant, Grantee, Patient, QuestionnaireResponse, Source, User
from sandbox.store import Store
from tests.support import Client

NORTHMOOR_ID = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
RENAL, GENERAL = "b1fca6de-884d-4803-b760-ebd7f8cac475", "ab37b23d-c031-4ced-86aa-2691c368e777"
TADEUSZ = "9488afa7-5647-4304-84f1-b3a14ecf50bb"
OWEN, EMAIL = "f1640ff8-d059-403c-b0d5-295ffc6e627d", "owen.bright@northmoor.example"
AT = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 6


@pytest.fixture
def store(pkb: Client) -> Store:
    """Six documents of another team, which a consent lets the renal team see; the oldest is the renal team's own."""
    store = pkb.server.workspaces.default.store
    grantee = Grantee(kind="team", id=RENAL)
    store.put(Consent(id="c", patient=TADEUSZ, grantee=grantee, labels=("GENERAL_HEALTH",), updated_at=AT))
    for document in store.find(Document, "patient", TADEUSZ):
        store.delete(document)
    for number in range(SIZE):
        at = AT + timedelta(days=number)
        source = Source(organisation=NORTHMOOR_ID, team=GENERAL if number else RENAL)
        document = Document(
            id=f"d{number}",
            patient=TADEUSZ,
            source=source,
            entered_at=at,
            persisted_at=at,
            at=at,
            type="CLINIC_LETTER",
            title="Letter",
        )
        store.put(document)
    return store


def headers(pkb: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {pkb.user_token(EMAIL, 'stepwise-clinic')}"}


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [entry["resource"]["id"] for entry in response.json().get("entry", [])]


def change(kind: type[Any], id_: str, **values: Any) -> Callable[[Store], None]:
    return lambda store: store.put(replace(store.get(kind, id_), **values))


def relabel(store: Store) -> None:
    for number in range(SIZE):
        change(Document, f"d{number}", label="SEXUAL_HEALTH")(store)


WITHDRAWN: dict[str, Callable[[Store], None]] = {
    "the consent is ended": change(Consent, "c", discharged=True),
    "the consent grants nothing": change(Consent, "c", labels=()),
    "the consent is gone": lambda store: store.delete(store.get(Consent, "c")),
    "sharing is disabled": change(Patient, TADEUSZ, sharing_disabled=True),
    "the label was changed": relabel,
}


@pytest.mark.parametrize("act", WITHDRAWN.values(), ids=WITHDRAWN)
def test_a_later_page_shows_what_the_team_supplied_itself_and_no_more(
    pkb: Client, store: Store, act: Callable[[Store], None]
):
    first = pkb.http.get(f"/fhir/DocumentReference?patient={TADEUSZ}&_count=2", headers=headers(pkb))
    assert ids(first) == ["d5", "d4"]
    url = first.json()["link"][1]["url"]
    act(store)
    second = pkb.http.get(url, headers=headers(pkb))
    assert ids(second) == []
    assert second.json()["total"] == SIZE
    third = pkb.http.get(second.json()["link"][1]["url"], headers=headers(pkb))
    assert ids(third) == ["d0"]
    back = pkb.http.get(url.replace("offset=2", "offset=0"), headers=headers(pkb))
    assert ids(back) == []
    explanation = pkb.http.get(second.headers["pkb-sandbox-explain"]).json()
    assert (
        "2 resources are omitted from this page, because the caller may no longer see them" in explanation["expected"]
    )


def test_a_later_page_shows_again_what_may_be_seen_again(pkb: Client, store: Store):
    first = pkb.http.get(f"/fhir/DocumentReference?patient={TADEUSZ}&_count=2", headers=headers(pkb))
    url = first.json()["link"][1]["url"]
    change(Consent, "c", discharged=True)(store)
    assert ids(pkb.http.get(url, headers=headers(pkb))) == []
    change(Consent, "c", discharged=False)(store)
    assert ids(pkb.http.get(url, headers=headers(pkb))) == ["d3", "d2"]


def test_whoever_leaves_reads_no_page(pkb: Client, store: Store):
    sent_headers = headers(pkb)
    url = pkb.http.get(f"/fhir/DocumentReference?patient={TADEUSZ}&_count=2", headers=sent_headers).json()["link"][1][
        "url"
    ]
    change(User, OWEN, active=False)(store)
    assert pkb.http.get(url, headers=sent_headers).status_code == 401


def test_a_grant_taken_back_ends_the_pages_of_a_partner(pkb: Client, store: Store):
    bundle = pkb.facade(f"/DocumentReference?patient={TADEUSZ}&_count=2").json()
    url = bundle["link"][1]["url"].removeprefix(pkb.server.fhir_url("facade"))
    for grant in list(store.all(Grant)):
        store.delete(grant)
    assert pkb.facade(url).status_code == 403


def test_a_frozen_patient_reads_no_page(pkb: Client, store: Store):
    tola = pkb.patient("reads her own record")["id"]
    sent_headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    first = pkb.http.get(f"/fhir/Consent?patient={tola}&_count=1", headers=sent_headers).json()
    change(Patient, tola, access_frozen=True)(store)
    response = pkb.http.get(first["link"][1]["url"], headers=sent_headers)
    assert response.status_code == 403
    assert "ACCESS_FROZEN_OUTWARD" in response.text


def test_what_an_answer_includes_is_on_each_page(pkb: Client):
    include = "_include=QuestionnaireResponse:subject:Patient&_include=QuestionnaireResponse:basedOn:ProcedureRequest"
    path = f"/QuestionnaireResponse?{include}"
    store = pkb.server.workspaces.default.store
    answer = next(store.all(QuestionnaireResponse))
    store.put(replace(answer, id="another", at=answer.at + timedelta(days=1)))
    every = pkb.facade(path).json()
    seen: list[str] = []
    bundle = pkb.facade(f"{path}&_count=1").json()
    while True:
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        assert [entry["search"]["mode"] for entry in bundle["entry"]].count("match") == 1
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            break
        bundle = pkb.facade(following[0].removeprefix(pkb.server.fhir_url("facade"))).json()
    assert every["total"] > 1
    assert set(seen) == {entry["resource"]["id"] for entry in every["entry"]}
