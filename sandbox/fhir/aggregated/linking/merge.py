"""Merge Patients, Organizations or Medications of several feeds into one.

Source: *Aggregated*, versions 47 and 48,
https://pkbdev.atlassian.net/wiki/pages/diffpagesbyversion.action?pageId=3364388935&selectedPageVersions=47&selectedPageVersions=48
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.fhir.aggregated.linking.identity import patient_keys

Json = dict[str, Any]

LEFT_OUT = frozenset({"id", "meta", "contained", "implicitRules", "managingOrganization"})
"""Elements that a merged resource does not have, because no single source would be right."""

CHOICES = ("deceased", "multipleBirth")
"""Elements with a name for each type; only one of them may be present."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the merged resources, and when it was last updated."""

    id: str
    updated_at: datetime
    resource: Json


def merge_keys(resource: Json) -> tuple[str, ...]:
    """Return the keys for grouping a resource of a merged type: two resources with a common key merge."""
    return tuple(dict.fromkeys(f"{system}|{value}" for system, value in _KEYS[resource["resourceType"]](resource)))


def _organization(resource: Json) -> Iterable[tuple[str, str]]:
    return ((identifier["system"], identifier["value"]) for identifier in resource.get("identifier", ()))


def _medication(resource: Json) -> Iterable[tuple[str, str]]:
    coded = resource.get("code", {}).get("coding", ())
    return ((coding.get("system", ""), coding["code"]) for coding in coded if coding.get("code"))


_KEYS: dict[str, Callable[[Json], Iterable[tuple[str, str]]]] = {
    "Medication": _medication,
    "Organization": _organization,
    "Patient": patient_keys,
}


def merged_resource(parts: Sequence[Part], before: Json | None = None) -> Json:
    """Return the merged resource, without id and meta. `before` is its earlier value: identifiers of organisations
    stay.

    Single values and extensions come from the latest update, ties by id; lists are combined in that order.
    """
    newest_first = [part.resource for part in sorted(parts, key=lambda p: (p.updated_at, p.id), reverse=True)]
    whole: Json = {"resourceType": newest_first[0]["resourceType"]}
    for resource in newest_first:
        for name, value in resource.items():
            # Without ids and extensions of primitives (`_name`), which could describe the value of another source.
            if name in LEFT_OUT or name == "resourceType" or name.startswith("_"):
                continue
            if name == "extension":
                whole[name] = _extensions(whole.get(name, []), value)
            elif isinstance(value, list):
                whole[name] = _listed(name, whole.get(name, []), value)
            elif not _chosen(name, whole):
                whole[name] = value
    if whole["resourceType"] == "Medication" and "code" in whole:
        whole["code"] = _without_coding_extensions(whole["code"])
    if whole["resourceType"] == "Organization" and before is not None:
        whole["identifier"] = _as_before(whole.get("identifier", []), before.get("identifier", []))
    return {name: value for name, value in whole.items() if value != []}


def _extensions(have: list[Json], more: list[Json]) -> list[Json]:
    """Return one extension for each URL: the first of the latest update."""
    by_url = {extension["url"]: extension for extension in reversed(more)} | {
        extension["url"]: extension for extension in have
    }
    return [by_url[url] for url in dict.fromkeys([extension["url"] for extension in (*have, *more)])]


def _listed(name: str, have: list[Any], more: list[Any]) -> list[Any]:
    """Combine two lists, without duplicate identifiers."""
    if name != "identifier":
        return have + more
    # Reversed, so that the identifier of the latest update replaces earlier ones.
    by_pair = {_pair(identifier): identifier for identifier in reversed([*have, *more])}
    return [by_pair[pair] for pair in dict.fromkeys(_pair(identifier) for identifier in (*have, *more))]


def _pair(identifier: Json) -> tuple[str, str]:
    return identifier["system"], identifier["value"]


def _chosen(name: str, whole: Json) -> bool:
    prefix = next((choice for choice in CHOICES if name.startswith(choice)), None)
    return name in whole or (prefix is not None and any(element.startswith(prefix) for element in whole))


def _without_coding_extensions(code: Json) -> Json:
    if "coding" not in code:
        return code
    stripped = [{name: value for name, value in coding.items() if name != "extension"} for coding in code["coding"]]
    return {**code, "coding": stripped}


def _as_before(now: list[Json], earlier: list[Json]) -> list[Json]:
    by_pair = {_pair(identifier): identifier for identifier in earlier}
    return [by_pair.get(_pair(identifier), identifier) for identifier in now]
