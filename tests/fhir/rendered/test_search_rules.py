"""Search parameters as the statement rules them: what is missing, unknown, repeated, or of the wrong form.

Sources: the documentation sentences of https://my.patientsknowbest.com/fhir/metadata ; HAPI's words,
https://github.com/hapifhir/hapi-fhir/issues/1935 ; https://hl7.org/fhir/STU3/search.html
"""

from __future__ import annotations

import httpx
import pytest

from sandbox.fhir.base import capability
from sandbox.fhir.base.capability import SearchRule
from tests.fhir.rendered.test_offered import FACADE, NOT_HANDLED, PATIENT, SEARCHED, TOLA
from tests.support import Client, assert_operation_outcome

NHS = "https://fhir.nhs.uk/Id/nhs-number"
RULES = [(type_, rule) for type_, offered in FACADE.types.items() for rule in offered.search.values()]
VALUES = {"date": "2026-01-05", "reference": "x", "string": "urn:uuid:", "token": "urn:x%7CA"}
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


def of(kind: str) -> list[tuple[str, SearchRule]]:
    return [row for row in RULES if row[1].type == kind]


def label(row: tuple[str, SearchRule]) -> str:
    return f"{row[0]}.{row[1].name}"


def value_of(rule: SearchRule) -> str:
    if rule.type == "reference":
        return f"{rule.targets[0]}/{TOLA}"
    if rule.codes:
        return rule.codes[0].replace("|", "%7C") if "|" in rule.codes[0] else f"urn:x%7C{rule.codes[0]}"
    return f"{rule.systems[0]}%7C9991001379" if rule.systems else VALUES[rule.type]


def with_rest(type_: str, rule: SearchRule, *pairs: str) -> str:
    """A query with these pairs, and with what else the type requires."""
    if type_ == "DocumentReference" and rule.optionality == "conditional":
        return "&".join(pairs if rule.name == "patient" or not pairs else [PATIENT, *pairs])
    others = [pair for pair in SEARCHED[type_].split("&") if pair and pair.split("=")[0] != rule.name]
    return "&".join([*others, *pairs])


def assert_taken(response: httpx.Response) -> None:
    """The rules let the search through."""
    assert response.status_code == 200, response.text


def assert_not_handled(response: httpx.Response, type_: str, names: str) -> None:
    text = NOT_HANDLED.format("GET", type_, names)
    assert_operation_outcome(response, 400, "processing", text)
    assert_inferred(response, type_)
    assert response.headers["pkb-sandbox-explain"]


def assert_inferred(response: httpx.Response, type_: str) -> None:
    """The rule is inferred, and the answer as weak as the search that it is about."""
    search = FACADE.types[type_].interactions["search-type"]
    assert response.headers["pkb-sandbox-standing"] == ("choice" if search.standing == "choice" else "inferred")


def assert_invalid(response: httpx.Response, code: str = "invalid", part: str = "") -> None:
    body = assert_operation_outcome(response, 400, code)
    assert part in body["issue"][0]["diagnostics"]


# --- which parameters ---


@pytest.mark.parametrize("row", [row for row in RULES if row[1].optionality == "required"], ids=label)
def test_a_required_parameter_must_be_there(pkb: Client, row: tuple[str, SearchRule]):
    type_, rule = row
    query = with_rest(type_, rule)
    names = ", ".join(pair.split("=")[0] for pair in query.split("&") if pair)
    response = pkb.facade(f"/{type_}?{query}")
    assert_not_handled(response, type_, names)
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert f"{rule.name}=" in explanation["instead"]


@pytest.mark.parametrize("row", [row for row in RULES if row[1].optionality == "optional"], ids=label)
def test_another_parameter_may_be_left_out_or_given(pkb: Client, row: tuple[str, SearchRule]):
    type_, rule = row
    assert_taken(pkb.facade(f"/{type_}?{with_rest(type_, rule)}"))
    assert_taken(pkb.facade(f"/{type_}?{with_rest(type_, rule, f'{rule.name}={value_of(rule)}')}"))


UNKNOWN = [
    "name=x",
    "_id=1",
    "_lastUpdated=gt2020",
    "_id:exact=1",
    "_revinclude=Provenance:target",
    "_revinclude:iterate=Provenance:target",
    "_include=*",
    "_has:Observation:patient:code=x",
    "_lastUpdated:missing=true",
    "=x",
]


