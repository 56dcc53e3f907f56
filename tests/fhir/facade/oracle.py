"""Who sees what, written down a second time from PKB's rules 1 to 6 alone, on plain rows and without the product.

1 Frozen: a frozen patient sees nothing; a carer sees nothing if carer or patient is frozen; a professional without a
  team sees nothing of a frozen patient; a team is not affected. 2 Self: a patient sees all own data. 3 Source: the
author, and every member of the team that supplied it, sees it regardless of consent, label or sharing. 4 Consent: else
it shows when sharing is not disabled and its label is among those granted to the team, the professional or the carer;
without a label, to those who hold all four. 5 Sharing disabled switches 4 off and removes carers. 6 Drafts are their
sender's; messages show to those who take part, too. A System Client sees of its organisation's patients what the
organisation supplied and what any of its teams was granted; by teams' grants, what those teams supplied to any record,
and of these teams' patients what they were granted. Whose data a caller sees, that patient's demographics it sees too,
discharged or not, and nothing else of a discharged patient. Source: https://github.com/patientsknowbest/fhirgate
"""

from __future__ import annotations

from dataclasses import dataclass, field

LABELS = {"GENERAL_HEALTH", "MENTAL_HEALTH", "SEXUAL_HEALTH", "SOCIAL_CARE"}
TEAMS = {"t0": "o0", "t1": "o0", "t2": "o1", "t3": "o1"}
OWN_LABEL = {"t0": "GENERAL_HEALTH", "t1": "SEXUAL_HEALTH", "t2": "GENERAL_HEALTH", "t3": "MENTAL_HEALTH"}
TEAM_OF = {"u0": "t0", "u1": "t2", "u2": None}
"""Users and their teams; the third works for the first organisation without one."""


@dataclass(frozen=True)
class Person:
    """A patient's record."""

    id: str
    organisations: frozenset[str]
    teams: frozenset[str]
    frozen: bool
    sharing_disabled: bool


@dataclass(frozen=True)
class Given:
    """A consent."""

    id: str
    patient: str
    to: str
    labels: frozenset[str]
    discharged: bool


@dataclass(frozen=True)
class Point:
    """A data point of any kind: `gone` is deleted, or a draft."""

    id: str
    kind: str
    patient: str
    label: str
    organisation: str | None = None
    team: str | None = None
    person: str | None = None
    gone: bool = False
    day: int = 1
    between: frozenset[str] = frozenset()


@dataclass(frozen=True)
class World:
    """Everything that the rules look at."""

    people: dict[str, Person]
    consents: tuple[Given, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Caller:
    """`person` is a patient or a user; a System Client acts for `organisation`, by the grants of `teams` if any."""

    person: str = ""
    organisation: str = ""
    teams: frozenset[str] = field(default_factory=frozenset)


def granted(world: World, patient: str, to: set[str]) -> set[str]:
    """The labels that the patient's consents grant to any of these, unless discharged."""
    labels: set[str] = set()
    for consent in world.consents:
        if consent.patient == patient and consent.to in to and not consent.discharged:
            labels |= consent.labels
    return labels


def covers(point: Point, labels: set[str]) -> bool:
    return point.label in labels if point.label else labels == LABELS


def sees(world: World, caller: Caller, point: Point) -> bool:
    """The rules, for data that is neither deleted nor a draft."""
    patient = world.people[point.patient]
    if point.gone:
        return False
    if caller.organisation:
        return _system(world, caller, patient, point)
    if caller.person in world.people:
        return _patient(world, caller.person, patient, point)
    team = TEAM_OF[caller.person]
    if team is None and patient.frozen:
        return False
    if caller.person in {point.person, *point.between} or (team is not None and point.team == team):
        return True
    return not patient.sharing_disabled and covers(point, granted(world, patient.id, {team or caller.person}))


def _patient(world: World, person: str, patient: Person, point: Point) -> bool:
    if world.people[person].frozen:
        return False
    if person == patient.id:
        return True
    if patient.frozen or patient.sharing_disabled or not granted(world, patient.id, {person}):
        return False
    return person in {point.person, *point.between} or covers(point, granted(world, patient.id, {person}))


def _system(world: World, caller: Caller, patient: Person, point: Point) -> bool:
    if caller.teams:
        supplied, holders = point.team in caller.teams, set(caller.teams)
        if not caller.teams & patient.teams:
            return supplied
    else:
        if caller.organisation not in patient.organisations:
            return False
        supplied = point.organisation == caller.organisation
        holders = {team for team, organisation in TEAMS.items() if organisation == caller.organisation}
    return supplied or (not patient.sharing_disabled and covers(point, granted(world, patient.id, holders)))


def knows(world: World, caller: Caller, patient: Person) -> bool:
    """Whether the caller may read the patient: one in care, or the subject of anything that the caller sees."""
    subjects = {point.patient for point in world.points if sees(world, caller, point)}
    return is_in_care(world, caller, patient) or patient.id in subjects


def is_in_care(world: World, caller: Caller, patient: Person) -> bool:
    """The own record, the organisation's or team's, or by a live consent."""
    if caller.organisation:
        return bool(caller.teams & patient.teams if caller.teams else caller.organisation in patient.organisations)
    if caller.person in world.people:
        removed = patient.frozen or patient.sharing_disabled
        return caller.person == patient.id or (not removed and bool(granted(world, patient.id, {caller.person})))
    team = TEAM_OF[caller.person]
    return bool(granted(world, patient.id, {team or caller.person})) and not (team is None and patient.frozen)


def shows_consent(world: World, caller: Caller, consent: Given) -> bool:
    """Of a patient whom the caller knows: a team is as private as the label that its own data gets."""
    if consent.to not in TEAMS or caller.person == consent.patient:
        return True
    if caller.organisation:
        teams = set(caller.teams) or {team for team, of in TEAMS.items() if of == caller.organisation}
    else:
        team = TEAM_OF.get(caller.person)
        teams = {team} if team else set()
    if consent.to in teams:
        return True
    holders = teams or {caller.person}
    disabled = world.people[consent.patient].sharing_disabled
    return not disabled and OWN_LABEL[consent.to] in granted(world, consent.patient, holders)


def refused(world: World, caller: Caller, patient: str) -> bool:
    """A patient who names somebody else without a consent from them is told no."""
    return caller.person in world.people and caller.person != patient and not granted(world, patient, {caller.person})
