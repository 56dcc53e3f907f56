"""The elements of an Encounter of the Facade, and its period in searches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.model import Encounter, EncounterEvent
from tests.fhir.facade.resources.test_elements import ENCOUNTER, OTHER_ENCOUNTER
from tests.fhir.facade.samples import (
    NORTHMOOR_ID,
    RENAL,
    RHYS,
    STRUCTURE,
    Json,
    match_with,
    meta,
    search,
    source,
    to_rhys,
)
from tests.support import Client


def history(*runs: tuple[str, str, str]) -> list[Json]:
    return [
        {
            "url": f"{STRUCTURE}/specialty-history",
            "extension": [
                {"url": "specialty", "valueCoding": {"code": code}},
                {"url": "period", "valuePeriod": {"start": start, **({"end": end} if end else {})}},
            ],
        }
        for code, start, end in runs
    ]


def act(code: str) -> Json:
    return {"system": "http://hl7.org/fhir/v3/ActCode", "code": code}


def test_an_encounter_has_the_histories_of_specialty_and_class_and_no_label(pkb: Client):
    head = meta("2026-01-27T16:00:00Z", source(NORTHMOOR_ID, RENAL))
    del head["security"]
    assert match_with(pkb, f"/Encounter?patient={RHYS}", ENCOUNTER) == {
        "resourceType": "Encounter",
        "id": ENCOUNTER,
        "meta": head,
        "extension": history(
            ("180", "2026-01-24T21:10:00Z", "2026-01-25T11:00:00Z"), ("361", "2026-01-25T11:00:00Z", "")
        ),
        "status": "unknown",
        "class": act("IMP"),
        "classHistory": [
            {"class": act("EMER"), "period": {"start": "2026-01-24T21:10:00Z", "end": "2026-01-25T02:40:00Z"}},
            {"class": act("IMP"), "period": {"start": "2026-01-25T02:40:00Z"}},
        ],
        "subject": to_rhys(),
        "period": {"start": "2026-01-24T21:10:00Z", "end": "2026-01-27T15:30:00Z"},
    }


def test_an_open_encounter_of_another_class_has_neither_class_nor_end(pkb: Client):
    encounter = match_with(pkb, f"/Encounter?patient={RHYS}", OTHER_ENCOUNTER)
    assert encounter.keys().isdisjoint({"class", "classHistory", "extension"})
    assert encounter["period"] == {"start": "2026-02-18T08:45:00Z"}


def event(hour: int, class_: str, specialty_: str = "", type_: str = "TRANSFER") -> EncounterEvent:
    at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    return EncounterEvent(id=f"e{hour}", type=type_, at=at, class_=class_, specialty=specialty_, entered_at=at)


def with_events(pkb: Client, *events: EncounterEvent) -> Json:
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Encounter, ENCOUNTER), events=events))
    return match_with(pkb, f"/Encounter?patient={RHYS}", ENCOUNTER)


CLASSES = {
    "IN_PATIENT": "IMP",
    "OUT_PATIENT": "AMB",
    "AMBULATORY": "AMB",
    "EMERGENCY": "EMER",
    "HOME": "HH",
    "FIELD": "FLD",
    "DAYTIME": "SS",
    "VIRTUAL": "VR",
}


@pytest.mark.parametrize(("class_", "code"), CLASSES.items())
def test_an_encounter_has_the_class_of_its_newest_event(pkb: Client, class_: str, code: str):
    assert with_events(pkb, event(9, class_), event(8, "OTHER"))["class"] == act(code)


def test_runs_are_of_the_mapped_class_and_end_where_the_next_begins(pkb: Client):
    encounter = with_events(pkb, event(12, "HOME"), event(8, "OUT_PATIENT"), event(9, "AMBULATORY"), event(10, "OTHER"))
    assert [(run["class"]["code"], run["period"]) for run in encounter["classHistory"]] == [
        ("AMB", {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T10:00:00Z"}),
        ("HH", {"start": "2026-03-01T12:00:00Z"}),
    ]


def test_specialties_are_case_sensitive_and_a_missing_one_starts_no_run(pkb: Client):
    encounter = with_events(
        pkb, event(8, "HOME", "abc"), event(9, "HOME", "ABC"), event(10, "HOME"), event(11, "HOME", "abc")
    )
    codes = [run["extension"][0]["valueCoding"]["code"] for run in encounter["extension"]]
    periods = [run["extension"][1]["valuePeriod"] for run in encounter["extension"]]
    assert codes == ["abc", "ABC", "abc"]
    assert periods[1] == {"start": "2026-03-01T09:00:00Z", "end": "2026-03-01T10:00:00Z"}


PERIODS = {
    "eq2026-01": True,
    "eq2026-01-25": False,
    "2026": True,
    "gt2026-01-26": True,
    "gt2026-01-27": False,
    "lt2026-01-25": True,
    "lt2026-01-24": False,
}


@pytest.mark.parametrize(("value", "matches"), PERIODS.items())
def test_date_compares_the_period_of_an_encounter(pkb: Client, value: str, matches: bool):
    ids = {e["id"] for e in search(pkb, f"/Encounter?patient={RHYS}&date={value}")}
    assert (ENCOUNTER in ids) == matches


def test_an_encounter_that_has_not_ended_goes_on(pkb: Client):
    ids = {e["id"] for e in search(pkb, f"/Encounter?patient={RHYS}&date=gt2090-01-01")}
    assert ids == {OTHER_ENCOUNTER}


def test_an_encounter_without_events_is_not_shown(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Encounter, ENCOUNTER), events=()))
    assert {e["id"] for e in search(pkb, f"/Encounter?patient={RHYS}")} == {OTHER_ENCOUNTER}
