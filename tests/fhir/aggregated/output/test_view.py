"""The view of a search: what it shows, how long its indexes say they are, and what it notes as lacking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated.offer import offered
from sandbox.fhir.aggregated.output.render import ENDPOINT
from sandbox.fhir.aggregated.output.view import MANY, AggregatedView, Touched
from sandbox.fhir.aggregated.output.visibility import Visibility
from sandbox.fhir.search import StoreView, search
from sandbox.model import Aggregate, Consent, Grantee, Patient, Waiting
from sandbox.model.organisation import LABELS
from tests.fhir.aggregated.feeds import EASTGATE, NORTHMOOR, RHYS, START, TOLA, World, condition, organization, patient
from tests.fhir.aggregated.support import LABEL

Json = dict[str, Any]
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"
MAPPED = frozenset({"Patient", "Condition"})
GENERAL: Json = {"meta": {"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}]}}


class Scene:
    """Tola and Rhys in Eastgate's feed, with two conditions of Rhys, and a view of them."""

    def __init__(self) -> None:
        self.world = World()
        self.world.put("r4", organization(code="REG88"))
        self.world.put("r4", patient("tola", TOLA), 1)
        self.world.put("r4", patient("rhys", RHYS), 2)
        self.world.put("r4", condition("late", "rhys", **GENERAL), 9)
        self.world.put("r4", condition("early", "rhys", **GENERAL), 3)
        self.store = self.world.store
        self.mapped: set[tuple[str, str]] = set()

    def view(self, organisation: str = NORTHMOOR, only: list[str] | None = None) -> AggregatedView:
        whole = StoreView(
            store=self.store, endpoint=ENDPOINT, release="r4", base="http://pkb.test/fhir", now=self.world.now,
            offered=offered().searches,
        )  # fmt: skip
        return AggregatedView(
            whole=whole,
            visibility=Visibility(self.store, organisation),
            fresh=lambda record, type_: (record, type_) in self.mapped,
            mapped=MAPPED,
            only=None if only is None else frozenset(only),
        )

    def map_all(self, *types: str) -> None:
        self.mapped |= {(f"all/{NORTHMOOR}", type_) for type_ in types}

    def id(self, type_: str, id_: str) -> str:
        return str(self.world.target("r4", type_, id_)["id"])

    def record(self, number: str) -> Patient:
        (row,) = self.store.find(Patient, "identifier", ("NHS", number))
        return row

    def wait(self, **more: Any) -> None:
        self.store.put(Waiting(id="eastgate-r4/Condition/w", resource="eastgate-r4/Condition/w", **more))


def test_the_size_of_a_type_is_known_when_all_of_it_is_there():
    scene = Scene()
    assert scene.view().size("Condition") == MANY
    scene.map_all("Condition")
    assert scene.view().size("Condition") == len(scene.view().whole.of_type("Condition")) == 2
    assert scene.view().size("Organization") == len(scene.view().whole.of_type("Organization"))
    scene.wait()
    assert scene.view().size("Condition") == MANY


def test_a_type_is_listed_in_the_order_of_creation_and_what_is_hidden_is_noted():
    scene = Scene()
    early, late = (f"{ENDPOINT}/Condition/{scene.id('Condition', id_)}" for id_ in ("early", "late"))
    view = scene.view()
    assert list(view.of_type("Condition")) == [early, late]
    assert (view.hidden, view.needs.everyone, view.needs.all_waiting) == (set(), {"Condition"}, False)
    stranger = scene.view("b0f94adc-0000-46cb-bb52-cecbf41673e5")
    assert list(stranger.of_type("Condition")) == []
    assert stranger.hidden == {early.removeprefix(f"{ENDPOINT}/"), late.removeprefix(f"{ENDPOINT}/")}
    assert list(scene.view(only=[early.removeprefix(f"{ENDPOINT}/")]).of_type("Condition")) == [early]
    scene.map_all("Condition")
    scene.wait()
    view = scene.view()
    view.of_type("Condition")
    assert (view.needs.everyone, view.needs.all_waiting) == (set(), True)


def test_an_index_says_how_many_resources_it_may_have():
    scene = Scene()
    rhys, record = scene.id("Patient", "rhys"), scene.record(RHYS)
    assert len(scene.view().with_value("Condition", "subject", rhys)) == 2 + 1, (
        "those that are there, and the record that is not mapped"
    )
    view = scene.view()
    keys = view.with_value("Condition", "subject", rhys)
    assert view.needs.parts == {}, "nothing is lacking before the index is read"
    assert len(list(keys)) == 2
    assert view.needs.parts == {(record.id, "Condition"): None}
    scene.mapped.add((record.id, "Condition"))
    assert len(scene.view().with_value("Condition", "subject", rhys)) == 2
    assert len(scene.view().with_value("Condition", "code", "x")) == MANY, "any record may have that code"
    scene.map_all("Condition")
    assert len(scene.view().with_value("Condition", "code", "x")) == 0
    assert len(scene.view().with_value("Organization", "identifier", "REG88")) == 1
    scene.wait(patients=("eastgate-r4/Patient/rhys",))
    assert len(scene.view().with_value("Condition", "subject", rhys)) == 2 + 1, "and what waits about it"
    assert len(scene.view().with_value("Condition", "code", "x")) == MANY


