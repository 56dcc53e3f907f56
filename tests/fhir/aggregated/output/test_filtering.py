"""Visibility, against an oracle written from the rules alone.

The rules: *Aggregated Endpoint*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4644405272/Aggregated+Endpoint ;
*Privacy labels*, https://manual.patientsknowbest.com/patient/privacy-labels
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.fhir.aggregated.intake import sync
from sandbox.fhir.aggregated.output.visibility import Visibility
from sandbox.model import Code, Consent, Diagnosis, Grantee, Patient, Source, Team, Upstream
from tests.fhir.aggregated.feeds import (
    EASTGATE,
    NOBODY,
    NORTHMOOR,
    RHYS,
    START,
    TOLA,
    World,
    condition,
    organization,
    patient,
)
from tests.fhir.aggregated.support import LABEL

Json = dict[str, Any]
STEPWISE = "b0f94adc-0ac3-46cb-bb52-cecbf41673e5"
ORGANISATIONS = (NORTHMOOR, EASTGATE, STEPWISE)
FEED_OF = {"stu3": NORTHMOOR, "r4": EASTGATE}
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"
LABELS = ("GENERAL_HEALTH", "MENTAL_HEALTH", "SEXUAL_HEALTH", "SOCIAL_CARE")
TEAMS = {
    "ab37b23d-c031-4ced-86aa-2691c368e777": (NORTHMOOR, {"GENERAL_HEALTH"}),
    "6384e0b3-7b55-4bcb-91f1-20682cc85dc0": (NORTHMOOR, {"GENERAL_HEALTH", "SEXUAL_HEALTH"}),
    "fb819b38-e035-4e65-b4ea-ae5076a82518": (EASTGATE, {"GENERAL_HEALTH", "SOCIAL_CARE"}),
    "31677ba0-5257-4de0-949c-d5401aa941a4": (EASTGATE, {"GENERAL_HEALTH", "MENTAL_HEALTH"}),
    "2ba69b61-2fb9-475d-9286-90dd651ddde1": (STEPWISE, set(LABELS)),
}
"""Teams of the default world: whose they are, and what they may view."""


@dataclass(frozen=True)
class Shared:
    """A patient's consent to a team."""

    team: str
    labels: frozenset[str]
    discharged: bool


@dataclass(frozen=True)
class Datum:
    """One piece of data: by a feed of a Customer, or by HL7 (`pkb`) from an organisation; who performed it, if told."""

    feed: str
    organisation: str
    label: str
    performer: str


@dataclass(frozen=True)
class Scene:
    organisations: frozenset[str]
    disabled: bool
    frozen: bool
    consents: tuple[Shared, ...]
    data: tuple[Datum, ...]


SHARED = st.builds(
    Shared,
    team=st.sampled_from(sorted(TEAMS)),
    labels=st.frozensets(st.sampled_from(LABELS)) | st.just(frozenset(LABELS)),
    discharged=st.sampled_from([False, False, False, True]),
)
DATUM = st.builds(
    Datum,
    feed=st.sampled_from(["stu3", "r4", "pkb"]),
    organisation=st.sampled_from(ORGANISATIONS),
    label=st.sampled_from([*LABELS, ""]),
    performer=st.sampled_from(["", "a", "b"]),
)
SCENES = st.builds(
    Scene,
    organisations=st.frozensets(st.sampled_from(ORGANISATIONS)) | st.just(frozenset(ORGANISATIONS)),
    disabled=st.sampled_from([False, False, False, True]),
    frozen=st.sampled_from([False, False, False, True]),
    consents=st.lists(SHARED, max_size=5, unique_by=lambda consent: consent.team).map(tuple),
    data=st.lists(DATUM, max_size=5).map(tuple),
)


class Oracle:
    """What an organisation may see of a scene: names of things, worked out from the scene alone."""

    def __init__(self, scene: Scene, organisation: str) -> None:
        self.scene, self.organisation = scene, organisation

    def visible(self) -> set[str]:
        whole = self.record()
        names = {f"datum {n}" for n, datum in enumerate(self.scene.data) if whole and self.labelled(datum)}
        named = {(datum.feed, datum.performer) for n, datum in enumerate(self.scene.data) if f"datum {n}" in names}
        people = {
            f"practitioner {feed} {id_}"
            for feed, owner in FEED_OF.items()
            for id_ in "ab"
            if owner == self.organisation or (feed, id_) in named
        }
        return names | people | {"code system"} | ({"patient"} if whole else set())

    def record(self) -> bool:
        return self.organisation in self.scene.organisations and not self.scene.disabled and not self.scene.frozen

    def labelled(self, datum: Datum) -> bool:
        held: set[str] = set()
        for consent in self.scene.consents:
            owner, may_view = TEAMS[consent.team]
            if owner == self.organisation and not consent.discharged:
                held |= consent.labels & may_view
        return held == set(LABELS) if not datum.label else datum.label in held


