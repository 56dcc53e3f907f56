"""Every search, read and `$group`, in worlds made at random, shows exactly what the rules allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import model
from sandbox.access.principal import Principal
from sandbox.store import Store
from tests.fhir.facade.inprocess import InProcess
from tests.fhir.facade.oracle import (
    LABELS,
    OWN_LABEL,
    TEAM_OF,
    TEAMS,
    Caller,
    Given,
    Person,
    Point,
    World,
    is_in_care,
    knows,
    refused,
    sees,
    shows_consent,
)

THEN = datetime(2026, 1, 1, 12, tzinfo=UTC)
ORGANISATIONS = ("00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000001")
PUBLIC = dict(zip(("o0", "o1"), ORGANISATIONS, strict=True))
PEOPLE = ("p0", "p1", "p2")
REQUEST = "d0"
"""What every answer is based on: the first data point, where that is a request."""
NHS = "https://fhir.nhs.uk/Id/nhs-number"
INCLUDES = "_include=QuestionnaireResponse:basedOn:ProcedureRequest&_include=QuestionnaireResponse:subject:Patient"
LABORATORY = "http://fhir.patientsknowbest.com/codesystem/observation-category|LABORATORY"

# --- from the oracle's rows to the product's entities ---


def document(common: dict[str, Any], point: Point) -> model.Document:
    return model.Document(**common, at=THEN + timedelta(days=point.day), type="CLINIC_LETTER", title="")


def message(common: dict[str, Any], point: Point) -> model.Message:
    sender, *recipients = sorted(point.between) or ["u0"]
    status = "DRAFT" if point.gone else "UNREAD"
    letter = model.Message(**common, at=THEN, conversation="c", subject="", sender=sender, status=status)
    return replace(letter, recipients=tuple(recipients))


MAKE: dict[str, Callable[[dict[str, Any], Point], Any]] = {
    "Appointment": lambda common, point: model.Appointment(**common, start_at=THEN),
    "Communication": message,
    "DiagnosticReport": lambda common, p: model.RadiologyReport(**common, at=THEN, title="", deleted=p.gone),
    "DocumentReference": document,
    "Encounter": lambda common, point: model.Encounter(
        **common, events=(model.EncounterEvent(id="e", type="ADMIT", at=THEN, entered_at=THEN),)
    ),
    "Observation": lambda common, p: model.LabResult(
        **common, at=THEN + timedelta(days=p.day), report="", code=model.Code(text="x"), deleted=p.gone
    ),
    "ProcedureRequest": lambda common, point: model.QuestionnaireRequest(**common, at=THEN, questionnaire="q"),
    "QuestionnaireResponse": lambda common, point: model.QuestionnaireResponse(
        **common, at=THEN, questionnaire="q", request=REQUEST
    ),
}
"""FHIR type → what stands behind it in the record."""
CAN_GO = ("Communication", "DiagnosticReport", "Observation")


def stored(world: World) -> Store:
    store = Store()
    for name, id_ in PUBLIC.items():
        store.put(model.Organisation(id=id_, legacy_id=int(name[1]), name=name))
    for id_, organisation in TEAMS.items():
        team = model.Team(
            id=id_,
            legacy_id=0,
            organisation=PUBLIC[organisation],
            name=id_,
            alias=id_,
            default_label=OWN_LABEL[id_],
        )
        store.put(team)
    for id_, own in TEAM_OF.items():
        organisation = PUBLIC[TEAMS[own] if own else "o0"]
        user = model.User(
            id=id_,
            legacy_id=0,
            name=model.Name(),
            email=id_,
            password="",
            scope="CLINICIAN",
            organisation=organisation,
            team=own,
        )
        store.put(user)
    store.put(model.Questionnaire(id="q", organisation=ORGANISATIONS[0], name="q", created_at=THEN, updated_at=THEN))
    for person in world.people.values():
        patient = model.Patient(
            id=person.id,
            legacy_id=0,
            name=model.Name(),
            identifiers=(model.Identifier(type="NHS", value=person.id),),
            organisations=tuple(PUBLIC[organisation] for organisation in sorted(person.organisations)),
            teams=tuple(sorted(person.teams)),
            access_frozen=person.frozen,
            sharing_disabled=person.sharing_disabled,
            entered_at=THEN,
            created_at=THEN,
            updated_at=THEN,
        )
        store.put(patient)
    for consent in world.consents:
        kind = "team" if consent.to in TEAMS else "professional" if consent.to in TEAM_OF else "carer"
        given_ = model.Consent(
            id=consent.id,
            patient=consent.patient,
            grantee=model.Grantee(kind=kind, id=consent.to),
            labels=tuple(sorted(consent.labels)),
            discharged=consent.discharged,
            updated_at=THEN,
        )
        store.put(given_)
    for point in world.points:
        organisation_ = PUBLIC[point.organisation] if point.organisation else None
        source = model.Source(organisation=organisation_, team=point.team, person=point.person)
        common = {"id": point.id, "patient": point.patient, "source": source, "label": point.label}
        store.put(MAKE[point.kind]({**common, "entered_at": THEN, "persisted_at": THEN}, point))
    return store


# --- worlds and callers ---


@st.composite
def people(draw: st.DrawFn, id_: str) -> Person:
    organisations = draw(st.frozensets(st.sampled_from(sorted(PUBLIC)), min_size=1))
    own = sorted(team for team, of in TEAMS.items() if of in organisations)
    rarely = st.sampled_from((False, False, True))
    return Person(id_, organisations, draw(st.frozensets(st.sampled_from(own))), draw(rarely), draw(rarely))


@st.composite
def points(draw: st.DrawFn, id_: str) -> Point:
    kind = draw(st.sampled_from((*sorted(MAKE), "Communication", "Communication")))
    patient = draw(st.sampled_from(PEOPLE))
    team = draw(st.sampled_from((None, *TEAMS)))
    organisation = TEAMS[team] if team else draw(st.sampled_from((None, "o0", "o1")))
    person = draw(st.sampled_from((None, None, *TEAM_OF, *PEOPLE)))
    between = draw(st.frozensets(st.sampled_from((*TEAM_OF, *PEOPLE)), max_size=3)) if kind == "Communication" else ()
    if kind == "Communication" and not between:
        between = frozenset({"u0"})
    return Point(
        id=id_,
        kind=kind,
        patient=patient,
        label=draw(st.sampled_from(("", *sorted(LABELS)))),
        organisation=organisation,
        team=team,
        person=person,
        gone=kind in CAN_GO and draw(st.sampled_from((False, False, True))),
        day=draw(st.integers(0, 2)),
        between=frozenset(between),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    everyone = {id_: draw(people(id_)) for id_ in PEOPLE}
    pairs = st.tuples(st.sampled_from(PEOPLE), st.sampled_from((*TEAMS, *TEAM_OF, *PEOPLE, *PEOPLE)))
    named = draw(st.lists(pairs.filter(lambda pair: pair[0] != pair[1]), max_size=10, unique=True))
    labels = st.one_of(st.frozensets(st.sampled_from(sorted(LABELS))), st.just(frozenset(LABELS)))
    consents = tuple(
        Given(f"c{number}", patient, to, draw(labels), draw(st.sampled_from((False, False, True))))
        for number, (patient, to) in enumerate(named)
    )
    size = draw(st.integers(8, 24))
    return World(everyone, consents, tuple(draw(points(f"d{number}")) for number in range(size)))


CALLERS = st.one_of(
    st.sampled_from((*PEOPLE, *TEAM_OF)).map(Caller),
    st.sampled_from(sorted(PUBLIC)).flatmap(
        lambda organisation: st.one_of(
            st.just(frozenset[str]()),
            st.frozensets(st.sampled_from([team for team, of in TEAMS.items() if of == organisation])),
        ).map(lambda teams: Caller("", organisation, teams))
    ),
)


class Asking:
    """A Facade with a world of its own, asked as one caller."""

    def __init__(self, facade: InProcess, world: World, caller: Caller) -> None:
        self.facade = facade
        facade.workspace.store = stored(world)
        kind = "system-client" if caller.organisation else "user-client"
        credential = model.Credential(id="x", kind=kind, name="", partner="x")
        scope = "PATIENT" if caller.person in PEOPLE else "CLINICIAN" if caller.person else ""
        user = caller.person or None
        self.principal = Principal(workspace=facade.workspace, credential=credential, user=user, scope=scope)
        organisation = PUBLIC.get(caller.organisation, "")
        self.headers = {"X-Org-Public-Id": organisation}
        granting: list[str | None] = [*sorted(caller.teams)] or [None]
        for team in granting:
            grant = model.Grant(id=f"g{team}", partner="x", organisation=organisation, alias="", team=team)
            facade.workspace.store.put(grant)

    def ask(self, path: str) -> tuple[int, list[str], str]:
        """Status, ids of all that is in the Bundle or of the resource, and the cells."""
        response = self.facade.ask(path, self.principal, headers=self.headers)
        body = response.json()
        ids = [entry["resource"]["id"] for entry in body.get("entry", [])] if "entry" in body else []
        if body["resourceType"] not in ("Bundle", "OperationOutcome"):
            ids = [body["id"]]
        return response.status_code, ids, response.headers["pkb-sandbox-cell"]


FACADE = InProcess()
REST = {"Observation": f"&category={LABORATORY}", "DiagnosticReport": "&category=x|RADIOLOGY"}
SEARCHED = [kind for kind in MAKE if kind != "ProcedureRequest"]


def expected(world: World, caller: Caller, kind: str, patient: str) -> tuple[int, set[str]]:
    if refused(world, caller, patient):
        return 403, set()
    ids = {p.id for p in world.points if (p.kind, p.patient) == (kind, patient) and sees(world, caller, p)}
    return 200, ids


def is_from_others(caller: Caller, point: Point) -> bool:
    return point.person != caller.person if caller.person else point.organisation != caller.organisation


@settings(max_examples=40)
@given(worlds(), CALLERS)
def test_each_caller_sees_the_data_that_the_rules_allow(world: World, caller: Caller):
    asking = Asking(FACADE, world, caller)
    if caller.person in world.people and world.people[caller.person].frozen:
        for path in (f"/Appointment?patient={caller.person}", f"/Patient/{caller.person}", "/QuestionnaireResponse"):
            assert asking.ask(path)[0] == 403
        return
    by_id = {point.id: point for point in world.points}
    for patient in PEOPLE:
        for kind in SEARCHED:
            status, ids, cells = asking.ask(f"/{kind}?patient={patient}{REST.get(kind, '')}")
            assert (status, set(ids)) == expected(world, caller, kind, patient), (kind, patient)
            others = any(is_from_others(caller, by_id[id_]) for id_ in ids)
            assert ("read_clinical_from_others" in cells) == others
        check_demographics(world, caller, asking, patient)
    check_reads_and_windows(world, caller, asking)


def check_demographics(world: World, caller: Caller, asking: Asking, patient: str) -> None:
    person = world.people[patient]
    is_known = knows(world, caller, person)
    assert asking.ask(f"/Patient/{patient}")[0] == (200 if is_known else 404)
    assert asking.ask(f"/Patient?identifier={NHS}|{patient}")[:2] == (200, [patient] if is_known else [])
    status, ids, _ = asking.ask(f"/Consent?patient={patient}")
    listed = [c for c in world.consents if c.patient == patient and is_in_care(world, caller, person)]
    consents = {consent.id for consent in listed if shows_consent(world, caller, consent)}
    assert (status, set(ids)) == ((403, set()) if refused(world, caller, patient) else (200, consents))
    status, ids, _ = asking.ask(f"/Observation/$group?patient={patient}&category={LABORATORY}")
    seen = [by for by in world.points if by.kind == "Observation" and by.patient == patient and sees(world, caller, by)]
    latest = [max((p.day, p.id) for p in seen if p.day == day) for day in sorted({p.day for p in seen}, reverse=True)]
    refuse = refused(world, caller, patient)
    assert (status, ids) == ((403, []) if refuse else (200, [id_ for _, id_ in latest]))


def is_listed(world: World, caller: Caller, patient: str) -> bool:
    """Whose answers a search without parameters looks at: own patients, and who has a consent for the caller."""
    if caller.organisation:
        return True
    if caller.person in PEOPLE:
        return caller.person == patient
    holder = TEAM_OF[caller.person] or caller.person
    answers = [p for p in world.points if (p.kind, p.patient) == ("QuestionnaireResponse", patient)]
    if any(caller.person == p.person or (p.team and p.team == TEAM_OF[caller.person]) for p in answers):
        return True
    return holder in world.people[patient].teams or any((c.patient, c.to) == (patient, holder) for c in world.consents)


def check_reads_and_windows(world: World, caller: Caller, asking: Asking) -> None:
    for point in world.points:
        if point.kind == "ProcedureRequest":
            status, _, _ = asking.ask(f"/ProcedureRequest/{point.id}")
            referred = point.id == REQUEST and any(
                p.kind == "QuestionnaireResponse" and sees(world, caller, p) for p in world.points
            )
            assert status == (200 if referred or sees(world, caller, point) else 404)
    answers = [p for p in world.points if p.kind == "QuestionnaireResponse" and sees(world, caller, p)]
    listed = {p.id for p in answers if is_listed(world, caller, p.patient)}
    assert set(asking.ask("/QuestionnaireResponse")[1]) == listed
    included = set(asking.ask(f"/QuestionnaireResponse?{INCLUDES}")[1]) - listed
    people = {p.patient for p in answers if p.id in listed and knows(world, caller, world.people[p.patient])}
    first = world.points[0]
    requests = {REQUEST} if listed and first.kind == "ProcedureRequest" else set()
    assert included == people | requests
    if caller.organisation:
        documents = {
            p.id
            for p in world.points
            if p.kind == "DocumentReference" and p.organisation == caller.organisation and sees(world, caller, p)
        }
        assert set(asking.ask("/DocumentReference?created=ge2025-12-01&created=lt2026-02-01")[1]) == documents
        assert set(asking.ask("/DocumentReference?indexed=2026-01-01")[1]) == documents
