"""Data entered in PKB's web pages, as control calls: it shows where PKB maps it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.test_acts import TOLA, act, done, refused
from tests.control.test_openapi import DOCUMENT
from tests.rest.support import ask
from tests.support import Client

OWEN, LEONIE = "f1640ff8-d059-403c-b0d5-295ffc6e627d", "9a2f79e6-0b1a-4bce-901b-a04516f81cdd"


def test_a_measurement_of_the_patient_shows_in_the_custom_rest_api(pkb: Client):
    body = {"type": "bloodPressure", "value": 124.5, "value2": "81", "at": "2026-02-11T07:30:00+01:00"}
    entered = done(act(pkb, TOLA, "measurements", body), 201)
    assert (entered["source"]["person"], entered["label"]) == (TOLA, "GENERAL_HEALTH")
    (measurement,) = ask(pkb, "GET", "/v2-beta/measurements?apiRefs=bloodPressure", "PATIENT")
    assert (measurement["value"], measurement["value2"], measurement["takenDate"]) == (
        "124.5",
        "81",
        "2026-02-11T06:30:00.000Z",
    )


def test_a_weight_in_stone_is_kept_as_it_was_entered(pkb: Client):
    entered = done(act(pkb, TOLA, "measurements", {"type": "weightStone", "value": 10, "value2": 2}), 201)
    assert (entered["type"], entered["value"], entered["unit"]) == ("weight", "64.41", "kg")
    assert (entered["entered_as"]["type"], entered["entered_as"]["value2"]) == ("weightStone", "2")
    (measurement,) = ask(pkb, "GET", "/v2-beta/measurements?apiRefs=weight", "PATIENT")
    assert (measurement["apiRef"], measurement["value"]) == ("weight", "64.41")


def test_a_professional_enters_under_the_label_of_the_team(pkb: Client):
    entered = done(act(pkb, TOLA, "diagnoses", {"diagnosis": "Syphilis", "by": LEONIE, "at": "2026-02-01"}), 201)
    assert (entered["label"], entered["source"]["person"]) == ("SEXUAL_HEALTH", LEONIE)
    days = [result["startDate"] for result in ask(pkb, "GET", "/v1/diagnoses/all", "PATIENT")["results"]]
    assert "2026-02-01" in days


def test_an_allergy_shows_with_its_reactions(pkb: Client):
    coded = {"code": "91935009", "text": "Allergy to peanut", "system": "SNOMED CT"}
    body = {"allergen": coded, "severity": "Severe", "reactions": ["Hives"], "onset": "2020-01-01", "by": OWEN}
    done(act(pkb, TOLA, "allergies", body), 201)
    allergies = ask(pkb, "GET", "/v2-beta/allergies/forPatient/5001", "CLINICIAN")
    (peanut,) = [allergy for allergy in allergies if allergy["substanceCode"]["displayText"] == "Allergy to peanut"]
    assert (peanut["severity"]["displayText"], peanut["reactions"][0]["displayText"]) == ("Severe", "Hives")


@pytest.mark.parametrize("path", ["measurements", "allergies", "diagnoses"])
def test_the_example_of_the_document_is_taken(pkb: Client, path: str):
    (example,) = DOCUMENT["paths"][f"/records/{{patient}}/{path}"]["post"]["requestBody"]["content"][
        "application/json"
    ]["schema"]["examples"]
    done(act(pkb, TOLA, path, example), 201)


CODED = "must be a text or an object with code, text, system"
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no type": ("measurements", {"value": 1}, "type must be text"),
    "no value": ("measurements", {"type": "weight"}, "weight needs a value, either a number or a text"),
    "a list for a number": (
        "measurements",
        {"type": "weight", "value": []},
        "value must be a number with at most 15 digits",
    ),
    "a text for a number": (
        "measurements",
        {"type": "weight", "value": "x"},
        "value must be a number with at most 15 digits",
    ),
    "a huge number": (
        "measurements",
        {"type": "weight", "value": 1e300},
        "value must be a number with at most 15 digits",
    ),
    "a time without offset": (
        "measurements",
        {"type": "weight", "value": 1, "at": "2026-02-11T07:30:00"},
        "at must be a date, or a date and time with an offset",
    ),
    "a day that is none": (
        "diagnoses",
        {"diagnosis": "x", "at": "2026-02-31"},
        "at must be a date, or a date and time with an offset",
    ),
    "nobody": ("diagnoses", {"diagnosis": "x", "by": "nobody"}, "nobody is neither a user nor a patient"),
    "no diagnosis": ("diagnoses", {}, f"diagnosis {CODED}"),
    "an empty allergen": ("allergies", {"allergen": ""}, f"allergen {CODED}"),
    "an allergen of other keys": ("allergies", {"allergen": {"display": "x"}}, f"allergen {CODED}"),
    "an allergen of numbers": ("allergies", {"allergen": {"code": 1}}, f"allergen {CODED}"),
}


@pytest.mark.parametrize(("path", "body", "detail"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_entry_is_refused(pkb: Client, path: str, body: dict[str, Any], detail: str):
    before = pkb.control(f"/records/{TOLA}")
    refused(act(pkb, TOLA, path, body), 400, detail)
    assert pkb.control(f"/records/{TOLA}") == before
