"""What a search or read would have given another caller, and why this one does not see it: for explanations only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from sandbox.fhir.aggregated.output.render import ENDPOINT
from sandbox.fhir.aggregated.output.view import AggregatedView
from sandbox.fhir.aggregated.output.visibility import DEMOGRAPHICS
from sandbox.fhir.search import SearchMatches

RULE = "aggregated.withheld"
MOST, MOST_PATIENTS = 1000, 20
"""How many hidden resources are looked at, and patients named: an explanation does not cost more than its answer."""


def of_search(view: AggregatedView, result: SearchMatches) -> Iterator[str]:
    """A line for each reason for which resources that meet the criteria are left out, with their number."""
    hidden = [name for name in view.hidden if name.startswith(f"{result.type}/")]
    matches = (name for name in hidden[:MOST] if _meets(view, result, name))
    for reason, number in sorted(Counter(map(view.visibility.why_hidden, matches)).items()):
        yield f"{number} {result.type} withheld: {reason}"
    if len(hidden) > MOST:
        yield f"{len(hidden) - MOST} {result.type} more withheld; reasons not listed"
    if result.type != DEMOGRAPHICS:
        patients = (name for name in view.hidden if name.startswith(f"{DEMOGRAPHICS}/"))
        for name in sorted(islice(patients, MOST_PATIENTS)):
            yield f"{name} was requested but is withheld: {view.visibility.why_hidden(name)}"


def of_read(view: AggregatedView, name: str) -> str:
    """Why a resource that is there does not show; empty when it is not there."""
    is_there = view.whole.resource(f"{ENDPOINT}/{name}") is not None
    return f"a caller who may see it; it is withheld: {view.visibility.why_hidden(name)}" if is_there else ""


def _meets(view: AggregatedView, result: SearchMatches, name: str) -> bool:
    resource = view.whole.resource(f"{ENDPOINT}/{name}")
    return resource is not None and all(criterion.met_by(resource) for criterion in result.query.criteria)
