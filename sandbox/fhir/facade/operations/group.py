"""`Observation/$group`: a search limited to the latest result of each day.

Source: *$group*, https://dev.patientsknowbest.com/home/fhir-api/operation/group
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from starlette.responses import Response

from sandbox.base.clock import calendar_day
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.fhir.rendered.pages import Search, first_page
from sandbox.fhir.rendered.search_type import checked_query
from sandbox.model import LabResult


async def run(invocation: Invocation) -> Response:
    """Return a searchset, newest first; only the parameters of the search are accepted."""
    type_ = invocation.operation.resource
    query, pairs = checked_query(invocation.call, invocation.offered.types[type_])
    search = Search(
        call=invocation.call,
        viewer=invocation.viewer,
        base=invocation.base,
        path=f"{type_}/${invocation.operation.name}",
        type=type_,
        query=query,
        pairs=pairs,
        action=invocation.operation.action,
        sources=invocation.sources,
    )
    matches = invocation.sources[type_].search(invocation.viewer, query)
    return await first_page(search, replace(matches, rows=latest_of_each_day(matches.rows)))


def latest_of_each_day(results: Sequence[LabResult]) -> list[LabResult]:
    """Keep the latest result of each UK calendar day, newest day first."""
    latest: dict[date, LabResult] = {}
    for result in results:
        day = calendar_day(result.at)
        # The id decides between results of the same time, as it does in a search.
        latest[day] = max(latest.get(day, result), result, key=lambda lab_result: (lab_result.at, lab_result.id))
    return [latest[day] for day in sorted(latest, reverse=True)]