def set_up(scene: Scene) -> tuple[World, dict[str, str]]:
    """The scene in a world's record and feeds; name → `Type/id` in Aggregated."""
    world = World()
    store = world.store
    tola = store.get(Patient, TOLA_ID)
    for consent in store.find(Consent, "patient", TOLA_ID):
        store.delete(consent)
    for diagnosis in store.find(Diagnosis, "patient", TOLA_ID):
        store.delete(diagnosis)
    for number, share in enumerate(scene.consents):
        grantee = Grantee(kind="team", id=share.team)
        store.put(Consent(id=f"consent-{number}", patient=TOLA_ID, grantee=grantee, labels=tuple(share.labels),
                          discharged=share.discharged, updated_at=START))  # fmt: skip
    store.put(replace(tola, organisations=tuple(scene.organisations), sharing_disabled=scene.disabled,
                      access_frozen=scene.frozen))  # fmt: skip
    rows = {"patient": f"pkb/Patient/{TOLA_ID}", "code system": "eastgate-r4/CodeSystem/cs"}
    world.put("r4", {"resourceType": "CodeSystem", "id": "cs", "status": "active", "content": "complete"})
    for feed, owner in FEED_OF.items():
        code = {NORTHMOOR: "RNM99", EASTGATE: "REG88"}[owner]
        world.put(feed, organization(code=code))
        world.put(feed, patient(number=TOLA))
        for id_ in "ab":
            world.put(feed, {"resourceType": "Practitioner", "id": id_})
            rows[f"practitioner {feed} {id_}"] = f"{world.feed(feed)}/Practitioner/{id_}"
    for number, datum in enumerate(scene.data):
        rows[f"datum {number}"] = _put(world, datum, number)
    sync.map_patients(store, [store.get(Patient, TOLA_ID)], world.now, all_mapped=False)
    return world, {name: store.get(Upstream, id_).target for name, id_ in rows.items()}


def _put(world: World, datum: Datum, number: int) -> str:
    if datum.feed == "pkb":
        world.store.put(
            Diagnosis(id=f"d{number}", patient=TOLA_ID, source=Source(organisation=datum.organisation),
                      label=datum.label, entered_at=START, persisted_at=START, diagnosis=Code(text="x"))
        )  # fmt: skip
        return f"pkb/Condition/d{number}"
    performer = {"performer": [{"reference": f"Practitioner/{datum.performer}"}]} if datum.performer else {}
    security = {"meta": {"security": [{"system": LABEL, "code": datum.label}]}} if datum.label else {}
    resource = {"resourceType": "Observation", "id": f"o{number}", "status": "final", "code": {"text": "x"}}
    world.put(datum.feed, {**resource, **performer, **security, "subject": {"reference": "Patient/p"}})
    return f"{world.feed(datum.feed)}/Observation/o{number}"


@settings(max_examples=120)
@given(SCENES)
def test_every_organisation_sees_what_the_rules_say(scene: Scene) -> None:
    world, names = set_up(scene)
    for organisation in ORGANISATIONS:
        visibility = Visibility(world.store, organisation)
        seen = {name for name, target in names.items() if visibility.sees(target)}
        assert seen == Oracle(scene, organisation).visible(), organisation


@settings(max_examples=30)
@given(SCENES)
def test_without_the_cell_of_others_only_one_s_own_clinical_data_shows(scene: Scene) -> None:
    world, names = set_up(scene)
    own = {"patient", "code system"} | {
        f"datum {n}"
        for n, datum in enumerate(scene.data)
        if (datum.organisation if datum.feed == "pkb" else FEED_OF[datum.feed]) == NORTHMOOR
    }
    visibility = Visibility(world.store, NORTHMOOR, others=False)
    seen = {name for name, target in names.items() if visibility.sees(target) and "practitioner" not in name}
    assert seen == Oracle(scene, NORTHMOOR).visible() & own


def test_without_the_cell_of_others_the_demographics_that_others_sent_still_show() -> None:
    world = World()
    world.put("r4", organization(code="REG88"))
    world.put("r4", patient(number=RHYS))
    world.put("r4", condition(meta={"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}]}))
    names = {
        type_: f"{type_}/{world.target('r4', type_, id_)['id']}"
        for type_, id_ in (("Patient", "p"), ("Condition", "c"))
    }
    for others in (True, False):
        visibility = Visibility(world.store, NORTHMOOR, others=others)
        assert visibility.sees(names["Patient"])
        assert visibility.sees(names["Condition"]) is others


def test_a_resource_of_several_patients_shows_when_it_shows_for_one_of_them() -> None:
    world = World()
    world.put("r4", organization(code="REG88"))
    world.put("r4", patient("mine", RHYS))
    world.put("r4", patient("theirs", NOBODY))
    for id_, named in (("both", ("mine", "theirs")), ("other", ("theirs",))):
        people = [{"actor": {"reference": f"Patient/{person}"}, "status": "accepted"} for person in named]
        meta = {"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}]}
        world.put(
            "r4", {"resourceType": "Appointment", "id": id_, "meta": meta, "status": "proposed", "participant": people}
        )
        target = f"Appointment/{world.target('r4', 'Appointment', id_)['id']}"
        assert Visibility(world.store, NORTHMOOR).sees(target) is (id_ == "both")


def test_the_teams_of_the_oracle_are_those_of_the_default_world() -> None:
    store = World().store
    for id_, (organisation, labels) in TEAMS.items():
        team = store.get(Team, id_)
        assert (team.organisation, set(team.labels)) == (organisation, labels)