def test_an_ordering_is_whole_when_all_is_there_or_when_it_only_sorts():
    scene = Scene()
    view = scene.view()
    assert not isinstance(view.between("Condition", "recorded-date", "low", None, None), Touched)
    for low, high in ((0, None), (None, 1), (0, 1)):
        lacking = view.between("Condition", "recorded-date", "low", low, high)
        assert (isinstance(lacking, Touched), len(lacking)) == (True, MANY)
    backwards = Touched(["b", "a", "c"], lambda: None, MANY)
    assert (list(iter(backwards)), list(reversed(backwards))) == (["a", "b", "c"], ["c", "b", "a"])
    assert view.needs.everyone == set()
    assert list(iter(lacking)) == list(reversed(lacking)) == []
    assert view.needs.everyone == {"Condition"}
    assert "x" not in lacking
    scene.map_all("Condition")
    assert not isinstance(scene.view().between("Condition", "recorded-date", "low", 0, 1), Touched)
    scene.wait()
    waiting = scene.view()
    ordering = waiting.between("Condition", "recorded-date", "low", 0, 1)
    assert isinstance(ordering, Touched)
    assert "x" not in ordering
    assert waiting.needs.all_waiting


def test_a_resource_is_shown_and_its_record_noted():
    scene = Scene()
    view = scene.view()
    key = view.key("Patient", scene.id("Patient", "rhys"))
    resource = view.resource(key)
    assert resource is not None
    assert f"{ENDPOINT}/{resource.type}/{resource.logical_id}" == key
    assert view.needs.parts == {(scene.record(RHYS).id, "Patient"): None}
    assert view.resource(view.key("Patient", "nobody")) is None
    organisation = view.key("Organization", scene.id("Organization", "org"))
    other = scene.view()
    assert other.resource(organisation) is not None
    assert other.needs.parts == {}


def test_a_hidden_organisation_may_be_shown_by_data_that_is_not_mapped():
    scene = Scene()
    person = {"resourceType": "Practitioner", "id": "x"}
    scene.world.put("r4", person)
    view = scene.view()
    assert view.resource(view.key("Practitioner", scene.id("Practitioner", "x"))) is None
    assert view.needs.everyone == set(MAPPED)
    scene.wait()
    view = scene.view()
    view.resource(view.key("Practitioner", scene.id("Practitioner", "x")))
    assert view.needs.all_waiting


def test_a_search_counts_only_what_it_shows():
    scene = Scene()
    scene.map_all("Condition")
    coded = condition("coded", "rhys", code={"coding": [{"code": "x"}]}, **GENERAL)
    scene.world.put("r4", coded)
    for organisation, total in ((NORTHMOOR, 1), ("b0f94adc-0000-46cb-bb52-cecbf41673e5", 0)):
        assert search(scene.view(organisation), "Condition", [("code", "x")]).total == total


def test_a_resource_that_is_not_there_may_be_among_what_waits():
    scene = Scene()
    scene.map_all("Condition", "Patient")
    scene.wait()
    for id_, is_lacking in ((scene.id("Organization", "org"), False), ("unknown", True)):
        view = scene.view()
        view.resource(view.key("Organization", id_))
        assert view.needs.all_waiting is is_lacking


def test_demographics_are_needed_of_a_record_that_may_not_be_seen():
    scene = Scene()
    view = scene.view()
    view.need(TOLA_ID)
    assert view.needs.parts == {(TOLA_ID, "Patient"): None}
    scene.mapped.add((TOLA_ID, "Patient"))
    view = scene.view()
    view.need(TOLA_ID)
    assert (view.needs.parts, view.needs.waiting) == ({}, {})
    scene.wait(patients=("eastgate-r4/Patient/tola",))
    view = scene.view()
    view.need(TOLA_ID)
    assert set(view.needs.waiting) == {"eastgate-r4/Condition/w"}


TEAM, OTHER_TEAM = "ab37b23d-c031-4ced-86aa-2691c368e777", "6384e0b3-7b55-4bcb-91f1-20682cc85dc0"


@pytest.fixture
def record() -> World:
    """Tola in both teams of Northmoor, each with a label of its own."""
    world = World()
    store = world.store
    for consent in store.find(Consent, "patient", TOLA_ID):
        store.delete(consent)
    for team, label in ((TEAM, "GENERAL_HEALTH"), (OTHER_TEAM, "SEXUAL_HEALTH")):
        store.put(Consent(id=team, patient=TOLA_ID, grantee=Grantee(kind="team", id=team), labels=(label,),
                          updated_at=START))  # fmt: skip
    store.put(replace(store.get(Patient, TOLA_ID), organisations=(NORTHMOOR,), teams=(TEAM,)))
    return world


