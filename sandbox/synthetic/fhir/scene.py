"""The person of an instance and the targets of its references: the same for all instances that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from sandbox.model import Name, Patient
from sandbox.synthetic.fhir.tables import LOCAL, read_table
from sandbox.synthetic.people.chance import AS_OF, chance, identity, moment
from sandbox.synthetic.people.people import person, professional_name

SINGLE = ("Patient", "Person", "RelatedPerson")
"""Types of which each person has exactly one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Instance `repeat` of each type about person `number`; of shared types, the one that they use.

    `counts` is the number of instances of a type, for each person or, if it is shared, in total; a type without a
    count has no instances. Without `counts` every instance exists. `managed_by` is the number of the Organization of
    the patients.
    """

    release: str
    seed: int
    number: int = 0
    repeat: int = 0
    as_of: datetime = AS_OF
    managed_by: int = 0
    counts: Mapping[str, int] | None = field(default=None, hash=False)

    def person(self) -> Patient:
        return person(self.seed, self.number, self.as_of)

    def at(self, patient: Patient) -> datetime:
        """Return the time of the events: different for each repeat, in the last three years of the person's life."""
        assert patient.date_of_birth is not None  # noqa: S101 - invented people were born
        last = patient.died_at or self.as_of
        # At most the 28th, because the 29th of February is not in every year.
        first = max(patient.date_of_birth, last.date().replace(year=last.year - 3, day=min(last.day, 28)))
        return moment(chance(self.seed, "event", self.number, self.repeat), first, last)

    def has(self, type_: str) -> bool:
        return self.counts is None or self.counts.get(type_, 0) > 0

    def place(self, type_: str) -> tuple[int, int]:
        """Return number and repeat of the instance of a type to which this scene refers."""
        counted, shared = self.counts or {}, read_table("shapes")["pools"]
        if type_ in shared:
            return self.number % counted.get(type_, shared[type_]), 0
        return self.number, 0 if type_ in SINGLE else self.repeat % counted.get(type_, self.repeat + 1)

    def id_of(self, type_: str) -> str:
        """Return the logical id of the instance of a type to which this scene refers."""
        return logical_id(self.seed, type_, *self.place(type_))

    def before(self, type_: str) -> Scene | None:
        """Return the scene of the previous instance, to which an instance refers instead of itself."""
        number, repeat = self.place(type_)
        if type_ in read_table("shapes")["pools"]:
            return replace(self, number=number - 1) if number else None
        return replace(self, repeat=repeat - 1) if repeat and type_ not in SINGLE else None

    def address_of(self, type_: str) -> str:
        """Return the canonical URL of the instance of a type to which this scene refers."""
        return f"{LOCAL}/{type_}/{self.id_of(type_)}"


# Everything about a person refers to the same few instances.
@lru_cache(4096)
def logical_id(seed: int, type_: str, number: int, repeat: int) -> str:
    """Return the id of an instance; a patient's is that of the person."""
    return identity(seed, type_, number, repeat) if repeat else identity(seed, type_, number)


@lru_cache(256)
def practitioner(seed: int, number: int) -> Name:
    """Return the name of a clinician by number."""
    return professional_name(chance(seed, "Practitioner", number))
