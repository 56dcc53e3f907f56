"""Visibility of aggregated resources: the patient's organisations, by the privacy labels that they were granted.

Source: *Aggregated Endpoint*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4644405272/Aggregated+Endpoint ;
*Privacy labels*, https://manual.patientsknowbest.com/patient/privacy-labels
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.fhir.aggregated.intake.upstream import types
from sandbox.model import Aggregate, Consent, Patient, Team
from sandbox.model.organisation import LABELS
from sandbox.store import Store

DEMOGRAPHICS = "Patient"
"""The type without privacy label: membership of the organisation is enough."""


REFERRED = ("Organization", "Practitioner", "Questionnaire")
"""The types without a patient that data points refer to: visible when such data is."""


class Visibility:
    """The resources that one organisation may see at one time; results are cached as long as this object lives.

    `others` says whether data of other organisations is visible, which the access matrix decides. `user` is the
    patient whose app reads, if any: that record is visible, under every label. `teams` are those that granted a
    partner access, if the organisation as a whole did not: only their data is visible.
    """

    def __init__(
        self,
        store: Store,
        organisation: str,
        *,
        user: str = "",
        teams: frozenset[str] = frozenset(),
        others: bool = True,
    ) -> None:
        self._store = store
        self.organisation = organisation
        self.user = user
        self._teams = teams
        self._others = others
        self._held: dict[str, frozenset[str] | None] = {}
        self._shown: dict[str, bool] = {}

    def sees(self, id_: str) -> bool:
        """Return whether the aggregated resource `Type/id` is visible."""
        if id_ not in self._shown:
            # Until it is known: resources that refer to each other in a circle do not make each other visible.
            self._shown[id_] = False
            aggregate = self._store.find_one(Aggregate, id_)
            self._shown[id_] = aggregate is not None and self._sees(aggregate)
        return self._shown[id_]

    def why_hidden(self, id_: str) -> str:
        """Explain why an aggregated resource `Type/id` is hidden, by the first rule that applies."""
        aggregate = self._store.find_one(Aggregate, id_)
        if aggregate is None:
            return "it is not aggregated"
        if not aggregate.patients:
            return "it comes from another organisation, and no visible resource refers to it"
        is_clinical = not id_.startswith(f"{DEMOGRAPHICS}/")
        if is_clinical and self.organisation not in aggregate.owners and not self._others:
            return "it comes from another organisation, whose data the access matrix does not allow this caller to read"
        if all(self.held(patient) is None for patient in aggregate.patients):
            return "the patient is not in the organisation, has disabled sharing, or has frozen access"
        if aggregate.label:
            return f"its privacy label is {aggregate.label}, which the organisation's teams were not granted"
        return f"it has no privacy label, and only an organisation with all of {', '.join(LABELS)} can see it"

    def forget(self) -> None:
        """Clear the cached results, because the store has changed."""
        self._held.clear()
        self._shown.clear()

    @property
    def everyone(self) -> str:
        """Key of the note that all records which the caller may see are mapped."""
        return self.user or f"all/{self.organisation}"

    def may_know(self, id_: str) -> bool:
        """Return whether a record could be visible to the caller, apart from its sharing."""
        patient = self._store.find_one(Patient, id_)
        return patient is not None and (id_ == self.user if self.user else self.organisation in patient.organisations)

    def may_come(self, id_: str) -> bool:
        """Return whether data of an unmapped record could make an aggregated resource, `Type/id`, visible."""
        return id_.split("/")[0] in REFERRED and self._store.find_one(Aggregate, id_) is not None

    def patients(self) -> list[Patient]:
        """Return the record of the calling patient, or those of the organisation: also frozen ones and closed ones."""
        if self.user:
            patient = self._store.find_one(Patient, self.user)
            return [patient] if patient is not None else []
        return self._store.find(Patient, "organisation", self.organisation)

    def own(self, id_: str) -> bool:
        """Return whether the organisation is itself a source of the resource."""
        aggregate = self._store.find_one(Aggregate, id_)
        return aggregate is not None and self.organisation in aggregate.owners

    def _sees(self, aggregate: Aggregate) -> bool:
        type_ = aggregate.id.split("/")[0]
        if types()[type_]["how"] == "unfiltered":
            return True
        own = self.organisation in aggregate.owners
        if not aggregate.patients:
            return own or any(self.sees(referrer) for referrer in self._store.ids(Aggregate, "reference", aggregate.id))
        if not own and not self._others and type_ != DEMOGRAPHICS:
            return False
        return any(
            self._allows(aggregate, held) for patient in aggregate.patients if (held := self.held(patient)) is not None
        )

    def _allows(self, aggregate: Aggregate, held: frozenset[str]) -> bool:
        if aggregate.id.startswith(f"{DEMOGRAPHICS}/"):
            return True
        # aggregated.unset-label: without a label, only an organisation with all labels sees it.
        return aggregate.label in held if aggregate.label else held.issuperset(LABELS)

    def held(self, patient: str) -> frozenset[str] | None:
        """Return the labels that the organisation was granted by an aggregated Patient; None if it may not see the
        record.
        """
        if patient not in self._held:
            labels = [set(self._labels(record)) for record in records(self._store, patient) if self._knows(record)]
            self._held[patient] = frozenset[str]().union(*labels) if labels else None
        return self._held[patient]

    def _knows(self, patient: Patient) -> bool:
        if self.user:
            return patient.id == self.user
        member = bool(self._teams.intersection(patient.teams)) if self._teams else True
        closed = patient.sharing_disabled or patient.access_frozen
        return member and self.organisation in patient.organisations and not closed

    def _labels(self, patient: Patient) -> Iterator[str]:
        """Return the labels of all teams of the organisation in one record; for the patient, all labels."""
        if self.user:
            yield from LABELS
        for consent in self._store.find(Consent, "patient", patient.id):
            team = self._store.find_one(Team, consent.grantee.id)
            counts = team is not None and (team.id in self._teams if self._teams else True)
            if team is not None and counts and team.organisation == self.organisation and not consent.discharged:
                # A consent cannot grant more than the team itself may view.
                yield from set(consent.labels) & set(team.labels)


def records(store: Store, patient: str) -> Iterator[Patient]:
    """Return the PKB record behind an aggregated Patient, `Patient/id`, if there is one."""
    yield from store.find(Patient, "aggregated_id", patient.rpartition("/")[2])
