"""Chained parameters and `_has` (https://hl7.org/fhir/R4/search.html#chaining): a search inside the search."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.errors import Invalid
from sandbox.fhir.matching.criteria import AnyOf, Criterion, OneOfIds, select
from sandbox.fhir.matching.definitions import SearchParameter, of, types
from sandbox.fhir.matching.reference import Linked, Ref
from sandbox.fhir.matching.view import View

Read = Callable[[View, str, str, str, int], Criterion | None]


def chained(
    view: View, parameter: SearchParameter, type_: str, rest: str, value: str, depth: int, read: Read
) -> Criterion:
    """`subject:Patient.name=x`: the reference leads to a resource that the rest finds. Raises Invalid."""
    if parameter.type != "reference" or (type_ and not parameter.leads_to(type_)):
        raise _bad(f"Parameter {parameter.name} does not lead to {type_ or 'anything'}")
    ids: dict[str, frozenset[str]] = {}
    known = False
    for target in [type_] if type_ else [one for one in types(view.release) if parameter.leads_to(one)]:
        inner = read(view, target, rest, value, depth + 1)
        if inner is not None:
            known = True
            ids[target] = frozenset(found.logical_id for found in select(view, target, [inner]))
    if not known:
        raise _bad(f"What {parameter.name} leads to has no search parameter {rest}")
    return AnyOf(parameter.name, (Linked({target: found for target, found in ids.items() if found}, view.base),))


def reverse_chained(view: View, type_: str, name: str, value: str, depth: int, read: Read) -> Criterion:
    """`_has:Observation:patient:code=x`: such an Observation refers to the resource by `patient`. Raises Invalid."""
    parts = name.split(":", 3)
    if len(parts) < 4:
        raise _bad("_has has the form _has:Type:reference:parameter")
    _, source, code, rest = parts
    parameter = of(view.release, source).get(code) if code in (view.rules(source) or ()) else None
    if parameter is None or parameter.type != "reference" or not parameter.leads_to(type_):
        raise _bad(f"{source} does not refer to {type_} by {code}")
    inner = read(view, source, rest, value, depth + 1)
    if inner is None:
        raise _bad(f"{source} has no search parameter {rest}")
    return OneOfIds(
        frozenset(
            ref.id
            for found in select(view, source, [inner])
            for ref in found.values.get(code, ())
            if isinstance(ref, Ref) and ref.type == type_ and ref.base in ("", view.base)
        )
    )


def _bad(text: str) -> Invalid:
    return Invalid(text, code="invalid", rule="search.chain")
