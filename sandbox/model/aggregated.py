"""What the Aggregated endpoint is made of: what goes into it, and what may be known about what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Something that is to be aggregated: a Customer's resource, or an entity of PKB as a resource of the feed `pkb`.

    `id` is `feed/Type/id`, `text` the resource in R4 with references `Type/id` within its feed, which `references`
    holds as ids of Upstream again, `patients` those that name the patient. `keys` is what merged types are grouped by;
    PKB's own patients have none, others lead to them. `since` rises with the order of arrival; `touched_at` is when
    something else last changed what becomes of it: a row that it is merged with, or the target of one it refers to.
    `source`, `team` and `person` are ids of Upstream too. `label` is the privacy label, empty when unset. `target` is
    the aggregated resource that it ends in, `Type/id`; empty when it is skipped, and then `reason` says why: `fault`
    is what is wrong with itself, `conflict` that it would join two records of PKB.
    """

    id: str
    type: str
    text: str
    references: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    source: str = ""
    team: str = ""
    person: str = ""
    owner: str = ""
    label: str = ""
    route: str = ""
    recorded: str = ""
    created_at: datetime
    updated_at: datetime
    touched_at: datetime | None = None
    since: int = 0
    fault: str = ""
    conflict: str = ""
    reason: str = ""
    target: str = ""

    @property
    def feed(self) -> str:
        return self.id.split("/", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """What decides who sees an aggregated resource. `id` and `patients`, `references` are `Type/id` in Aggregated.

    `owners` are the organisations that it comes from; `label` is empty when it is unset, or where there is no patient.
    """

    id: str
    patients: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLabel:
    """The privacy label that a patient chose for an aggregated resource, whose `id` this has, and when; it wins."""

    id: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Says that PKB's own data stands in Aggregated as it is now; gone as soon as it changes.

    `id` is `<patient>/<type>`, for the data of a record that becomes resources of a type; `all/<organisation>/<type>`,
    for that of all patients of an organisation; or an organisation's, for its teams, users and questionnaires too. It
    holds until `until`, when time itself changes the data.
    """

    id: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStored:
    """When a data point of PKB was first stored, by its id; of those alone that were changed since."""

    id: str
    at: datetime
