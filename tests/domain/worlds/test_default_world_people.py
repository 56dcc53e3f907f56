"""The reasons for which each patient of the default world is in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.domain.worlds.test_default_world import CUSTOMERS, PATIENTS, ids, patients_where


def is_child_with_a_registered_carer(patient: dict[str, Any]) -> bool:
    registered = ids(patients_where(registered=True))
    carers = [c["grantee"]["id"] for c in patient.get("consents", []) if c["grantee"]["kind"] == "carer"]
    # Under 16 whenever this is run in the years that the fixture is meant for: born after 2014.
    return patient["date_of_birth"].year > 2014 and any(carer in registered for carer in carers)


def teams_consented(patient: dict[str, Any]) -> set[str]:
    consents = [c for c in patient.get("consents", []) if c["grantee"]["kind"] == "team" and not c.get("discharged")]
    return {c["grantee"]["id"] for c in consents if c.get("labels")}


def name_of(patient: dict[str, Any]) -> str:
    return " ".join(patient["name"].values())


SHOWN: dict[str, Callable[[dict[str, Any]], object]] = {
    "registered": lambda p: p.get("registered"),
    "unregistered": lambda p: not p.get("registered") and not p.get("deceased") and p.get("activated", True),
    "deceased, time known": lambda p: p.get("deceased") and "died_at" in p,
    "deceased, time unknown": lambda p: p.get("deceased") and "died_at" not in p,
    "under 16 with a carer": is_child_with_a_registered_carer,
    "sharing disabled": lambda p: p.get("sharing_disabled"),
    "access frozen": lambda p: p.get("access_frozen"),
    "no NHS number": lambda p: p["identifiers"] and all(i["type"] != "NHS" for i in p["identifiers"]),
    "shared by both customers": lambda p: ids(CUSTOMERS) <= set(p["organisations"]),
    "only in Eastgate": lambda p: p["organisations"] == [CUSTOMERS[1]["id"]],
    "consent to one of two teams": lambda p: len(p["teams"]) > 1 and len(teams_consented(p)) == 1,
    "consent to no one": lambda p: p["teams"] and not p.get("consents"),
    "sexual health": lambda p: any(d.get("label") == "SEXUAL_HEALTH" for d in p.get("diagnosis", [])),
    "apostrophe": lambda p: p["name"]["family"].startswith("O'"),
    "Greek": lambda p: re.search(r"[\u0370-\u03ff]", name_of(p)),
    "Chinese": lambda p: re.search(r"[\u4e00-\u9fff]", name_of(p)),
    "born on 29 February": lambda p: (p["date_of_birth"].month, p["date_of_birth"].day) == (2, 29),
    "not activated": lambda p: p.get("activated") is False,
    "allergy": lambda p: p.get("allergy"),
    "diagnosis": lambda p: p.get("diagnosis"),
    "medication": lambda p: p.get("medication"),
    "an appointment of each status": lambda p: len({a.get("status") for a in p.get("appointment", [])}) == 3,
    "an encounter that changes its class": lambda p: changes(p, "class_") and changes(p, "specialty"),
    "a result, a corrected and a deleted one": lambda p: {"versions", "deleted"} <= words(p, "lab_report", "result"),
    "a measurement": lambda p: p.get("measurement"),
    "radiology, hidden and deleted": lambda p: {"released_at", "deleted"} <= words(p, "radiology_report"),
    "a letter to be read": lambda p: [d for d in p.get("document", []) if "status" not in d and "files" in d],
    "a letter that was read": lambda p: "read_at" in words(p, "document"),
    "a hidden letter": lambda p: "released_at" in words(p, "document"),
    "a care plan with versions": lambda p: "versions" in words(p, "care_plan"),
    "mental health": lambda p: any(e.get("label") == "MENTAL_HEALTH" for e in p.get("encounter", [])),
    "social care": lambda p: any(d.get("label") == "SOCIAL_CARE" for d in p.get("document", [])),
    "data of two organisations": lambda p: len({d["source"]["organisation"] for d in p.get("document", [])}) == 2,
    "entered by the patient": lambda p: [m for m in p.get("measurement", []) if m["source"] == {"person": p["id"]}],
    "entered by a carer": lambda p: [a for a in p.get("allergy", []) if "organisation" not in a["source"]],
}


def words(patient: dict[str, Any], *path: str) -> set[str]:
    """The attributes that any row at the end of a path has."""
    rows = [patient]
    for key in path:
        rows = [entry for row in rows for entry in row.get(key, [])]
    return {name for row in rows for name in row}


def changes(patient: dict[str, Any], attribute: str) -> bool:
    return any(len({e.get(attribute) for e in encounter["events"]}) > 1 for encounter in patient.get("encounter", []))


@pytest.mark.parametrize("what", SHOWN)
def test_someone_shows(what):
    assert [patient for patient in PATIENTS if SHOWN[what](patient)]
