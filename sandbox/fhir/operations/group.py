"""`Observation/$group`: a search thinned out to the latest result of each day.

Source: *$group*, https://dev.patientsknowbest.com/home/fhir-api/operation/group
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from sandbox.fhir.formats import fhir_response
from sandbox.fhir.interactions.search_type import checked
from sandbox.fhir.operations.invocation import Invocation
from sandbox.fhir.search.bundle import searchset

Json = dict[str, Any]
ZONE = ZoneInfo("Europe/London")


def answer(asked: Invocation) -> Response:
    """200 with a searchset, newest first; it takes the parameters of the search, and no others."""
    type_ = asked.operation.resource
    query, pairs = checked(asked.call, asked.offered.types[type_])
    found = latest_of_each_day(asked.sources[type_].search(asked.viewer, query))
    path = f"{type_}/${asked.operation.name}"
    return fhir_response(asked.call, searchset(asked.call, asked.base, path, query, pairs, found))


def latest_of_each_day(observations: Sequence[Json]) -> list[Json]:
    """One of each calendar day in the United Kingdom: the one with the latest time, newest day first."""
    latest: dict[date, tuple[datetime, str, Json]] = {}
    for one in observations:
        at = datetime.fromisoformat(one["effectiveDateTime"])
        candidate = (at, one["id"], one)
        day = at.astimezone(ZONE).date()
        latest[day] = max(latest.get(day, candidate), candidate, key=lambda row: row[:2])
    return [latest[day][2] for day in sorted(latest, reverse=True)]