@pytest.mark.parametrize("type_", SEARCHED)
@pytest.mark.parametrize("pair", UNKNOWN)
def test_an_unknown_parameter_is_refused(pkb: Client, type_: str, pair: str):
    query = "&".join(part for part in (SEARCHED[type_], pair) if part)
    names = ", ".join(dict.fromkeys(part.split("=")[0] for part in query.split("&")))
    assert_not_handled(pkb.facade(f"/{type_}?{query}"), type_, names)


def test_the_names_in_hapi_s_words_are_those_of_a_form_too(pkb: Client):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = pkb.facade("/Patient/_search?_pretty=true", method="POST", content="name=x&family=y", headers=headers)
    text = NOT_HANDLED.format("POST", "Patient/_search", "_pretty, name, family")
    assert_operation_outcome(response, 400, "processing", text)


def test_an_include_is_taken_where_the_statement_lists_it(pkb: Client):
    include = "_include=QuestionnaireResponse:subject:Patient"
    assert_taken(pkb.facade(f"/QuestionnaireResponse?{include}"))
    response = pkb.facade("/QuestionnaireResponse?_include=QuestionnaireResponse:patient")
    assert_not_handled(response, "QuestionnaireResponse", "_include")
    assert_not_handled(pkb.facade(f"/Consent?{PATIENT}&{include}"), "Consent", "patient, _include")


# --- how often, and with what ---


@pytest.mark.parametrize("row", RULES, ids=label)
def test_a_parameter_is_repeated_only_where_the_statement_says_and(pkb: Client, row: tuple[str, SearchRule]):
    type_, rule = row
    pair = f"{rule.name}={value_of(rule)}"
    response = pkb.facade(f"/{type_}?{with_rest(type_, rule, pair, pair)}")
    if rule.repeat:
        assert_taken(response)
    else:
        assert_invalid(response, part=f"Parameter {rule.name} must not be repeated")


@pytest.mark.parametrize("row", RULES, ids=label)
@pytest.mark.parametrize("comma", [",", "%2C"])
def test_no_parameter_takes_a_list(pkb: Client, row: tuple[str, SearchRule], comma: str):
    type_, rule = row
    pair = f"{rule.name}={value_of(rule)}{comma}{value_of(rule)}"
    response = pkb.facade(f"/{type_}?{with_rest(type_, rule, pair)}")
    assert_invalid(response, part=f"Parameter {rule.name} accepts one value")


@pytest.mark.parametrize("row", RULES, ids=label)
def test_no_parameter_may_be_empty(pkb: Client, row: tuple[str, SearchRule]):
    type_, rule = row
    response = pkb.facade(f"/{type_}?{with_rest(type_, rule, f'{rule.name}=')}")
    assert_invalid(response, part=f"Parameter {rule.name} has no value")


@pytest.mark.parametrize("row", RULES, ids=label)
@pytest.mark.parametrize("modifier", ["missing", "exact", "contains", "not", "text", "Patient", "Group", "identifier"])
def test_a_modifier_is_taken_only_where_the_statement_lists_it(pkb: Client, row: tuple[str, SearchRule], modifier: str):
    type_, rule = row
    response = pkb.facade(f"/{type_}?{with_rest(type_, rule, f'{rule.name}:{modifier}={value_of(rule)}')}")
    if modifier in rule.modifiers or ("[type]" in rule.modifiers and modifier in rule.targets):
        assert_taken(response)
    else:
        assert_invalid(response, part=f"Parameter {rule.name} ")


# --- dates ---


@pytest.mark.parametrize("row", of("date"), ids=label)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_taken_only_where_the_statement_lists_it(pkb: Client, row: tuple[str, SearchRule], prefix: str):
    type_, rule = row
    response = pkb.facade(f"/{type_}?{with_rest(type_, rule, f'{rule.name}={prefix}2026-01-05')}")
    if prefix in rule.prefixes:
        assert_taken(response)
    else:
        text = f"Parameter {rule.name} supports the prefixes [{', '.join(rule.prefixes)}], not {prefix}"
        assert_invalid(response, part=text)


