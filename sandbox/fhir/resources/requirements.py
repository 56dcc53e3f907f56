"""PKB's requirements for aggregation, as far as one resource alone shows them.

A Customer endpoint never refuses a resource for them; PKB's staff report them. Here the explanation of the
exchange lists them. Aggregated itself says whether it has the resource.

Sources: *Customer Interface Requirements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5002330131 ,
*FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs ; each rule is a fact of its
name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.fhir.base.identifiers import problem_of
from sandbox.fhir.resources.meta import SERVER_KEPT, SERVER_KEPT_EXTENSIONS
from sandbox.model.organisation import LABELS

Json = dict[str, Any]
PRIVACY_LABEL = "http://fhir.patientsknowbest.com/codesystem/privacy-label"
SOURCES = frozenset({"source-organization", "source-patient", "source-practitioner", "source-team"})
OF_A_PERSON = frozenset({"Patient", "Person"})
BESIDE_IDENTIFIER = frozenset({"type", "identifier", "display", "id", "extension"})
"""The members of a Reference that has an identifier and no target."""
MOST = 20
"""Maximum number of warnings about one resource."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that a resource does not meet: its fact, the place, and the error."""

    rule: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


def unmet_requirements(resource: Json) -> tuple[Unmet, ...]:
    """Return the requirements that a resource, as sent, does not meet."""
    parts = Parts.of(resource)
    failures = [
        Unmet(f"customer.requirement-{rule}", where, text)
        for rule, check in RULES.items()
        for where, text in check(parts)
    ]
    # Enough to act on: the next warnings are usually of the same kind.
    return tuple(failures[:MOST])


Violations = Iterator[tuple[str, str]]


class Parts(NamedTuple):
    """A resource, and every object in it with its path and the name of its element."""

    resource: Json
    objects: list[tuple[str, str, Json]]

    @classmethod
    def of(cls, resource: Json) -> Parts:
        return cls(resource, objects(resource, resource["resourceType"]))


def objects(resource: Json, path: str) -> list[tuple[str, str, Json]]:
    """Return every object in a resource: its path, the name of its element, and the object."""
    parts: list[tuple[str, str, Json]] = []
    _collect(resource, path, parts)
    return parts


def _collect(node: Json, path: str, parts: list[tuple[str, str, Json]]) -> None:
    for name, value in node.items():
        if isinstance(value, dict):
            where = f"{path}.{name}"
            parts.append((where, name, value))
            _collect(value, where, parts)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    where = f"{path}.{name}[{number}]"
                    parts.append((where, name, item))
                    _collect(item, where, parts)


def _reference(parts: Parts) -> Violations:
    for where, _, element in parts.objects:
        reference = element.get("reference")
        # The element's type is not looked up: an object with only these members is taken for a Reference.
        if isinstance(element.get("identifier"), dict) and element.keys() <= BESIDE_IDENTIFIER:
            yield where, "a reference by identifier alone is never resolved"
        elif isinstance(reference, str) and reference.startswith("#"):
            yield where, "a reference must refer to a stored resource, not a contained one"


def _absolute(parts: Parts) -> Violations:
    for where, _, element in parts.objects:
        if isinstance(element.get("reference"), str) and element["reference"].startswith(("http://", "https://")):
            yield where, "an absolute reference is discouraged: the server part is removed"


def incomplete_identifiers(resource: Json) -> Violations:
    """Iterate over identifiers, anywhere in a resource, that lack their system or value."""
    yield from _identifier(Parts.of(resource))


def _identifier(parts: Parts) -> Violations:
    for where, name, element in parts.objects:
        if name.lower().endswith("identifier") and not (element.get("system") and element.get("value")):
            yield where, "an identifier needs a system and a value"


def _person(parts: Parts) -> Violations:
    resource = parts.resource
    if resource["resourceType"] not in OF_A_PERSON:
        return
    identifiers = [identifier for identifier in resource.get("identifier", ()) if isinstance(identifier, dict)]
    # Counted in one pass: a body of the largest size has hundreds of thousands of identifiers.
    systems = Counter(str(identifier.get("system")) for identifier in identifiers)
    where = f"{resource['resourceType']}.identifier"
    if not identifiers:
        yield where, "at least one identifier is needed"
    for system in sorted(system for system, count in systems.items() if count > 1):
        yield where, f"more than one identifier of {system}"
    for identifier in identifiers:
        problem, reason = problem_of(identifier)
        if problem:
            yield where, f"{problem}: {reason}"


def _source(parts: Parts) -> Violations:
    resource = parts.resource
    if resource["resourceType"] == "Patient" and "managingOrganization" not in resource:
        yield (
            "Patient.managingOrganization",
            "the source organisation is missing; the endpoint's default source is used if it has one",
        )


def _security(parts: Parts) -> Violations:
    resource = parts.resource
    for number, coding in enumerate(_security_of(resource)):
        if coding.get("code") in SOURCES:
            yield _meta(resource, f"security[{number}]"), "PKB sets the source; the sent value is replaced"


def _label(parts: Parts) -> Violations:
    resource = parts.resource
    labels = [coding.get("code") for coding in _security_of(resource) if coding.get("system") == PRIVACY_LABEL]
    if len(labels) > 1:
        yield _meta(resource, "security"), "a data point has exactly one privacy label"
    for label in labels:
        if label not in LABELS:
            yield _meta(resource, "security"), f"{label} is not a privacy label"


def _kept_by_the_server(parts: Parts) -> Violations:
    resource = parts.resource
    meta = resource.get("meta", {})
    for name in meta:
        if name in SERVER_KEPT:
            yield _meta(resource, name), "set by the server; the sent value is not kept"
    for number, extension in enumerate(meta.get("extension", ())):
        if extension.get("url") in SERVER_KEPT_EXTENSIONS:
            yield _meta(resource, f"extension[{number}]"), "set by the server; the sent value is not kept"


def _security_of(resource: Json) -> list[Json]:
    return list(resource.get("meta", {}).get("security", ()))


def _meta(resource: Json, name: str) -> str:
    return f"{resource['resourceType']}.meta.{name}"


RULES: dict[str, Callable[[Parts], Violations]] = {
    "reference": _reference,
    "absolute": _absolute,
    "identifier": _identifier,
    "person": _person,
    "source": _source,
    "security": _security,
    "label": _label,
    "meta": _kept_by_the_server,
}
"""End of the fact's id → the check of a resource."""
