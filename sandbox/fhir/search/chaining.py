"""Chained parameters and `_has` (https://hl7.org/fhir/R4/search.html#chaining): a search inside the search."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.errors import Invalid
from sandbox.fhir.search.criteria import AnyOf, Criterion, OneOfIds, select
from sandbox.fhir.search.definitions import SearchParameter, parameters_of, types
from sandbox.fhir.search.limits import SearchLimits
from sandbox.fhir.search.reference import Linked, Ref
from sandbox.fhir.search.view import View
from sandbox.worlds.slices import Work


class Steps:
    """The depth of a chain, and the number of chains of a request, counting each type that a step may reach."""

    def __init__(self, limits: SearchLimits, depth: int = 0, chains: list[None] | None = None) -> None:
        self._limits = limits
        self._depth = depth
        self._chains = [] if chains is None else chains

    def deeper(self) -> Steps:
        """Go one step further. Raises Invalid beyond the limits."""
        # One list for all steps of a request, so that breadth is bounded as well as depth.
        self._chains.append(None)
        deepest, most = self._limits.chain_steps, self._limits.chains
        if self._depth >= deepest or len(self._chains) > most:
            text = f"A chain has at most {deepest} steps, a search at most {most} chains; specify target types"
            raise Invalid(text, code="too-costly", rule="search.too-much")
        return Steps(self._limits, self._depth + 1, self._chains)


Read = Callable[[View, str, str, str, Steps], Work[Criterion | None]]


def chained(
    view: View, parameter: SearchParameter, type_: str, rest: str, value: str, steps: Steps, read: Read
) -> Work[Criterion | None]:
    """`subject:Patient.name=x`: the reference refers to a match of the rest; None if nothing matches."""
    further = steps.deeper()
    ids: dict[str, frozenset[str]] = {}
    for target in _target_types(view, parameter, type_):
        inner = yield from read(view, target, rest, value, further)
        if inner is not None:
            matches = yield from select(view, target, [inner])
            ids[target] = frozenset(resource.logical_id for resource in matches)
    if not ids:
        return None
    linked_ids = {target: linked for target, linked in ids.items() if linked}
    # A target type that has the parameter but no match still makes the chain valid: it then matches nothing.
    return AnyOf(parameter.name, (Linked(linked_ids, view.base),)) if linked_ids else OneOfIds(frozenset())


def _target_types(view: View, parameter: SearchParameter, type_: str) -> list[str]:
    targets = types(view.release) if parameter.type == "reference" else ()
    return [target for target in targets if parameter.leads_to(target) and type_ in ("", target)]


def reverse_chained(view: View, type_: str, name: str, value: str, steps: Steps, read: Read) -> Work[Criterion | None]:
    """`_has:Observation:patient:code=x`: such an Observation refers to the resource by `patient`; None as `chained`.

    Raises Invalid for a name of another form.
    """
    further = steps.deeper()
    parts = name.split(":", 3)
    if len(parts) < 4:
        raise Invalid("_has must have the form _has:Type:reference:parameter", code="invalid", rule="search.chain")
    _, source, code, rest = parts
    parameter = parameters_of(view.release, source).get(code) if code in (view.rules(source) or ()) else None
    if parameter is None or parameter.type != "reference" or not parameter.leads_to(type_):
        return None
    inner = yield from read(view, source, rest, value, further)
    if inner is None:
        return None
    matches = yield from select(view, source, [inner])
    return OneOfIds(
        frozenset(
            ref.id
            for resource in matches
            for ref in resource.values.get(code, ())
            # The same id on another server is another resource.
            if isinstance(ref, Ref) and ref.type == type_ and ref.base in ("", view.base)
        )
    )
