"""The examples of the search pages, each with its section: https://hl7.org/fhir/R4/search.html and STU3's."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.search.world import World

Json = dict[str, Any]
RELEASES = ("stu3", "r4")
YEAR_AFTER = datetime(2013, 6, 1, tzinfo=UTC)
"""When the examples of `ap` were written, more or less: the approximation depends on it."""

FROM_21_JAN = {"start": "2013-01-21"}
FROM_15_MAR = {"start": "2013-03-15"}
TO_21_JAN = {"end": "2013-01-21"}

DATES: list[tuple[str, str, Any, bool]] = [
    # section 3.1.1.4.7 (R4) and 3.21.1.4.7 (STU3), the table of prefixes
    ("date", "eq2013-01-14", "2013-01-14T00:00:00Z", True),
    ("date", "eq2013-01-14", "2013-01-14T10:00:00Z", True),
    ("date", "eq2013-01-14", "2013-01-15T00:00:00Z", False),
    ("date", "2013-01-14", "2013-01-14T10:00:00Z", True),
    ("date", "ne2013-01-14", "2013-01-15T00:00:00Z", True),
    ("date", "ne2013-01-14", "2013-01-14T00:00:00Z", False),
    ("date", "ne2013-01-14", "2013-01-14T10:00:00Z", False),
    ("date", "lt2013-01-14T10:00", "2013-01-14", True),
    ("date", "gt2013-01-14T10:00", "2013-01-14", True),
    ("date", "ge2013-03-14", FROM_21_JAN, True),
    ("date", "le2013-03-14", FROM_21_JAN, True),
    ("date", "sa2013-03-14", FROM_15_MAR, True),
    ("date", "sa2013-03-14", FROM_21_JAN, False),
    ("date", "sa2013-03-14", TO_21_JAN, False),
    ("date", "eb2013-03-14", FROM_15_MAR, False),
    ("date", "eb2013-03-14", FROM_21_JAN, False),
    ("date", "eb2013-03-14", TO_21_JAN, True),
    ("date", "ap2013-03-14", "2013-03-14", True),
    ("date", "ap2013-03-14", "2013-01-21", False),
    ("date", "ap2013-03-14", "2015-06-15", False),
    # the same section: partial dates are intervals
    ("date", "2000", "2000-12-31T23:59:00Z", True),
    ("date", "2000", "2001-01-01T00:00:00Z", False),
    ("date", "2000-04", "2000-04-30T23:59:00Z", True),
    ("date", "2000-04", "2000-05-01", False),
    # the same section: correct for time zones
    ("date", "2013-01-14T10:00:00Z", "2013-01-14T11:00:00+01:00", True),
    ("date", "2013-01-14", "2013-01-14T00:30:00+01:00", False),
    # a missing boundary is before or after every date
    ("date", "lt1900", TO_21_JAN, True),
    ("date", "gt2100", FROM_21_JAN, True),
    ("date", "eq2013", FROM_21_JAN, False),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("_", "query", "value", "matches"), DATES, ids=lambda case: str(case)[:40])
def test_dates_match_as_the_specification_says(release: str, _: str, query: str, value: Any, matches: bool):
    element = "effectivePeriod" if isinstance(value, dict) else "effectiveDateTime"
    world = World(release, YEAR_AFTER).put({"resourceType": "Observation", "id": "1", element: value})
    assert world.ids(f"Observation?date={query}") == ["1"] * matches


def test_a_schedule_matches_by_its_outer_limits():
    """Section 3.1.1.4.7, Timing: every second day from 31 January to 24 March 2013 includes 1 February."""
    repeat = {"frequency": 1, "period": 2, "periodUnit": "d"}
    timing = {"repeat": {**repeat, "boundsPeriod": {"start": "2013-01-31", "end": "2013-03-24"}}}
    world = World().put({"resourceType": "Observation", "id": "1", "effectiveTiming": timing})
    assert world.ids("Observation?date=ge2013-02-01&date=le2013-02-01") == ["1"]
    assert world.ids("Observation?date=gt2013-03-24") == []


NUMBERS: list[tuple[str, str, bool]] = [
    # section 3.1.1.4.6 (R4) and 3.21.1.4.6 (STU3)
    ("100", "99.5", True),
    ("100", "100.4999", True),
    ("100", "100.5", False),
    ("100", "99.49", False),
    ("100.00", "99.995", True),
    ("100.00", "100.0049", True),
    ("100.00", "100.005", False),
    ("100.00", "99.99", False),
    ("1e2", "95", True),
    ("1e2", "104.9", True),
    ("1e2", "105", False),
    ("1e2", "94.9", False),
    ("lt100", "99.99", True),
    ("lt100", "100", False),
    ("le100", "100", True),
    ("le100", "100.01", False),
    ("gt100", "100.01", True),
    ("gt100", "100", False),
    ("ge100", "100", True),
    ("ge100", "99.99", False),
    ("ne100", "100", False),
    ("ne100", "99.5", False),
    ("ne100", "99.4", True),
    ("ne100", "100.5", True),
    # 100 and 1.00e2 have both three significant digits
    ("1.00e2", "100.4999", True),
    ("1.00e2", "100.5", False),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("query", "value", "matches"), NUMBERS)
def test_numbers_match_as_the_specification_says(release: str, query: str, value: str, matches: bool):
    prediction = [{"probabilityDecimal": Decimal(value)}]
    world = World(release).put({"resourceType": "RiskAssessment", "id": "1", "prediction": prediction})
    assert world.ids(f"RiskAssessment?probability={query}") == ["1"] * matches


@pytest.mark.parametrize("query", ["gt0.8", "gt8e-1"])
def test_a_probability_is_found_in_either_form(query: str):
    """Section 3.1.1.4.6: gt0.8, which could also be gt8e-1."""
    world = World()
    for value in ("0.8", "0.81"):
        prediction = [{"probabilityDecimal": Decimal(value)}]
        world.put({"resourceType": "RiskAssessment", "id": value, "prediction": prediction})
    assert world.ids(f"RiskAssessment?probability={query}") == ["0.81"]


@pytest.mark.parametrize(("query", "matches"), [("2", True), ("2.00", True), ("2.5", False), ("3", False)])
def test_integers_match_exactly(query: str, matches: bool):
    """Section 3.1.1.4.6: against an integer the significance cancels out; a fraction cannot match."""
    world = World().put({"resourceType": "MolecularSequence", "id": "1", "referenceSeq": {"windowStart": 2}})
    assert world.ids(f"MolecularSequence?window-start={query}") == ["1"] * matches


STRINGS: list[tuple[str, str, bool]] = [
    # section 3.1.1.4.8 (R4) and 3.21.1.4.8 (STU3): given=eve, given:contains=eve, given:exact=Eve
    ("given=eve", "Eve", True),
    ("given=eve", "Evelyn", True),
    ("given=eve", "Severine", False),
    ("given:contains=eve", "Eve", True),
    ("given:contains=eve", "Evelyn", True),
    ("given:contains=eve", "Severine", True),
    ("given:exact=Eve", "Eve", True),
    ("given:exact=Eve", "eve", False),
    ("given:exact=Eve", "EVE", False),
    ("given:exact=Eve", "Evelyn", False),
    # the same section: case and accents do not count
    ("given=renee", "Renée", True),
    ("given=RENÉE", "renee", True),
    ("given:exact=Renee", "Renée", False),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("query", "text", "matches"), STRINGS)
def test_strings_match_as_the_specification_says(release: str, query: str, text: str, matches: bool):
    world = World(release).put({"resourceType": "Patient", "id": "1", "name": [{"given": [text]}]})
    assert world.ids(f"Patient?{query}") == ["1"] * matches


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("query", "matches"),
    [("Carreno", True), ("Quinones", True), ("carreno quin", True), ("ones", False)],
)
def test_the_parts_of_a_family_name_are_searched_independently(release: str, query: str, matches: bool):
    """Section 3.1.1.4.8: either part of Carreno Quinones finds it."""
    world = World(release).put({"resourceType": "Patient", "id": "1", "name": [{"family": "Carreño Quiñones"}]})
    assert world.ids(f"Patient?family={query}") == ["1"] * matches
    assert world.ids(f"Patient?name={query}") == ["1"] * matches


def test_a_part_of_a_family_name_is_not_the_exact_name():
    world = World().put({"resourceType": "Patient", "id": "1", "name": [{"family": "Carreno Quinones"}]})
    assert world.ids("Patient?family:exact=Quinones") == []
    assert world.ids("Patient?family:exact=Carreno Quinones") == ["1"]


@pytest.mark.parametrize(
    ("release", "query", "matches"),
    [("r4", "OBrien", True), ("r4", "smith  o'brien", False), ("stu3", "OBrien", False), ("stu3", "o'brien", True)],
)
def test_punctuation_counts_in_stu3_only(release: str, query: str, matches: bool):
    """Section 3.1.1.4.8 of R4: punctuation and the width of white space are ignored; STU3 names case and accent."""
    world = World(release).put({"resourceType": "Patient", "id": "1", "name": [{"family": "O'Brien"}]})
    assert world.ids(f"Patient?family={query}") == ["1"] * matches


URIS: list[tuple[str, list[str]]] = [
    # section 3.1.1.4.9 (R4) and 3.21.1.4.9 (STU3)
    ("url=http://acme.org/fhir/ValueSet/123", ["123"]),
    ("url:below=http://acme.org/fhir/", ["123", "124"]),
    ("url:above=http://acme.org/fhir/ValueSet/123/_history/5", ["123"]),
    ("url=urn:oid:1.2.3.4.5", ["oid"]),
    ("url=http://acme.org/fhir/ValueSet", []),
    ("url=HTTP://acme.org/fhir/ValueSet/123", []),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("query", "ids"), URIS)
def test_uris_match_as_the_specification_says(release: str, query: str, ids: list[str]):
    world = World(release)
    for id_ in ("123", "124"):
        world.put({"resourceType": "ValueSet", "id": id_, "url": f"http://acme.org/fhir/ValueSet/{id_}"})
    world.put({"resourceType": "ValueSet", "id": "oid", "url": "urn:oid:1.2.3.4.5"})
    assert world.ids(f"ValueSet?{query}") == ids


ACME = "http://acme.org"
TOKENS: list[tuple[str, Json, bool]] = [
    # section 3.1.1.4.10 (R4) and 3.21.1.4.10 (STU3)
    (f"identifier={ACME}/patient|2345", {"identifier": [{"system": f"{ACME}/patient", "value": "2345"}]}, True),
    (f"identifier={ACME}/patient|2345", {"identifier": [{"system": f"{ACME}/other", "value": "2345"}]}, False),
    ("identifier=2345", {"identifier": [{"system": f"{ACME}/other", "value": "2345"}]}, True),
    ("identifier=|2345", {"identifier": [{"system": f"{ACME}/other", "value": "2345"}]}, False),
    ("identifier=|2345", {"identifier": [{"value": "2345"}]}, True),
    (f"identifier={ACME}/patient|", {"identifier": [{"system": f"{ACME}/patient", "value": "9"}]}, True),
    (f"identifier={ACME}/patient|", {"identifier": [{"system": f"{ACME}/other", "value": "9"}]}, False),
    ("gender=male", {"gender": "male"}, True),
    ("gender=http://hl7.org/fhir/administrative-gender|male", {"gender": "male"}, True),
    ("gender:not=male", {"gender": "male"}, False),
    ("gender:not=male", {"gender": "female"}, True),
    ("gender:not=male", {}, True),
    ("gender:not=male,female", {"gender": "female"}, False),
    ("active=true", {"active": True}, True),
    ("active=true", {"active": False}, False),
    ("active=false", {"active": False}, True),
    ("phone=020-1", {"telecom": [{"system": "phone", "value": "020-1"}]}, True),
    ("email=020-1", {"telecom": [{"system": "phone", "value": "020-1"}]}, False),
    ("telecom=020-1", {"telecom": [{"system": "phone", "value": "020-1"}]}, True),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("query", "elements", "matches"), TOKENS)
def test_tokens_match_as_the_specification_says(release: str, query: str, elements: Json, matches: bool):
    world = World(release).put({"resourceType": "Patient", "id": "1", **elements})
    assert world.ids(f"Patient?{query}") == ["1"] * matches


CONDITION = {
    "code": {
        "text": "A severe headache",
        "coding": [{"system": f"{ACME}/conditions/codes", "code": "ha125", "display": "Headache"}],
    }
}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("query", "matches"),
    [
        (f"code={ACME}/conditions/codes|ha125", True),
        ("code=ha125", True),
        ("code=http://other|ha125", False),
        ("code:text=headache", True),
        ("code:text=a severe", True),
        ("code:text=migraine", False),
    ],
)
def test_codes_of_conditions_match_as_the_specification_says(release: str, query: str, matches: bool):
    """Section 3.1.1.4.10: by system and code, by code, by the text that goes with it."""
    world = World(release).put({"resourceType": "Condition", "id": "1", **CONDITION})
    assert world.ids(f"Condition?{query}") == ["1"] * matches


def test_a_negation_holds_for_the_set():
    """Section 3.1.1.4.10: section:not=48765-2 finds no document that has such a section among others."""
    world = World()
    for id_, codes in (("both", ("48765-2", "10160-0")), ("other", ("10160-0",)), ("none", ())):
        sections = [{"code": {"coding": [{"system": "http://loinc.org", "code": code}]}} for code in codes]
        world.put({"resourceType": "Composition", "id": id_, "section": sections})
    assert world.ids("Composition?section=48765-2") == ["both"]
    assert world.ids("Composition?section:not=48765-2") == ["none", "other"]


def test_an_identifier_is_found_by_type_and_value():
    """Section 3.1.1.4.10 of R4: the medical record number 446053, whatever its system."""
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
    patient = {"resourceType": "Patient", "id": "1", "identifier": [{"type": kind, "value": "446053"}]}
    world = World().put(patient)
    assert world.ids("Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053") == ["1"]
    assert world.ids("Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|446053") == []


@pytest.mark.parametrize(("release", "matches"), [("stu3", True), ("r4", False)])
def test_the_case_of_codes_counts_in_r4_only(release: str, matches: bool):
    """Section 3.21.1.4.10 of STU3: not case sensitive. Section 3.1.1.4.10 of R4: case sensitive."""
    world = World(release).put({"resourceType": "Condition", "id": "a", **CONDITION})
    assert world.ids("Condition?code=HA125") == ["a"] * matches
    assert world.ids("Condition?_id=A") == []


def test_a_token_of_a_string_minds_no_case():
    """Section 3.1.1.4.10 of R4: if the data type is string then the search is not case sensitive."""
    world = World().put({"resourceType": "Questionnaire", "id": "1", "version": "2A"})
    assert world.ids("Questionnaire?version=2a") == ["1"]


UCUM = "http://unitsofmeasure.org"
QUANTITIES: list[tuple[str, Json, bool]] = [
    # section 3.1.1.4.11 (R4) and 3.21.1.4.11 (STU3)
    (f"5.4|{UCUM}|mg", {"value": Decimal("5.44"), "system": UCUM, "code": "mg"}, True),
    (f"5.4|{UCUM}|mg", {"value": Decimal("5.35"), "system": UCUM, "code": "mg"}, True),
    (f"5.4|{UCUM}|mg", {"value": Decimal("5.45"), "system": UCUM, "code": "mg"}, False),
    (f"5.4|{UCUM}|mg", {"value": Decimal("5.4"), "system": UCUM, "code": "g"}, False),
    (f"5.4|{UCUM}|mg", {"value": Decimal("5.4"), "unit": "mg"}, False),
    (f"5.40e-3|{UCUM}|g", {"value": Decimal("0.005404"), "system": UCUM, "code": "g"}, True),
    (f"5.40e-3|{UCUM}|g", {"value": Decimal("0.005406"), "system": UCUM, "code": "g"}, False),
    ("5.4||mg", {"value": Decimal("5.4"), "unit": "mg"}, True),
    ("5.4||mg", {"value": Decimal("5.4"), "system": "http://other", "code": "mg"}, True),
    ("5.4||mg", {"value": Decimal("5.4"), "unit": "ml"}, False),
    ("5.4", {"value": Decimal("5.4"), "unit": "anything"}, True),
    (f"le5.4|{UCUM}|mg", {"value": Decimal("5.4"), "system": UCUM, "code": "mg"}, True),
    (f"le5.4|{UCUM}|mg", {"value": Decimal("5.41"), "system": UCUM, "code": "mg"}, False),
    (f"ap5.4|{UCUM}|mg", {"value": Decimal("5.9"), "system": UCUM, "code": "mg"}, True),
    (f"ap5.4|{UCUM}|mg", {"value": Decimal("6"), "system": UCUM, "code": "mg"}, False),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("query", "quantity", "matches"), QUANTITIES)
def test_quantities_match_as_the_specification_says(release: str, query: str, quantity: Json, matches: bool):
    world = World(release).put({"resourceType": "Observation", "id": "1", "valueQuantity": quantity})
    assert world.ids(f"Observation?value-quantity={query}") == ["1"] * matches


OWN = "http://pkb.test/fhir"
REFERENCES: list[tuple[str, str, bool]] = [
    # section 3.1.1.4.12 (R4) and 3.21.1.4.12 (STU3)
    ("subject=123", "Patient/123", True),
    ("subject=Patient/123", "Patient/123", True),
    ("subject=Group/123", "Patient/123", False),
    ("subject=Patient/123", f"{OWN}/Patient/123", True),
    (f"subject={OWN}/Patient/123", f"{OWN}/Patient/123", True),
    (f"subject={OWN}/Patient/123", "Patient/123", True),
    ("subject=Patient/123", "http://elsewhere.test/fhir/Patient/123", False),
    ("subject=http://elsewhere.test/fhir/Patient/123", "http://elsewhere.test/fhir/Patient/123", True),
    ("subject=http://elsewhere.test/fhir/Patient/123", "Patient/123", False),
    ("subject:Patient=123", "Patient/123", True),
    ("subject:Patient=123", "Group/123", False),
    ("patient=123", "Patient/123", True),
    ("patient=123", "Group/123", False),
    ("subject=Patient/123", "Patient/123/_history/2", True),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("query", "reference", "matches"), REFERENCES)
def test_references_match_as_the_specification_says(release: str, query: str, reference: str, matches: bool):
    world = World(release).put({"resourceType": "Observation", "id": "1", "subject": {"reference": reference}})
    assert world.ids(f"Observation?{query}") == ["1"] * matches


@pytest.mark.parametrize("release", RELEASES)
def test_references_are_found_by_their_identifier(release: str):
    """Section 3.1.1.4.12 of R4: subject:identifier looks at the identifier of the reference."""
    mrn = {"system": "http://acme.org/fhir/identifier/mrn", "value": "123456"}
    world = World(release).put({"resourceType": "Observation", "id": "1", "subject": {"identifier": mrn}})
    assert world.ids("Observation?subject:identifier=http://acme.org/fhir/identifier/mrn|123456") == ["1"]
    assert world.ids("Observation?subject:identifier=http://acme.org/fhir/identifier/mrn|1") == []
    assert world.ids("Observation?subject=123456") == []


ABOUT = {
    # a tenth of the gap between now and the date, to both sides: the day ends 100 days before now, so 10 days
    "2025-09-11T23:59:59Z": False,
    "2025-09-12T00:00:00Z": True,
    "2025-09-22": True,
    "2025-10-02T23:59:59Z": True,
    "2025-10-03T00:00:00Z": False,
}


@pytest.mark.parametrize(("date", "is_about"), ABOUT.items())
def test_ap_reaches_a_tenth_of_the_gap_to_both_sides(date: str, is_about: bool):
    world = World("r4", datetime(2026, 1, 1, tzinfo=UTC))
    world.put({"resourceType": "Observation", "id": "o", "effectiveDateTime": date})
    assert (world.ids("Observation?date=ap2025-09-22") == ["o"]) is is_about


@pytest.mark.parametrize(("value", "is_about"), [("89.9", False), ("90", True), ("110", True), ("110.1", False)])
def test_ap_reaches_a_tenth_of_a_quantity_to_both_sides(value: str, is_about: bool):
    world = World("r4")
    world.put({"resourceType": "Observation", "id": "o", "valueQuantity": {"value": Decimal(value)}})
    assert (world.ids("Observation?value-quantity=ap100") == ["o"]) is is_about


@pytest.mark.parametrize("release", RELEASES)
def test_a_code_that_is_only_a_text_is_not_missing(release: str):
    world = World(release)
    world.put({"resourceType": "Observation", "id": "text", "code": {"text": "Weight"}})
    world.put({"resourceType": "Observation", "id": "none"})
    assert world.ids("Observation?code:missing=false") == ["text"]
    assert world.ids("Observation?code:missing=true") == ["none"]
