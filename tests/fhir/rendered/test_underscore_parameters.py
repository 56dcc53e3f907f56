"""Parameters that begin with `_`: obeyed, taken as the statement says, or ignored as by HAPI's plain server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.rendered.test_offered import PATIENT, SEARCHED, TOLA
from tests.support import Client, assert_operation_outcome

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
IGNORED = (
    "_sort=-date",
    "_total=accurate",
    "_tag=x",
    "_content=x",
    "_filter=x",
    "__=x",
    "_=x",
    "_Count=3",
    "_count:x=0",
)


@pytest.mark.parametrize("type_", SEARCHED)
def test_an_unknown_parameter_is_ignored(pkb: Client, type_: str):
    plain = pkb.facade(f"/{type_}?{SEARCHED[type_]}").json()
    response = pkb.facade(f"/{type_}?{SEARCHED[type_]}&{'&'.join(IGNORED)}")
    assert response.status_code == 200, response.text
    assert response.json()["total"] == plain["total"]
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    for pair in IGNORED:
        assert f"Parameter {pair.split('=')[0]} was ignored" in explanation["expected"]


@pytest.mark.parametrize(
    "path", [f"/Patient/{TOLA}", "/OperationDefinition/Patient-t-status-query", "/Consent/$purview"]
)
def test_a_read_ignores_it_too(pkb: Client, path: str):
    client = "" if path.endswith("purview") else "letterbox-facade"
    headers = {} if client else {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    response = pkb.facade(f"{path}?_sort=x&_count=x&_at=2026", client=client, headers=headers)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    "pair", ["_id=1", "_lastUpdated=gt2020", "_include=*", "_revinclude=x", "_has:a:b:c=d", "x=_y"]
)
@pytest.mark.parametrize("path", [f"/Patient/{TOLA}", f"/Consent?{PATIENT}", "/Observation/$group"])
def test_an_unlisted_underscore_parameter_is_refused(pkb: Client, path: str, pair: str):
    response = pkb.facade(f"{path}{'&' if '?' in path else '?'}{pair}")
    assert_operation_outcome(response, 400, "processing")


def test_an_include_refuses_modifiers(pkb: Client):
    include = "QuestionnaireResponse:subject:Patient"
    assert pkb.facade(f"/QuestionnaireResponse?_include={include}&_include={include}").status_code == 200
    for modifier in ("recurse", "iterate", "x"):
        assert pkb.facade(f"/QuestionnaireResponse?_include:{modifier}={include}").status_code == 400


def elements(resource: dict[str, Any]) -> set[str]:
    return set(resource) - {"resourceType", "id", "meta"}


def is_subsetted(resource: dict[str, Any]) -> bool:
    return [tag["code"] for tag in resource["meta"].get("tag", [])] == ["SUBSETTED"]


def test_elements_of_a_read(pkb: Client):
    patient = pkb.facade(f"/Patient/{TOLA}?_elements=name,birthDate&_elements=gender").json()
    assert elements(patient) == {"name", "birthDate", "gender"}
    assert is_subsetted(patient)


def test_elements_of_a_search_keep_what_is_mandatory(pkb: Client):
    bundle = pkb.facade(f"/Consent?{PATIENT}&_elements=status").json()
    assert bundle["total"] == len(bundle["entry"]) > 0
    for entry in bundle["entry"]:
        assert elements(entry["resource"]) == {"status", "patient", "policy"} & elements(entry["resource"]) | {"status"}
        assert is_subsetted(entry["resource"])


def test_every_page_of_a_summary_is_a_summary(pkb: Client):
    bundle = pkb.facade(f"/Consent?{PATIENT}&_summary=true&_count=1").json()
    following = next(link["url"] for link in bundle["link"] if link["relation"] == "next")
    second = pkb.facade(following.removeprefix(pkb.server.fhir_url("facade"))).json()
    for entry in (*bundle["entry"], *second["entry"]):
        assert is_subsetted(entry["resource"])
    assert "_summary=true" in following


@pytest.mark.parametrize("count", ["", "&_count=1"])
def test_a_summary_that_counts_has_no_entries(pkb: Client, count: str):
    total = pkb.facade(f"/Consent?{PATIENT}").json()["total"]
    bundle = pkb.facade(f"/Consent?{PATIENT}&_summary=count{count}").json()
    assert (bundle["total"], "entry" in bundle) == (total, False)
    assert [link["relation"] for link in bundle["link"]] == ["self"]


def test_of_a_repeated_one_the_first_counts(pkb: Client):
    bundle = pkb.facade(f"/Consent?{PATIENT}&_count=1&_count=2&_count=x&_format=json&_format=xml").json()
    assert len(bundle["entry"]) == 1
    assert pkb.facade(f"/Consent?{PATIENT}&_format=xml&_format=json").status_code == 406


@pytest.mark.parametrize("path", [f"/Patient/{TOLA}", f"/Consent?{PATIENT}"])
@pytest.mark.parametrize("summary", ["x", "TRUE", "true,text"])
def test_a_summary_that_there_is_not_is_refused(pkb: Client, path: str, summary: str):
    response = pkb.facade(f"{path}{'&' if '?' in path else '?'}_summary={summary}")
    assert_operation_outcome(response, 400, "invalid", "_summary must be one of true, text, data, count, false")


def test_a_form_says_the_same_as_the_address(pkb: Client):
    form = f"{PATIENT}&_summary=count&_pretty=true&_format=application/fhir%2Bjson&_sort=x"
    response = pkb.facade("/Consent/_search", method="POST", content=form, headers={**FORM, "Accept": "text/plain"})
    assert response.text.startswith("{\n")
    assert "entry" not in response.json()
    for refused in ("_format=xml", "_summary=x", "_count=0", "_id=1"):
        response = pkb.facade("/Consent/_search", method="POST", content=f"{PATIENT}&{refused}", headers=FORM)
        assert response.status_code == (406 if "xml" in refused else 400)


def test_the_statement_is_shaped_too(pkb: Client):
    summary = pkb.http.get("/fhir/metadata?_summary=true").json()
    assert "url" in summary
    assert is_subsetted(summary)
    named = pkb.http.get("/fhir/metadata?_elements=fhirVersion").json()
    assert named["fhirVersion"] == "3.0.2"
    assert "implementation" not in named
    assert pkb.http.get("/fhir/metadata?_summary=x").status_code == 400
