"""Who sees what of a record by its consents: a row for each grantee and each organisation, a cell for each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.access.visibility import Purview, decide_access
from sandbox.console.patients.describing import Describer
from sandbox.console.patients.entries import Note
from sandbox.domain.data_points.kinds import points
from sandbox.model import Consent, Organisation, Patient, Team, User
from sandbox.model.organisation import LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingRow:
    """Someone and the labels that they see; `own` counts the data points that they supplied, which they always see.

    `consent` is the consent behind the row, if there is one.
    """

    name: str
    kind: str
    labels: frozenset[str]
    own: int
    notes: tuple[Note, ...] = ()
    consent: Consent | None = None


def sharing_of(describer: Describer, patient: Patient) -> list[SharingRow]:
    """Return the patient, the grantees, then the organisations as a whole."""
    return [_patient_row(patient), *_grantees(describer, patient), *_organisations(describer, patient)]


def _patient_row(patient: Patient) -> SharingRow:
    frozen = (Note(text="access frozen", tone="warn"),) if patient.access_frozen else ()
    labels = frozenset() if patient.access_frozen else frozenset(LABELS)
    return SharingRow(name=patient.name.display, kind="the patient", labels=labels, own=0, notes=frozen)


def _grantees(describer: Describer, patient: Patient) -> Iterator[SharingRow]:
    consents = describer.store.find(Consent, "patient", patient.id)
    sources = [point.source for point in points(describer.store, patient)]
    own = Counter(supplier for source in sources for supplier in (source.team, source.person))
    for consent in consents:
        id_, store = consent.grantee.id, describer.store
        team, user = store.find_one(Team, id_), store.find_one(User, id_)
        kind = {"carer": "patient", "team": "team"}.get(consent.grantee.kind, "professional")
        holder = store.find_one(Patient, id_)
        purview = Purview(
            kind=kind, person=None if kind == "team" else id_, grantees=frozenset({id_}),
            teams=frozenset({id_}) if kind == "team" else frozenset(),
            frozen=holder is not None and holder.access_frozen,
        )  # fmt: skip
        decided = decide_access(purview, patient, consents)
        place = describer.organisation(team.organisation if team else user.organisation if user else None)
        name = team.name if team else describer.person(id_)
        yield SharingRow(
            name=f"{name}, {place}" if place else name,
            kind=consent.grantee.kind,
            labels=decided.labels if decided.open else frozenset(),
            own=own[id_],
            notes=tuple(_notes(consent, patient)),
            consent=consent,
        )


def _notes(consent: Consent, patient: Patient) -> Iterator[Note]:
    if consent.discharged:
        yield Note(text="discharged", tone="warn")
    if not consent.labels:
        yield Note(text="ended", tone="warn")
    if patient.sharing_disabled:
        yield Note(text="suspended: sharing disabled", tone="warn")
    if patient.access_frozen and consent.grantee.kind != "team":
        yield Note(text="access frozen", tone="warn")
    if consent.kept:
        yield Note(text="kept past the next birthday")


def _organisations(describer: Describer, patient: Patient) -> Iterator[SharingRow]:
    """The organisations of the patient and of the sources of data, as a System Client sees the record for them."""
    store = describer.store
    consents = store.find(Consent, "patient", patient.id)
    own = Counter(point.source.organisation for point in points(store, patient))
    for id_ in dict.fromkeys((*patient.organisations, *filter(None, own))):
        organisation = store.find_one(Organisation, id_)
        if organisation is None:
            continue
        teams = frozenset(team.id for team in store.find(Team, "organisation", id_))
        purview = Purview(kind="organisation", grantees=teams, teams=teams, organisation=id_, own=id_)
        decided = decide_access(purview, patient, consents)
        is_own = id_ in patient.organisations
        notes = () if is_own else (Note(text="not an organisation of the patient", tone="warn"),)
        labels = decided.labels if decided.open else frozenset()
        yield SharingRow(
            name=organisation.name, kind="organisation, all its teams", labels=labels, own=own[id_], notes=notes
        )
