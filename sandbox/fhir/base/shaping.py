"""Parts of a resource: `_summary` and `_elements` (https://hl7.org/fhir/R4/search.html#summary).

A partial resource has a tag that says so. Only top-level elements are removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.errors import Invalid
from sandbox.fhir.base.structure import structure_of

Json = dict[str, Any]
SUMMARIES = ("true", "text", "data", "count", "false")
ALWAYS = frozenset({"resourceType", "id", "meta"})
SYSTEMS = {
    "stu3": "http://hl7.org/fhir/v3/ObservationValue",
    "r4": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
}


@dataclass(frozen=True, slots=True)
class ResponseShape:
    """The elements to return: those of a summary, the listed ones, or all."""

    summary: str = ""
    elements: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.summary or self.elements)

    @classmethod
    def asked_for(cls, query: Mapping[str, str], rule: str = "customer.summary") -> ResponseShape:
        """Parse the query string. Raises Invalid, by the endpoint's rule, for an unknown summary."""
        summary = query.get("_summary", "false")
        if summary not in SUMMARIES:
            raise Invalid(f"_summary must be one of {', '.join(SUMMARIES)}", code="invalid", rule=rule)
        names = frozenset(name.strip() for name in query.get("_elements", "").split(",") if name.strip())
        # `count` removes entries, not elements: the Bundle is already without them.
        return cls("" if summary in ("false", "count") else summary, names)

    def of(self, release: str, resource: Json) -> Json:
        """Return a resource in this shape; of a Bundle, each resource in it."""
        if resource.get("resourceType") == "Bundle" and resource.get("type") in ("searchset", "history"):
            entries = [self._entry(release, entry) for entry in resource.get("entry", ())]
            return {**resource, "entry": entries} if entries else resource
        if resource.get("resourceType") == "OperationOutcome":
            return resource
        names = self._shown(release, resource)
        kept = {name: value for name, value in resource.items() if name.removeprefix("_") in names}
        return _tagged(release, kept)

    def _entry(self, release: str, entry: Json) -> Json:
        return {**entry, "resource": self.of(release, entry["resource"])} if "resource" in entry else entry

    def _shown(self, release: str, resource: Json) -> frozenset[str]:
        structure = structure_of(release, resource["resourceType"])
        needed = ALWAYS | frozenset(_required(structure, resource) if structure else ())
        if self.elements:
            named = {name.rpartition(".")[2] for name in self.elements}
            bare_names = {name.removeprefix("_") for name in resource}
            return needed | {name for name in bare_names if any(_has_name(element, name) for element in named)}
        if self.summary == "text":
            return needed | {"text"}
        everything = frozenset(name.removeprefix("_") for name in resource)
        if self.summary == "data" or structure is None:
            return everything - {"text"}
        return needed | structure.summary


def _required(structure: Any, resource: Json) -> list[str]:
    chosen = [name for names, needed in structure.choices.values() if needed for name in names if name in resource]
    return [*structure.required, *chosen]


def _has_name(named: str, element: str) -> bool:
    """Return whether an element has a requested name: `value` includes `valueQuantity`."""
    return element == named or (element.startswith(named) and element.removeprefix(named)[:1].isupper())


def _tagged(release: str, resource: Json) -> Json:
    meta = resource.get("meta", {})
    tag = {"system": SYSTEMS[release], "code": "SUBSETTED"}
    return {**resource, "meta": {**meta, "tag": [*meta.get("tag", ()), tag]}}
