"""Texts of a resource: control characters, the depth of narratives, null in lists, and what a search makes of them.

https://hl7.org/fhir/R4/datatypes.html#string , https://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.fhir.search.string import fold
from tests.fhir.customer.support import Endpoint
from tests.fhir.search.world import World
from tests.support import Client

Json = dict[str, Any]
XHTML = "http://www.w3.org/1999/xhtml"
XML = "application/fhir+xml"


@pytest.fixture(params=["stu3", "r4"])
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(pkb, f"northmoor-{request.param}")


# Control characters

PLACES: dict[str, tuple[Json, str]] = {
    "string": ({"name": [{"family": "a{}b"}]}, "Patient.name[0].family"),
    "a list of strings": ({"name": [{"given": ["a{}"]}]}, "Patient.name[0].given[0]"),
    "code": ({"gender": "fem{}ale"}, "Patient.gender"),
    "uri": ({"identifier": [{"system": "urn:{}"}]}, "Patient.identifier[0].system"),
    "id": ({"contact": [{"id": "a{}"}]}, "Patient.contact[0].id"),
    "markdown": ({"extension": [{"url": "urn:x", "valueMarkdown": "{}"}]}, "Patient.extension[0].valueMarkdown"),
    "xhtml": ({"text": {"status": "generated", "div": "<div>{}</div>"}}, "Patient.text.div"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("character", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x0e", "\x1f"])
def test_a_control_character_is_refused(pkb: Client, place: str, character: str):
    elements, where = PLACES[place]
    text = json.dumps({"resourceType": "Patient", **elements}).replace("{}", json.dumps(character)[1:-1])
    response = Endpoint(pkb).ask("POST", "/Patient", text.encode())
    assert response.status_code == 422
    (issue,) = response.json()["issue"]
    assert issue["expression"] == [where]
    assert issue["diagnostics"].startswith("expected ")


def test_a_control_character_is_refused_in_a_type_that_no_model_describes(pkb: Client):
    response = Endpoint(pkb).ask("POST", "/MedicinalProduct", {"resourceType": "MedicinalProduct", "x": "a\x01"})
    assert response.status_code == 422
    assert response.json()["issue"][0]["expression"] == ["MedicinalProduct.x"]


@pytest.mark.parametrize("character", ["\t", "\n", "\r", "\x7f", "\u00a0"])
def test_tabs_line_ends_and_all_from_32_on_are_kept(feed: Endpoint, character: str):
    stored = feed.put({"resourceType": "Patient", "id": "p", "name": [{"family": f"a{character}b"}]})
    assert stored["name"] == [{"family": f"a{character}b"}]


# Narratives


def narrative(levels: int) -> str:
    return f'<div xmlns="{XHTML}">' + "<p>" * (levels - 1) + "x" + "</p>" * (levels - 1) + "</div>"


def put_narrative(feed: Endpoint, form: str, div: str) -> Any:
    if form == "json":
        return feed.ask("PUT", "/Patient/p", {"resourceType": "Patient", "id": "p", "text": text(div)})
    document = (
        f'<Patient xmlns="http://hl7.org/fhir"><id value="p"/><text><status value="generated"/>{div}</text></Patient>'
    )
    return feed.ask("PUT", "/Patient/p", document.encode(), Content_Type=XML)


def text(div: str) -> Json:
    return {"status": "generated", "div": div}


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(("levels", "status"), [(3, 201), (100, 201), (101, 422), (1000, 422), (100_000, 422)])
def test_a_narrative_has_at_most_100_levels(feed: Endpoint, form: str, levels: int, status: int):
    response = put_narrative(feed, form, narrative(levels))
    assert response.status_code == status, response.text
    if status == 422:
        assert "100 levels" in response.json()["issue"][0]["diagnostics"]
    else:
        for accept in ("application/fhir+json", XML):
            assert feed.ask("GET", "/Patient/p", Accept=accept).status_code == 200


FLAT = {
    "many elements": "<div>" + "<br/>" * 500 + "</div>",
    "signs in attributes": "<div>" + '<img alt="a>b" src="x"/>' * 500 + "</div>",
    "no XML": "<" * 500,
    "an entity that XML does not know": "<div>" + "&nbsp;<b>x</b>" * 500 + "</div>",
}


@pytest.mark.parametrize("div", FLAT.values(), ids=FLAT)
def test_a_long_narrative_is_not_a_deep_one(feed: Endpoint, div: str):
    assert put_narrative(feed, "json", div).status_code == 201
    assert feed.ask("GET", "/Patient/p", Accept=XML).status_code == 200


# Null in lists of primitives

WHY = '<extension url="urn:why"><valueCode value="unknown"/></extension>'
BESIDE = {"extension": [{"url": "urn:why", "valueCode": "unknown"}]}
GIVEN: dict[str, tuple[str, Json]] = {
    "in the middle": (
        f'<given value="A"/><given>{WHY}</given><given value="C"/>',
        {"given": ["A", None, "C"], "_given": [None, BESIDE, None]},
    ),
    "at the end": (f'<given value="A"/><given>{WHY}</given>', {"given": ["A", None], "_given": [None, BESIDE]}),
    "at the beginning": (f'<given>{WHY}</given><given value="B"/>', {"given": [None, "B"], "_given": [BESIDE, None]}),
    "nothing but null": (f"<given>{WHY}</given>", {"given": [None], "_given": [BESIDE]}),
    "beside a value": (f'<given value="A">{WHY}</given>', {"given": ["A"], "_given": [BESIDE]}),
    "values alone": ('<given value="A"/><given value="B"/>', {"given": ["A", "B"]}),
}


@pytest.mark.parametrize("case", GIVEN)
def test_elements_without_a_value_keep_their_place_in_json(feed: Endpoint, case: str):
    document, name = GIVEN[case]
    xml = f'<Patient xmlns="http://hl7.org/fhir"><id value="p"/><name>{document}</name></Patient>'
    stored = feed.ask("PUT", "/Patient/p", xml.encode(), Content_Type=XML)
    assert stored.status_code == 201, stored.text
    assert stored.json()["name"] == [name]
    again = feed.ask("GET", "/Patient/p", Accept=XML)
    assert document in again.text.replace(" />", "/>")
    assert feed.ask("PUT", "/Patient/p", again.content, Content_Type=XML).json() == stored.json()


def test_null_that_only_fills_up_a_list_makes_no_new_version(feed: Endpoint):
    first = feed.put({"resourceType": "Patient", "id": "p", "name": [{"given": ["A"], "_given": [None, BESIDE]}]})
    again = feed.put({"resourceType": "Patient", "id": "p", "name": [{"given": ["A", None], "_given": [None, BESIDE]}]})
    assert again == first
    other = feed.put({"resourceType": "Patient", "id": "p", "name": [{"given": [None, "A"], "_given": [BESIDE, None]}]})
    assert other["meta"]["versionId"] != first["meta"]["versionId"]


# Searches


@pytest.mark.parametrize("release", ["stu3", "r4"])
def test_a_leap_second_is_found_by_its_day_and_minute(release: str):
    observation = {"resourceType": "Observation", "id": "1", "effectiveDateTime": "2016-12-31T23:59:60Z"}
    world = World(release).put(observation)
    for date in (
        "2016",
        "2016-12",
        "2016-12-31",
        "2016-12-31T23:59Z",
        "2016-12-31T23:59:60Z",
        "lt2017",
        "le2016-12-31",
    ):
        assert world.ids(f"Observation?date={date}") == ["1"], date
    for date in ("2017", "2017-01-01", "gt2016-12-31", "sa2016-12-31", "ge2017-01-01T00:00:00Z"):
        assert world.ids(f"Observation?date={date}") == [], date


FOLDED = {
    "Łukasz": "lukasz",
    "Søren": "soren",
    "ØRE": "ore",
    "Đorđe": "dorde",
    "Ħal": "hal",
    "ħ": "h",
    "Ŧ": "t",
    "ƀ": "b",
    "Žižek": "zizek",
    "Ångström": "angstrom",
    "Straße": "strasse",
    "Ғани": "гани",
    "王": "王",
}


@pytest.mark.parametrize("release", ["stu3", "r4"])
@pytest.mark.parametrize("name", FOLDED)
def test_a_letter_with_a_stroke_is_found_by_the_letter(release: str, name: str):
    assert fold(name, release) == FOLDED[name]
    world = World(release).put({"resourceType": "Patient", "id": "1", "name": [{"family": name}]})
    for asked_for in (name, name.upper(), FOLDED[name]):
        assert world.ids(f"Patient?family={asked_for}") == ["1"]
    assert world.ids(f"Patient?family:exact={name}") == ["1"]
