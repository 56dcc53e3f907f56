"""Membership of a record: the organisation, its teams, and the consent that comes with a team.

Source: *Team membership*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013031/Team+membership ,
*Adding to and removing patients from teams*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364849143
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.base.quick_init import changed
from sandbox.domain.consents import notify_of_sharing
from sandbox.domain.record import Record, Sender
from sandbox.errors import Invalid
from sandbox.model import Consent, Grantee, Patient, Team


@dataclass(frozen=True, slots=True)
class TeamChange:
    """Aliases of teams to add and to remove; either may be empty."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def join(record: Record, patient: Patient, sender: Sender, change: TeamChange, *, created: bool) -> Patient:
    """Add the patient to the sender's organisation, and apply team changes. Raises Invalid, changing nothing.

    A new member counts as updated, so that a query for recent changes finds them. A new record, or a record from
    outside the organisation, is added to the specified teams or the creating team; the teams of an existing member
    change only if the sender specifies some.
    """
    arrives = created or sender.organisation.id not in patient.organisations
    creating = sender.creating_team
    if created and creating is None:
        raise Invalid(
            "Cannot create patient: no creating team could be determined",
            rule="membership.creating-team",
            instead="a default team on the organisation or the grant",
        )
    added, removed = _teams(record, patient, sender, change)
    # A new record always enters the creating team; a record from elsewhere only if the sender names no team.
    if arrives and creating and (created or not added):
        added = [creating, *added]
    organisations = (*patient.organisations, sender.organisation.id) if arrives else patient.organisations
    teams = patient.teams
    changes: list[Consent] = []
    for team in added:
        teams = _enter(record, patient, team, teams, changes, created=created)
    for team in removed:
        teams = _leave(record, patient, team, teams, changes)
    # Consents that come with a new record are not announced.
    for consent in () if created else changes:
        notify_of_sharing(record, patient, consent, sender.organisation.id)
    if (organisations, teams) == (patient.organisations, patient.teams):
        return patient
    return changed(patient, organisations=organisations, teams=teams, updated_at=record.now())


def _teams(record: Record, patient: Patient, sender: Sender, change: TeamChange) -> tuple[list[Team], list[Team]]:
    if not change.add and not change.remove:
        return [], []
    both = set(change.add) & set(change.remove)
    if both:
        raise _refused(f"ZTM-1 and ZTM-2 must not contain the same team [{sorted(both)[0]}]")
    if change.add and sender.creating_team and sender.creating_team.alias not in change.add:
        raise _refused("ZTM-1 must include the default team")
    added = [_team(record, sender, alias) for alias in change.add]
    removed = [_team(record, sender, alias) for alias in change.remove]
    for team in removed:
        if team.id not in patient.teams:
            raise _refused(f"Patient is not in team [{team.alias}]")
    return added, removed


def _team(record: Record, sender: Sender, alias: str) -> Team:
    if sender.organisation.code and alias == sender.organisation.code:
        raise _refused(f"Alias [{alias}] does not identify a team")
    teams = record.store.find(Team, "alias", (sender.organisation.id, alias))
    if not teams:
        raise _refused(f"Unknown team alias [{alias}]")
    return teams[0]


def _refused(text: str) -> Invalid:
    instead = "aliases of the organisation's teams: the default team among those to add, the patient's teams to remove"
    return Invalid(text, rule="membership.team-change", instead=instead)


def _enter(
    record: Record, patient: Patient, team: Team, teams: tuple[str, ...], changes: list[Consent], *, created: bool
) -> tuple[str, ...]:
    """Add a team, with a consent to the labels that it may view; a discharged patient returns with the earlier
    consent.

    Nothing changes for a patient who is already in the team: a withdrawn consent is not granted again.
    """
    if team.id in teams:
        return teams
    # A new record has no consents to look for, and then the index of all consents need not be up to date.
    consents = [] if created else record.store.find(Consent, "grantee", (patient.id, team.id))
    if not consents:
        consent = Consent(
            id=record.ids.uuid(),
            patient=patient.id,
            grantee=Grantee(kind="team", id=team.id),
            labels=team.labels,
            updated_at=record.now(),
        )
        _put(record, consent, changes)
    elif consents[0].discharged:
        _put(record, changed(consents[0], discharged=False, updated_at=record.now()), changes)
    return (*teams, team.id)


def _leave(
    record: Record, patient: Patient, team: Team, teams: tuple[str, ...], changes: list[Consent]
) -> tuple[str, ...]:
    for consent in record.store.find(Consent, "grantee", (patient.id, team.id)):
        if not consent.discharged:
            _put(record, changed(consent, discharged=True, updated_at=record.now()), changes)
    return tuple(id_ for id_ in teams if id_ != team.id)


def _put(record: Record, consent: Consent, changes: list[Consent]) -> None:
    record.store.put(consent)
    changes.append(consent)
