"""Resources that a search or read withholds from the caller, and why, for explanations only."""

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
"""Maximum number of hidden resources and patients to explain, so that an explanation does not cost more than its
response.
"""


def of_search(view: AggregatedView, result: SearchMatches) -> Iterator[str]:
    """Describe, one line per reason, how many matching resources are omitted."""
    # The view also noted hidden resources that the search only passed through, such as targets of chains.
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
    """Explain why an existing resource is hidden; empty if it does not exist."""
    is_there = view.whole.resource(f"{ENDPOINT}/{name}") is not None
    return f"a caller who may see it; it is withheld: {view.visibility.why_hidden(name)}" if is_there else ""


def _meets(view: AggregatedView, result: SearchMatches, name: str) -> bool:
    resource = view.whole.resource(f"{ENDPOINT}/{name}")
    return resource is not None and all(criterion.met_by(resource) for criterion in result.query.criteria)