def held(world: World, **caller: Any) -> set[str] | None:
    labels = Visibility(world.store, NORTHMOOR, **caller).held(f"Patient/{aggregated_id(TOLA_ID)}")
    return None if labels is None else set(labels)


def test_a_caller_holds_the_labels_of_the_teams_for_which_it_acts(record: World):
    assert held(record) == {"GENERAL_HEALTH", "SEXUAL_HEALTH"}
    assert held(record, teams=frozenset({TEAM})) == {"GENERAL_HEALTH"}
    assert held(record, teams=frozenset({TEAM, OTHER_TEAM})) == {"GENERAL_HEALTH", "SEXUAL_HEALTH"}
    assert held(record, teams=frozenset({OTHER_TEAM})) is None, "the patient is not in that team"
    assert held(record, user=TOLA_ID) == set(LABELS)
    assert held(record, user="someone") is None


def test_a_caller_may_know_of_the_records_of_its_organisation_or_of_its_own(record: World):
    partner, person = Visibility(record.store, NORTHMOOR), Visibility(record.store, NORTHMOOR, user=TOLA_ID)
    stranger = Visibility(record.store, EASTGATE)
    assert [partner.may_know(TOLA_ID), person.may_know(TOLA_ID), stranger.may_know(TOLA_ID)] == [True, True, False]
    assert not partner.may_know("nobody")
    rhys = next(patient.id for patient in record.store.find(Patient, "identifier", ("NHS", RHYS)))
    assert partner.may_know(rhys)
    assert not person.may_know(rhys)
    assert [patient.id for patient in person.patients()] == [TOLA_ID]
    assert Visibility(record.store, NORTHMOOR, user="nobody").patients() == []
    assert TOLA_ID in {patient.id for patient in partner.patients()}
    assert (person.everyone, partner.everyone) == (TOLA_ID, f"all/{NORTHMOOR}")


HIDDEN: dict[str, tuple[Json, Json, str]] = {
    "no resource": ({}, {}, "it is not aggregated"),
    "no patient": ({"patients": ()}, {}, "it comes from another organisation, and no visible resource refers to it"),
    "the access matrix": ({"owners": (EASTGATE,)}, {"others": False}, "whose data the access matrix does not allow"),
    "the label": ({"label": "MENTAL_HEALTH"}, {}, "its privacy label is MENTAL_HEALTH, which"),
    "no label": ({}, {}, "it has no privacy label, and only an organisation with all of GENERAL_HEALTH, "),
    "no label of one's own": ({"owners": (NORTHMOOR,)}, {"others": False}, "it has no privacy label"),
    "the record": ({}, {"user": "someone"}, "the patient is not in the organisation, has disabled sharing"),
    "one of two records": ({"patients": ("Patient/x", f"Patient/{aggregated_id(TOLA_ID)}")}, {}, "it has no privacy"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_an_explanation_says_why_a_resource_is_hidden(record: World, name: str):
    aggregate, caller, reason = HIDDEN[name]
    if name != "no resource":
        row = {"id": "Condition/c", "patients": (f"Patient/{aggregated_id(TOLA_ID)}",), **aggregate}
        record.store.put(Aggregate(**row))
    visibility = Visibility(record.store, NORTHMOOR, **caller)
    assert not visibility.sees("Condition/c")
    assert reason in visibility.why_hidden("Condition/c")
    assert visibility.own("Condition/c") is (NORTHMOOR in aggregate.get("owners", ()))


def test_demographics_of_others_are_hidden_with_the_record_only(record: World):
    name = f"Patient/{aggregated_id(TOLA_ID)}"
    record.store.put(Aggregate(id=name, patients=(name,), owners=(EASTGATE,)))
    visibility = Visibility(record.store, NORTHMOOR, others=False)
    assert visibility.sees(name)
    record.store.put(replace(record.store.get(Patient, TOLA_ID), access_frozen=True))
    assert visibility.sees(name), "what was found is remembered"
    visibility.forget()
    assert not visibility.sees(name)
    assert "has frozen access" in visibility.why_hidden(name)


@pytest.mark.parametrize(
    ("id_", "may_come"), [("Organization/o", True), ("Condition/o", False), ("Organization/unknown", False)]
)
def test_only_what_data_refers_to_may_become_visible_by_it(record: World, id_: str, may_come: bool):
    record.store.put(Aggregate(id="Organization/o"))
    record.store.put(Aggregate(id="Condition/o"))
    assert Visibility(record.store, NORTHMOOR).may_come(id_) is may_come


def test_two_resources_that_refer_to_each_other_make_neither_visible(record: World):
    record.store.put(Aggregate(id="Organization/a", references=("Practitioner/b",), owners=(EASTGATE,)))
    record.store.put(Aggregate(id="Practitioner/b", references=("Organization/a",), owners=(EASTGATE,)))
    visibility = Visibility(record.store, NORTHMOOR)
    assert not visibility.sees("Practitioner/b")
