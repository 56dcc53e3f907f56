"""Visibility of data points: PKB's rules, the same for every API that filters its responses.

Sources: https://github.com/patientsknowbest/fhirgate (the rules as policy code), the manual's pages
https://manual.patientsknowbest.com/patient/privacy-labels and https://manual.patientsknowbest.com/patient/sharing .
A data point without a label is visible to the patient, and to grantees of all four labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.access.principal import Principal
from sandbox.model import Consent, DataPoint, Message, Patient, Team, User
from sandbox.model.organisation import LABELS
from sandbox.store import Derived, Store

DRAFT = "DRAFT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purview:
    """On whose behalf a caller reads a record.

    `kind` is `patient` (a patient, or a carer of another), `professional` (without a team), `team` or `organisation`.
    `person` is the signed-in user; None for a system client. A consent covers the caller if its grantee is one of
    `grantees`. The caller sees all data of its `teams`, and of `organisation` if it acts for the whole of it. `own`
    is the caller's organisation, whose data counts as the caller's own when no person is signed in.
    """

    kind: str
    person: str | None = None
    grantees: frozenset[str]
    teams: frozenset[str] = frozenset()
    organisation: str | None = None
    own: str | None = None
    frozen: bool = False

    def is_others(self, point: DataPoint) -> bool:
        """Return whether a data point came from another source: another person, or another organisation."""
        if self.person is not None:
            return point.source.person != self.person
        return point.source.organisation != self.own


def describe_withheld(kind: type[DataPoint], reasons: Iterable[str]) -> list[str]:
    """Describe, one line per reason, how many data points of a kind are hidden."""
    return [f"{number} {kind.__name__} withheld: {reason}" for reason, number in Counter(reasons).items()]


@dataclass(slots=True, kw_only=True)
class Access:
    """The part of one record that one purview may see: computed once, then asked for each data point.

    `open`: anything at all is visible. `covered`: an active consent includes the caller. `labels`: the labels that it
    grants.
    """

    purview: Purview
    open: bool
    is_self: bool
    covered: bool
    labels: frozenset[str]

    def sees(self, point: DataPoint) -> bool:
        """Apply PKB's rules in their order: frozen, self, source, consent; disabled sharing affects the last."""
        if not self.open:
            return False
        if isinstance(point, Message) and point.status == DRAFT:
            # Before all other rules: not even the patient sees a draft.
            return point.sender == self.purview.person
        return self.is_self or self._supplied(point) or self._consented(point) or self._takes_part(point)

    def why_hidden(self, point: DataPoint) -> str:
        """Explain why a data point is hidden, by the first rule that applies."""
        if not self.open:
            return "sharing is disabled, access is frozen, or the record is another patient's"
        if isinstance(point, Message) and point.status == DRAFT:
            return "it is a draft, which only its sender sees"
        if self.covered and not self.labels:
            return "the patient has disabled sharing"
        if not point.label:
            return f"it has no privacy label, and only a caller with all of {', '.join(LABELS)} can see it"
        return f"its privacy label is {point.label}, which the patient did not grant to this caller"

    def sees_label(self, label: str) -> bool:
        """Return whether the patient granted this caller the label, or is the caller."""
        return self.is_self or label in self.labels

    def sees_team(self, team: Team) -> bool:
        """Return whether the caller may know that the patient is with a team; a team is as private as its own data."""
        return team.id in self.purview.teams or self.sees_label(team.default_label)

    def _supplied(self, point: DataPoint) -> bool:
        """Rule 3: the author, the team that supplied it, and callers for the whole of its organisation."""
        source, purview = point.source, self.purview
        return (
            (purview.person is not None and source.person == purview.person)
            or source.team in purview.teams
            or (purview.organisation is not None and source.organisation == purview.organisation)
        )

    def _consented(self, point: DataPoint) -> bool:
        """Rule 4: a data point has one label; a data point without a label needs all four."""
        return point.label in self.labels if point.label else self.labels.issuperset(LABELS)

    def _takes_part(self, point: DataPoint) -> bool:
        """Rule 6: participants see a message."""
        person = self.purview.person
        return isinstance(point, Message) and person is not None and person in (point.sender, *point.recipients)


