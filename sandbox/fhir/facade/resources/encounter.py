"""Encounter: a visit, with the histories of its specialty and class read from its events.

Source: *Facade Encounter*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364946356
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TypeVar

from sandbox.base.clock import moment
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.rendering import Names, matches
from sandbox.fhir.facade.resources.data_point import common_elements, newest_first, patient_reference
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.elements import STRUCTURE, Json, Unread, without_empty
from sandbox.fhir.rendered.encounter_classes import CLASSES
from sandbox.fhir.rendered.query.date import DateCriterion
from sandbox.fhir.rendered.query.matches import NONE, Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery, Criterion
from sandbox.fhir.search.budget import spend_per_row
from sandbox.model import Encounter, EncounterEvent

ACT_CODE = "http://hl7.org/fhir/v3/ActCode"
DISCHARGE = "DISCHARGE"
K = TypeVar("K")
Events = list[EncounterEvent]


class Encounters(Unread):
    """The encounters of one patient, newest first by their first event."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Encounter]:
        sight = Sight.of(viewer)
        patient = sight.named(query.criteria)
        if patient is None:
            return NONE
        dates = query.criteria.get("date", ())
        points = viewer.store.find(Encounter, "patient", patient.id)
        visible = sight.seen(encounter for encounter in spend_per_row(points) if _within(_events(encounter), dates))
        return matches(newest_first(visible, lambda encounter: _events(encounter)[0].at), to_stu3)


def to_stu3(names: Names, encounter: Encounter, hidden: bool) -> Json:
    """Render an encounter as `facade-encounter`, which has no privacy label."""
    events = _events(encounter)
    return without_empty(
        {
            **common_elements(names, "Encounter", encounter, [], labelled=False),
            "extension": _specialty_history(events),
            "status": "unknown",
            "class": _class(CLASSES.get(events[-1].class_)),
            "classHistory": _class_history(events),
            "subject": patient_reference(names, encounter.patient),
            "period": without_empty({"start": moment(events[0].at), "end": _end(events)}),
        }
    )


def _events(encounter: Encounter) -> Events:
    """Sort the events from oldest to newest; equal times in the order of receipt."""
    # `sorted` is stable, so events of the same time keep the order of receipt.
    return sorted(encounter.events, key=lambda event: event.at)


def _end(events: Events) -> str:
    return moment(events[-1].at) if events[-1].type == DISCHARGE else ""


def _specialty_history(events: Events) -> list[Json]:
    return [
        {
            "url": f"{STRUCTURE}/specialty-history",
            "extension": [
                {"url": "specialty", "valueCoding": {"code": specialty}},
                {"url": "period", "valuePeriod": period},
            ],
        }
        for specialty, period in _runs(events, lambda event: event.specialty)
        if specialty
    ]


def _class_history(events: Events) -> list[Json]:
    runs = _runs(events, lambda event: CLASSES.get(event.class_))
    return [{"class": _class(code), "period": period} for code, period in runs if code]


def _class(code: str | None) -> Json:
    return {"system": ACT_CODE, "code": code} if code else {}


def _runs(events: Events, key: Callable[[EncounterEvent], K]) -> list[tuple[K, Json]]:
    """Group events into runs with the same key; each ends when the next run begins."""
    runs = [(value, moment(next(iter(run)).at)) for value, run in groupby(events, key)]
    ends = [started for _, started in runs[1:]] + [""]
    return [
        (value, without_empty({"start": started, "end": end})) for (value, started), end in zip(runs, ends, strict=True)
    ]


def _within(events: Events, criteria: Iterable[Criterion]) -> bool:
    """Compare a period with a date as FHIR does: equal if it lies inside, later or earlier if a part of it does."""
    if not events:
        return False
    # Without a discharge the visit still goes on.
    ended = events[-1].at if events[-1].type == DISCHARGE else None
    for criterion in criteria:
        assert isinstance(criterion, DateCriterion)  # noqa: S101 - the statement says date
        if not criterion.matches_period(events[0].at, ended):
            return False
    return True