DATES = (
    "2026",
    "2026-02",
    "2026-02-28",
    "2024-02-29",
    "2026-02-28T10:30",
    "2026-02-28T10:30Z",
    "2026-02-28T10:30:15%2B01:00",
    "2026-02-28T10:30:15+01:00",
    "2026-02-28T10:30:15.123-05:00",
    "le9999-12-31",
    "ge0001-01-01",
)
NO_DATES = (
    "soon",
    "20260228",
    "2026-2-8",
    "2026-13",
    "2026-02-30",
    "2025-02-29",
    "2026-02-28T25:00",
    "2026-02-28T10",
    "2026-02-28 10:30",
    "2026-02-28T10:30:15+1",
    "0000-01-01",
    "26-01-01",
    "ge",
    "gegt2026",
    "2026-02-28Z",
    "-2026",
    "٢٠٢٦",
    "ge 2026",
    "2026-02-28T10:30:61Z",
    "2026-02-28T10:30:00+25:00",
    "2" * 5000,
)


@pytest.mark.parametrize("value", DATES)
def test_a_date_is_taken_in_every_precision(pkb: Client, value: str):
    assert_taken(pkb.facade(f"/Appointment?{PATIENT}&date={value}"))


@pytest.mark.parametrize("value", NO_DATES, ids=lambda value: value[:24])
def test_an_invalid_date_is_refused(pkb: Client, value: str):
    assert_invalid(pkb.facade(f"/Appointment?{PATIENT}&date={value}"), part="Parameter date ")


# --- tokens ---

HALF = {
    "a code alone": "9991001379",
    "no system": "%7C9991001379",
    "no code": f"{NHS}%7C",
    "a bar": "%7C",
}


@pytest.mark.parametrize("row", of("token"), ids=label)
@pytest.mark.parametrize("value", HALF.values(), ids=HALF)
def test_a_token_needs_both_a_system_and_a_value(pkb: Client, row: tuple[str, SearchRule], value: str):
    type_, rule = row
    response = pkb.facade(f"/{type_}?{with_rest(type_, rule, f'{rule.name}={value}')}")
    identifies = rule.name == "identifier"
    assert_invalid(response, "exception" if identifies else "invalid", "must have a system and a value")
    if identifies:
        assert_inferred(response, type_)
    else:
        assert response.headers["pkb-sandbox-standing"] == "choice"


SYSTEMS = (
    "urn:oid:2.16.840.1.113883.2.1.3.2.4.16.53",
    "urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808",
    "https://fhir.nhs.uk/Id/NHS-number",
    "http://fhir.nhs.uk/Id/nhs-number",
    "nhs",
)


@pytest.mark.parametrize("system", SYSTEMS)
def test_patients_are_found_by_nhs_number_only(pkb: Client, system: str):
    response = pkb.facade(f"/Patient?identifier={system}%7C9991001379")
    text = f"Parameter identifier supports the systems [{NHS}], not {system}"
    assert_operation_outcome(response, 400, "not-supported", text)


@pytest.mark.parametrize("bar", ["|", "%7C", "%7c"])
def test_the_bar_may_be_encoded(pkb: Client, bar: str):
    assert pkb.facade(f"/Patient?identifier={NHS}{bar}9991001379").json()["total"] == 1
    encoded = "https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number"
    assert pkb.facade(f"/Patient?identifier={encoded}{bar}9991001379").json()["total"] == 1


@pytest.mark.parametrize("number", ["9990000000", "999.100.1379", "9991001379%7Cx", "NM00401", "x" * 3000])
def test_an_unknown_number_finds_nothing(pkb: Client, number: str):
    response = pkb.facade(f"/Patient?identifier={NHS}%7C{number}")
    assert response.status_code == 200
    assert response.json()["total"] == 0
    assert "entry" not in response.json()


# --- references ---

REFERENCES = {
    "type and id": f"patient=Patient/{TOLA}",
    "the type as a modifier": f"patient:Patient={TOLA}",
    "modifier and type": f"patient:Patient=Patient/{TOLA}",
    "an id alone": f"patient={TOLA}",
    "the address on this server": f"patient=http://localhost:8080/fhir/Patient/{TOLA}",
    "percent-encoded": f"patient%3APatient=Patient%2F{TOLA}",
}
NO_REFERENCES = {
    "another type": f"patient=Practitioner/{TOLA}",
    "an unknown type": f"patient=Foo/{TOLA}",
    "another type at an address": f"patient=https://pkb.test/fhir/Group/{TOLA}",
    "a type in lower case": f"patient=patient/{TOLA}",
    "another type as a modifier": f"patient:Group={TOLA}",
    "a modifier against the type": f"patient:Patient=Group/{TOLA}",
    "an id that is none": "patient=Patient/a_b",
    "an id that is too long": f"patient=Patient/{'a' * 65}",
    "no id": "patient=Patient/",
    "a version": f"patient=Patient/{TOLA}/_history/1",
    "a space": f"patient=Patient/{TOLA}%20",
    "a line end": f"patient=Patient/{TOLA}%0A",
}