def purview_of(principal: Principal) -> Purview:
    """Return the purview of a caller: that of a patient, a professional, a team or an organisation."""
    store = principal.workspace.store
    if principal.organisation is not None:
        return _organisation_purview(store, principal.organisation, principal.granting_teams)
    if principal.team is not None:
        return _team_purview(store, principal.team, None)
    user = store.find_one(User, principal.user)
    if user is None:
        patient = store.find_one(Patient, principal.user)
        frozen = patient is not None and patient.access_frozen
        person = principal.user or ""
        return Purview(kind="patient", person=person, grantees=frozenset({person}), frozen=frozen)
    if user.team is not None:
        return _team_purview(store, user.team, user.id)
    return Purview(kind="professional", person=user.id, grantees=frozenset({user.id}), own=user.organisation)


def access_to(principal: Principal, patient: Patient) -> Access:
    """Return the caller's access to a patient's record."""
    return decide_access(purview_of(principal), patient, principal.workspace.store.find(Consent, "patient", patient.id))


def decide_access(purview: Purview, patient: Patient, consents: Iterable[Consent]) -> Access:
    """Decide access to the record as a whole, not to one of its data points."""
    labels = frozenset(
        label
        for consent in consents
        if consent.grantee.id in purview.grantees and not consent.discharged
        for label in consent.labels
    )
    is_self = purview.kind == "patient" and purview.person == patient.id
    # Consents to its teams count for an organisation only while it has the patient.
    if purview.kind == "organisation" and not is_patient_of(purview, patient):
        labels = frozenset()
    return Access(
        purview=purview,
        open=_is_open(purview, patient, is_self=is_self, covered=bool(labels)),
        is_self=is_self,
        covered=bool(labels),
        # Disabled sharing suspends what the consents grant, but the patient stays in care: `covered` keeps its value.
        labels=frozenset() if patient.sharing_disabled else labels,
    )


def _is_open(purview: Purview, patient: Patient, *, is_self: bool, covered: bool) -> bool:
    """Apply rule 1, the effect of disabled sharing on carers, and an organisation's or team's relation to the
    patient.

    A team sees the data that it supplied to any record, and so does a partner with its grant.
    """
    if purview.kind == "patient":
        carer = covered and not patient.access_frozen and not patient.sharing_disabled
        return not purview.frozen and (is_self or carer)
    if purview.kind == "professional":
        return not patient.access_frozen
    return purview.organisation is None or is_patient_of(purview, patient)


def is_patient_of(purview: Purview, patient: Patient) -> bool:
    """Return whether the patient belongs to the organisation, or to one of the teams that granted access."""
    if purview.organisation is not None:
        return purview.organisation in patient.organisations
    return not purview.teams.isdisjoint(patient.teams)


def _organisation_purview(store: Store, organisation: str, granting: frozenset[str]) -> Purview:
    """Return the purview of a whole organisation, or of the teams whose grants alone count."""
    if granting:
        return Purview(kind="organisation", grantees=granting, teams=granting, own=organisation)
    return _WHOLE.of(store, organisation, lambda: _whole_organisation(store, organisation))


_WHOLE: Derived[Purview] = Derived(Team)


def _whole_organisation(store: Store, organisation: str) -> Purview:
    teams = frozenset(team.id for team in store.find(Team, "organisation", organisation))
    return Purview(kind="organisation", grantees=teams, teams=teams, organisation=organisation, own=organisation)


def _team_purview(store: Store, id_: str, person: str | None) -> Purview:
    team = store.get(Team, id_)
    grantees = teams = frozenset({id_})
    return Purview(kind="team", person=person, grantees=grantees, teams=teams, own=team.organisation)
