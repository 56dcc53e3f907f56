"""Whose an instance is, and what else there is to refer to: the same for every instance that belongs together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.model import Name, Patient
from sandbox.synthetic.fhir.tables import LOCAL, read
from sandbox.synthetic.people.chance import AS_OF, chance, identity, moment
from sandbox.synthetic.people.people import person, professional_name

SINGLE = ("Patient", "Person", "RelatedPerson")
"""Types of which each person has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Instance `repeat` of each type that is about person `number`; of types that are shared, the one that they use.

    `counts` says how many instances there are of a type, for each person or, where it is shared, in all; a type that it
    does not have is not there to be referred to. Without it there is everything. `managed_by` is the number of the
    Organization whose patients they are.
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
        """When what is told of happened: once in each repeat, within the last three years of the person's life."""
        assert patient.date_of_birth is not None  # noqa: S101 - invented people were born
        last = patient.died_at or self.as_of
        first = max(patient.date_of_birth, last.date().replace(year=last.year - 3, day=min(last.day, 28)))
        return moment(chance(self.seed, "event", self.number, self.repeat), first, last)

    def has(self, type_: str) -> bool:
        return self.counts is None or self.counts.get(type_, 0) > 0

    def place(self, type_: str) -> tuple[int, int]:
        """Number and repeat of the instance of a type that this scene refers to."""
        counted, shared = self.counts or {}, read("shapes")["pools"]
        if type_ in shared:
            return self.number % counted.get(type_, shared[type_]), 0
        return self.number, 0 if type_ in SINGLE else self.repeat % counted.get(type_, self.repeat + 1)

    def id_of(self, type_: str) -> str:
        """The logical id of the instance of a type that this scene refers to."""
        return logical_id(self.seed, type_, *self.place(type_))

    def before(self, type_: str) -> Scene | None:
        """The scene of the instance before this one's: what an instance refers to when it would mean itself."""
        number, repeat = self.place(type_)
        if type_ in read("shapes")["pools"]:
            return replace(self, number=number - 1) if number else None
        return replace(self, repeat=repeat - 1) if repeat and type_ not in SINGLE else None

    def address_of(self, type_: str) -> str:
        """The canonical address of the instance of a type that this scene refers to."""
        return f"{LOCAL}/{type_}/{self.id_of(type_)}"


def logical_id(seed: int, type_: str, number: int, repeat: int) -> str:
    """The id of an instance; that of a patient is that of the person."""
    return identity(seed, type_, number, repeat) if repeat else identity(seed, type_, number)


def practitioner(seed: int, number: int) -> Name:
    """The name of the clinician with that number."""
    return professional_name(chance(seed, "Practitioner", number))
