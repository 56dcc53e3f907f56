"""The parts of the Facade's resources: visits, people, sources and numbers, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.access.purview import local_numbers
from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.facade.resources import data_point, document_reference, encounter, patient
from sandbox.fhir.rendered.elements import without_empty
from sandbox.fhir.rendered.query import date
from sandbox.model import Code, Diagnosis, Document, Encounter, EncounterEvent, Name, Patient, Source, User
from sandbox.store import Store
from tests.fhir.facade.inprocess import NORTHMOOR, InProcess
from tests.fhir.facade.samples import RENAL, RHYS

Json = dict[str, Any]
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
START = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
DATE = SearchRule(name="date", type="date", prefixes=("eq", "gt", "lt"))


@pytest.fixture(scope="module")
def store() -> Store:
    return InProcess().workspace.store


def event(hours: int, type_: str = "ADMISSION", class_: str = "IN_PATIENT", specialty: str = "") -> EncounterEvent:
    at = START + timedelta(hours=hours)
    return EncounterEvent(id=str(hours), type=type_, at=at, class_=class_, specialty=specialty, entered_at=at)


def visit(*events: EncounterEvent) -> Encounter:
    return Encounter(id="v", patient=TOLA, source=Source(organisation=NORTHMOOR), entered_at=START,
                     persisted_at=START, events=events)  # fmt: skip


def hour(hours: int) -> str:
    return f"2026-02-01T{9 + hours:02d}:00:00.000Z"


def plain(period: Json) -> Json:
    """Return a period with its times as hours, whatever the digits after the second."""
    return {name: value[:13] for name, value in period.items()}


def test_a_visit_has_the_histories_of_its_class_and_specialty(store: Store):
    rendered = encounter.to_stu3(
        store,
        visit(
            event(3, "DISCHARGE", "IN_PATIENT", "300"),
            event(0, "ADMISSION", "EMERGENCY", "100"),
            event(1, "TRANSFER", "EMERGENCY", "200"),
            event(2, "TRANSFER", "OTHER", ""),
        ),
        False,
    )
    hours = [hour(number)[:13] for number in range(4)]
    assert plain(rendered["period"]) == {"start": hours[0], "end": hours[3]}
    assert rendered["class"]["code"] == "IMP"
    assert [(row["class"]["code"], plain(row["period"])) for row in rendered["classHistory"]] == [
        ("EMER", {"start": hours[0], "end": hours[2]}),
        ("IMP", {"start": hours[3]}),
    ]
    histories = [{part["url"]: part for part in row["extension"]} for row in rendered["extension"]]
    assert [(row["specialty"]["valueCoding"]["code"], plain(row["period"]["valuePeriod"])) for row in histories] == [
        ("100", {"start": hours[0], "end": hours[1]}),
        ("200", {"start": hours[1], "end": hours[2]}),
        ("300", {"start": hours[3]}),
    ]
    assert "security" not in rendered["meta"], "a visit has no label"


def test_a_visit_goes_on_until_a_discharge(store: Store):
    rendered = encounter.to_stu3(store, visit(event(0, class_="OTHER")), False)
    assert list(rendered["period"]) == ["start"]
    assert "class" not in rendered


@pytest.mark.parametrize(
    ("events", "value", "is_within"),
    [
        ([], "gt2020", False),
        ([event(0)], "gt2027", True),
        ([event(0), event(1, "DISCHARGE")], "gt2027", False),
        ([event(0), event(1, "DISCHARGE")], "eq2026-02-01", True),
        ([event(0), event(24, "DISCHARGE")], "eq2026-02-01", False),
        ([event(0)], "lt2026-02-01", False),
    ],
)
def test_a_visit_lies_within_a_date_by_its_first_and_last_event(
    events: list[EncounterEvent], value: str, is_within: bool
):
    assert encounter._within(events, [date.parse(DATE, "", value)]) is is_within
    assert encounter._within(events, []) is bool(events)


def diagnosis(id_: str, hours: int = 0, **more: Any) -> Diagnosis:
    at = START + timedelta(hours=hours)
    return Diagnosis(id=id_, patient=TOLA, diagnosis=Code(text="x"), entered_at=at, persisted_at=at,
                     **{"source": Source(), **more})  # fmt: skip


def test_data_is_listed_from_the_newest_to_the_oldest():
    points = [diagnosis("a", 1), diagnosis("b", 1), diagnosis("c", 2), diagnosis("d", 0)]
    dates = {"a": None, "b": None, "c": None, "d": START + timedelta(hours=5)}
    assert [point.id for point in data_point.newest_first(points, lambda point: dates[point.id])] == list("dcba")


@pytest.mark.parametrize(
    ("at", "values", "is_within"),
    [(START, [], True), (None, [], True), (None, ["gt2020"], False), (START, ["gt2020", "lt2027"], True),
     (START, ["gt2020", "lt2021"], False), (START, ["lt2021", "gt2020"], False)],
)  # fmt: skip
def test_a_time_meets_every_date(at: datetime | None, values: list[str], is_within: bool):
    assert data_point.meets_dates(at, [date.parse(DATE, "", value) for value in values]) is is_within


def test_the_source_of_data_is_what_is_known_of_it(store: Store):
    def sources(**source: str) -> list[tuple[str, str]]:
        contained: list[Json] = []
        meta = data_point.common_elements(store, "Condition", diagnosis("x", source=Source(**source)), contained)[
            "meta"
        ]
        return [
            (row["url"].rpartition("/")[2], row["valueReference"]["reference"]) for row in meta.get("extension", ())
        ]

    user = next(iter(store.all(User)))
    assert sources() == []
    assert sources(organisation="unknown", team="unknown", person="unknown") == []
    assert sources(organisation=NORTHMOOR, team=RENAL, person=user.id) == [
        ("source-organisation", f"Organization/{NORTHMOOR}"),
        ("source-team", f"Organization/{RENAL}"),
        ("source-person", f"Practitioner/{user.id}"),
    ]
    assert sources(person=TOLA) == [("source-person", f"Patient/{TOLA}")]
    assert sources(person=RHYS) == [("source-person", "#1")]


def test_a_carer_is_contained_once(store: Store):
    carer = replace(store.get(Patient, RHYS), name=Name(given="Rhys", family="D", title="Mr"))
    contained: list[Json] = []
    first, again = data_point.related_person(carer, contained), data_point.related_person(carer, contained)
    other = data_point.related_person(replace(store.get(Patient, TOLA), name=Name(family="A")), contained)
    assert (first["reference"], again["reference"], other["reference"]) == ("#1", "#1", "#2")
    assert [resource["name"] for resource in contained] == [
        [{"family": "D", "given": ["Rhys"], "prefix": ["Mr"]}], [{"family": "A"}],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "labels", "specialties"),
    [({}, ["GENERAL_HEALTH"], []), ({"label": ""}, [], []), ({"specialty": "100"}, ["GENERAL_HEALTH"], ["100"])],
)
def test_data_has_its_label_and_its_specialty(store: Store, changes: Json, labels: list[str], specialties: list[str]):
    point = diagnosis("x", **changes)
    meta = data_point.common_elements(store, "Condition", point, [])["meta"]
    assert [row["code"] for row in meta.get("security", ())] == labels
    assert "security" not in data_point.common_elements(store, "Condition", point, [], labelled=False)["meta"]
    assert [row["valueCoding"]["code"] for row in data_point.specialty_extension(point)] == specialties


def test_a_patient_has_names_and_a_death_as_far_as_they_are_known(store: Store):
    tola = store.get(Patient, TOLA)
    dead = {"deceased": True, "died_at": START}
    for changes, expected in (
        ({"deceased": False}, {"deceasedBoolean": False}),
        ({"deceased": True, "died_at": None}, {"deceasedBoolean": True}),
        (dead, {"deceasedDateTime": hour(0)[:13]}),
        ({**dead, "deceased": False}, {"deceasedBoolean": False}),
        ({"deceased": None}, {}),
    ):
        rendered = patient.to_stu3(store, replace(tola, **changes), local_numbers(InProcess().partner()))
        death = {name: value for name, value in rendered.items() if name.startswith("deceased")}
        assert {name: value[:13] if isinstance(value, str) else value for name, value in death.items()} == expected
    for name, rendered_name in (
        (Name(given="A", middle="B", family="C", title="D"), {"family": "C", "given": ["A", "B"], "prefix": ["D"]}),
        (Name(middle="B"), {"given": ["B"]}),
    ):
        numbers = local_numbers(InProcess().partner())
        rendered = patient.to_stu3(store, replace(tola, name=name, phone="", contacts=(), date_of_birth=None), numbers)
        assert rendered["name"] == [rendered_name]
        assert not {"telecom", "birthDate"} & rendered.keys()


def test_a_document_has_the_name_of_its_file_unless_it_is_withheld(store: Store):
    letter = replace(next(iter(store.all(Document))), external_id="e", source=Source(organisation=NORTHMOOR))
    for hidden in (False, True):
        rendered = document_reference.to_stu3(store, letter, hidden)
        assert ("title" in rendered["content"][0]["attachment"]) is not hidden
        assert rendered["identifier"] == [{"system": f"urn:uuid:{NORTHMOOR}", "value": "e"}]
    for changes in ({"external_id": ""}, {"source": Source()}):
        assert "identifier" not in document_reference.to_stu3(store, replace(letter, **changes), False)
    lost = document_reference.to_stu3(store, replace(letter, attachment="unknown", title="t"), False)
    assert lost["content"] == [{"attachment": {"contentType": "application/octet-stream", "title": "t"}}]


def test_empty_elements_are_left_out_and_values_stay():
    assert without_empty({"a": "", "b": None, "c": [], "d": {}, "e": 0, "f": False, "g": [{}]}) == {
        "e": 0, "f": False, "g": [{}],
    }  # fmt: skip
