"""The rows of the Aggregated endpoint: its input, and what decides who may see its output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.base.quick_init import quick_init


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """An input of aggregation: a Customer's resource, or a PKB entity as a resource of the feed `pkb`.

    `id` is `feed/Type/id`. `text` is the resource in R4, whose references are `Type/id` within its feed; `references`
    contains them as ids of Upstream, `patients` the ones to the patient. `keys` are the keys by which merged types
    are grouped; PKB's own patients have none and are found from other rows. `since` increases in order of arrival;
    `touched_at` is when another row last changed the result: a row with which it merges, or the target of a
    reference. `source`, `team` and `person` are ids of Upstream too. `label` is the privacy label, empty when unset.
    `target` is the aggregated resource, `Type/id`; empty if the row is skipped, for a `reason`: a `fault` of its own,
    or a `conflict`, because it would join two PKB records.
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
        return self.id.partition("/")[0]


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """The facts that decide who may see an aggregated resource. `id`, `patients` and `references` are `Type/id` in
    Aggregated.

    `owners` are its source organisations; `label` is empty if it is unset, or if there is no patient.
    """

    id: str
    patients: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLabel:
    """The privacy label that a patient chose for an aggregated resource with this id, and when; it overrides any
    other.
    """

    id: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A note that PKB's own data is mapped completely; deleted when that data changes.

    `id` is `<patient>/<type>` for the resources of a type from one record, `all/<organisation>/<type>` for those from
    all patients of an organisation, or an organisation's id for its teams, users and questionnaires. The note expires
    at `until`, when time itself changes the data.
    """

    id: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStored:
    """The time at which a data point of PKB was first stored, by its id; only for data points that changed since."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A resource with which a world starts, and which Aggregated has not taken in yet.

    `id` is the id of its future Upstream, `feed/Type/id` in R4; `resource` is its own id. `keys` are the keys of merged
    types, `patients` the Patients to which it refers, ids of Upstream.
    """

    id: str
    resource: str
    keys: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