@pytest.mark.parametrize("pair", REFERENCES.values(), ids=REFERENCES)
def test_a_reference_is_taken_in_every_form(pkb: Client, pair: str):
    assert pkb.facade(f"/Consent?{pair}").json()["total"] == 2


@pytest.mark.parametrize("pair", NO_REFERENCES.values(), ids=NO_REFERENCES)
def test_an_invalid_patient_reference_is_refused(pkb: Client, pair: str):
    assert_invalid(pkb.facade(f"/Consent?{pair}"), part="Parameter patient ")


def test_a_patient_who_is_not_known_has_no_consents(pkb: Client):
    response = pkb.facade("/Consent?patient=Patient/nobody")
    assert response.status_code == 200
    assert response.json()["total"] == 0


# --- strings ---

STRINGS = {
    "the whole": ("value=urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808", 1),
    "its beginning": ("value=urn:uuid:00b6", 1),
    "in another case": ("value=URN:UUID:00B6E67A", 1),
    "not its end": ("value=60a7da1de808", 0),
    "exactly": ("value:exact=urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808", 1),
    "exactly, but not its beginning": ("value:exact=urn:uuid:00b6", 0),
    "exactly, and so in its case": ("value:exact=URN:UUID:00b6e67a-7a2a-4c2b-8180-60a7da1de808", 0),
    "another organisation's": ("value=urn:uuid:3bfbac5d-14e9-48cb-b7b0-6962ea6b0dae", 0),
    "with an escaped comma": ("value=urn%5C,uuid", 0),
}


@pytest.mark.parametrize(("pair", "total"), STRINGS.values(), ids=STRINGS)
def test_a_string_is_a_beginning_unless_it_is_exact(pkb: Client, pair: str, total: int):
    response = pkb.facade(f"/NamingSystem?{pair}")
    assert response.status_code == 200
    assert response.json()["total"] == total


# --- forms ---


def post(pkb: Client, content: bytes | str, media_type: str = "application/x-www-form-urlencoded") -> httpx.Response:
    headers = {"Content-Type": media_type} if media_type else {}
    return pkb.facade("/Patient/_search", method="POST", content=content, headers=headers)


def test_a_form_may_carry_the_parameters(pkb: Client):
    body = post(pkb, f"identifier={NHS}%7C9991001379").json()
    assert body["total"] == 1
    assert body["link"][0]["url"].endswith(f"/fhir/Patient?identifier={NHS}%7C9991001379")


def test_query_string_and_form_count_together(pkb: Client):
    pair, headers = (
        f"identifier={NHS}%7C9991001379",
        {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
    )
    response = pkb.facade(f"/Patient/_search?{pair}", method="POST", content="_count=1", headers=headers)
    assert response.json()["total"] == 1
    assert_invalid(pkb.facade(f"/Patient/_search?{pair}", method="POST", content=pair, headers=headers))


@pytest.mark.parametrize("media_type", ["application/json", "application/fhir+json", "text/plain", ""])
def test_a_search_by_post_is_a_form(pkb: Client, media_type: str):
    response = post(pkb, f"identifier={NHS}%7C9991001379", media_type)
    text = "The body of a search by POST must be application/x-www-form-urlencoded"
    assert_operation_outcome(response, 415, "not-supported", text)


@pytest.mark.parametrize("content", [b"identifier=\xff", b"identifier=%FF%FE", b"\x00\xff", b"a=1&" * 300])
def test_parameters_that_cannot_be_read_are_refused(pkb: Client, content: bytes):
    assert_invalid(post(pkb, content), part="cannot be read")
    if content.isascii():
        assert_invalid(pkb.facade(f"/Patient?{content.decode()}"), part="cannot be read")


def test_the_conditional_parameters_are_the_three_that_the_statement_names():
    conditional = {rule.name for type_, rule in RULES if rule.optionality == "conditional"}
    assert conditional == {"created", "indexed", "patient"}
    assert capability.load("facade").types["DocumentReference"].search["indexed"].prefixes == ("eq",)
