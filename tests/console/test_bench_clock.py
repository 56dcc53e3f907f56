"""The page of the clock: the time is moved, and what becomes due is listed before and after."""

from __future__ import annotations

from tests.console.crawling import PREFIX
from tests.console.forms import notice, submit
from tests.console.samples import example
from tests.support import Client

CLOCK = "bench/clock"


def page(pkb: Client) -> str:
    return pkb.http.get(PREFIX + CLOCK).text


def freeze(pkb: Client, at: str) -> None:
    assert pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": at}).status_code == 200


def test_a_form_freezes_the_clock_and_another_sets_it_free(pkb: Client):
    assert submit(pkb, CLOCK, "PUT /clock", mode="frozen", at="2026-03-03T12:00:30").status_code == 303
    assert pkb.control("/clock")["now"] == "2026-03-03T12:00:30Z"
    assert "12:00:30" in page(pkb)
    assert submit(pkb, CLOCK, "PUT /clock", mode="real", at="").status_code == 303
    assert pkb.control("/clock")["mode"] == "real"


def test_a_release_is_listed_before_it_and_named_after_it(pkb: Client):
    freeze(pkb, "2026-03-03T12:00:00Z")
    assert pkb.send(example("oru_r01_laboratory")).code == "AA"
    before = page(pkb)
    assert "Release of laboratory result D-dimer" in before
    assert "5 Mar 2026, 11:20" in before
    response = submit(pkb, CLOCK, "PUT /clock", advance="P1W")
    after = pkb.http.get(response.headers["location"])
    assert "Released to Ms Tola Adeyemi: laboratory result D-dimer" in notice(after)
    assert "<li>Released to Ms Tola Adeyemi: laboratory result D-dimer</li>" in after.text
    assert "Release of laboratory result D-dimer" not in after.text


def test_the_end_of_a_carers_access_is_listed(pkb: Client):
    freeze(pkb, "2026-03-03T12:00:00Z")
    assert "End of the access of the carer" in page(pkb)


def test_an_invalid_duration_is_refused_with_a_reason(pkb: Client):
    response = submit(pkb, CLOCK, "PUT /clock", advance="tomorrow")
    assert response.status_code == 400
    assert "is not an ISO 8601 duration" in response.text


def test_the_control_api_names_releases_too(pkb: Client):
    freeze(pkb, "2026-03-03T12:00:00Z")
    pkb.send(example("oru_r01_laboratory"))
    answer = pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-05T11:20:00Z"}).json()
    assert answer["became_due"] == ["Released to Ms Tola Adeyemi: laboratory result D-dimer"]
    assert pkb.http.put("/_sandbox/clock", json={"advance": "P1D"}).json()["became_due"] == []
