"""Fidelity in the console: the ledger, and what the calls of this world rest on."""

from __future__ import annotations

import re

import pytest

from sandbox.console.pages.fidelity.areas import AREAS, area_of, bars
from sandbox.facts import STANDINGS, ledger
from tests.support import Client

FIDELITY = "/_sandbox/console/fidelity"


def test_every_fact_is_in_one_area_and_counted_once():
    assert sum(bar.total for bar in bars()) == len(ledger())
    assert {area_of(fact) for fact in ledger().values()} <= set(AREAS)
    assert max(sum(bar.widths.values()) for bar in bars()) == pytest.approx(100)


@pytest.mark.parametrize("standing", STANDINGS)
def test_a_standing_filters(pkb: Client, standing: str):
    text = pkb.http.get(FIDELITY, params={"standing": standing, "area": "oauth"}).text
    count = sum(fact.standing == standing and fact.where.startswith("sandbox/oauth") for fact in ledger().values())
    assert re.search(rf">{count} facts? of {len(ledger())}<", text)


def test_words_are_searched_in_text_and_id(pkb: Client):
    text = pkb.http.get(FIDELITY, params={"text": "oauth.code-life"}).text
    assert ">1 fact of" in text
    assert "oauth.code-life" in text
    assert "No fact fits" in pkb.http.get(FIDELITY, params={"text": "xyzzy"}).text


@pytest.mark.parametrize("page", ["0", "2", "99", "-1", "x", "9" * 30])
def test_any_page_number_gives_a_page(pkb: Client, page: str):
    response = pkb.http.get(FIDELITY, params={"page": page})
    assert response.status_code == 200
    assert "Page " in response.text


def test_every_fact_has_a_page(pkb: Client):
    for id_ in list(ledger())[::40]:
        response = pkb.http.get(f"{FIDELITY}/fact", params={"id": id_})
        assert response.status_code == 200, id_
    assert pkb.http.get(f"{FIDELITY}/fact", params={"id": "<script>"}).status_code == 404


def test_calls_are_listed_by_their_standing(pkb: Client):
    pkb.http.delete("/_sandbox/exchanges")
    assert "No traffic yet" in pkb.http.get(f"{FIDELITY}/traffic").text
    pkb.http.post(
        "/api/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("letterbox-facade", "letterbox-Secret-2026"),
    )
    text = pkb.http.get(f"{FIDELITY}/traffic").text
    assert "token client_credentials" in text
