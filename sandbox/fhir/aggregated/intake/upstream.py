"""Prepare a Customer's resource for aggregation: in R4, with its references, or with the reason why it is skipped.

Source: *Customer Interface Requirements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5002330131 ;
*FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import facts
from sandbox.base import datafiles
from sandbox.base.quick_init import changed
from sandbox.fhir.aggregated.intake import stu3
from sandbox.fhir.aggregated.intake.labels import label_of
from sandbox.fhir.aggregated.linking.identity import PKB, PUBLIC_ID, national_system
from sandbox.fhir.aggregated.linking.merge import merge_keys
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.fhir.aggregated.references import (
    Unaggregated,
    at_path,
    check_identifiers,
    check_references,
    objects,
    referred_names,
    relative_reference,
)
from sandbox.fhir.base.identifiers import problem_of, with_stored_numbers
from sandbox.fhir.base.json import parse_stored, render
from sandbox.model import Resource, Upstream

Json = dict[str, Any]
MOST_PARTS: int = facts.value("aggregated.parts-limit")
"""Maximum number of objects of a resource that is aggregated."""
RECORDED_DATE = f"{STRUCTURE}/recorded-date"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFeed:
    """A Customer endpoint: name, release, owner, and the owner's mapping from codes to labels.

    `default_source` is the Organization, `Organization/id`, of Patients without one; `default_label` the label of
    resources without one.
    """

    name: str
    release: str
    owner: str
    labels: Mapping[str, Mapping[str, str]]
    default_source: str = ""
    default_label: str = ""


@cache
def types() -> dict[str, Json]:
    """The aggregated types by R4 name, with the rows of `types.toml`."""
    rows: dict[str, Json] = datafiles.read_toml(datafiles.beside_code("fhir/aggregated/types.toml"))["type"]
    return rows


def upstream(resource: Resource, feed: CustomerFeed) -> Upstream | None:
    """Return the row of a resource; None for a type that is not aggregated, or a deleted resource."""
    type_ = stu3.type_in_r4(resource.type) if feed.release == "stu3" else resource.type
    if resource.deleted or type_ not in types():
        return None
    # Counted in the text, before it is parsed: every part is looked at several times.
    is_too_large = resource.text.count("{") > MOST_PARTS
    content = {} if is_too_large else parse_stored(resource.text)
    row = Upstream(
        id=f"{feed.name}/{type_}/{resource.logical_id}",
        type=type_,
        text="",
        owner=feed.owner,
        route="FHIR_API",
        recorded=_recorded(content),
        created_at=resource.created_at,
        updated_at=resource.updated_at,
        since=resource.version,
    )
    if is_too_large:
        return changed(row, fault=f"it has more than {MOST_PARTS:,} parts")
    try:
        return _checked(row, stu3.to_r4(content) if feed.release == "stu3" else content, feed)
    except Unaggregated as reason:
        return changed(row, fault=str(reason))


def _checked(row: Upstream, resource: Json, feed: CustomerFeed) -> Upstream:
    """Build the row with all that aggregation needs. Raises Unaggregated."""
    elements = objects(resource)
    check_references(elements)
    references = referred_names(resource, elements)
    unsupported = [reference for reference in references if reference.split("/")[0] not in types()]
    if unsupported:
        raise Unaggregated(f"it refers to {unsupported[0]}, of a type that is not aggregated")
    check_identifiers(elements)
    resource = with_stored_numbers(resource)
    if row.type == "Patient":
        _check_patient(resource, feed)
    if row.type == "Organization" and not resource.get("identifier"):
        raise Unaggregated("an Organization needs an identifier")
    patients = _patients(row.type, resource)
    merges = types()[row.type]["how"] == "merged"
    managing = (
        [relative_reference(reference) for reference in at_path(resource, "managingOrganization")]
        if row.type == "Patient"
        else []
    )
    named = managing or ([feed.default_source] if row.type == "Patient" else [])
    # A Patient names its source; data about a patient takes it from there; the rest belongs to the endpoint's owner.
    source = f"{feed.name}/{named[0]}" if named else "" if patients else f"{PKB}/Organization/{feed.owner}"
    return changed(
        row,
        text=render({**resource, "meta": _meta(resource)}),
        references=(
            *(f"{feed.name}/{reference}" for reference in references),
            *([source] if source and not managing else []),
        ),
        patients=tuple(f"{feed.name}/{patient}" for patient in patients),
        keys=merge_keys(resource) if merges else (),
        source=source,
        label=label_of(resource, feed.labels) or feed.default_label if patients else "",
    )


def _patients(type_: str, resource: Json) -> list[str]:
    """Return the patients of a resource, `Patient/id`. Raises Unaggregated if a required one is missing."""
    row = types()[type_]
    if "patient" not in row:
        return []
    references = [relative_reference(reference) for reference in at_path(resource, row["patient"])]
    patients = [reference for reference in dict.fromkeys(references) if reference.startswith("Patient/")]
    if not patients and not row.get("optional"):
        raise Unaggregated(f"{row['patient']} must refer to a Patient")
    return patients


def _check_patient(resource: Json, feed: CustomerFeed) -> None:
    """Check a Patient by PKB's requirements for a Person; a Patient without a recognised number is skipped."""
    systems = [identifier["system"] for identifier in resource.get("identifier", ())]
    if not any(national_system(system) or system in PUBLIC_ID for system in systems):
        raise Unaggregated("a Patient needs a national identifier or PKB's public id")
    if len(set(systems)) < len(systems):
        raise Unaggregated("a Patient may have only one identifier for each system")
    for identifier in resource["identifier"]:
        problem, reason = problem_of(identifier)
        if problem:
            raise Unaggregated(f"{problem}: {reason}")
    named = [relative_reference(reference) for reference in at_path(resource, "managingOrganization")] or [
        feed.default_source
    ]
    if not any(reference.startswith("Organization/") for reference in named):
        raise Unaggregated("Patient.managingOrganization must name the source organisation")


def _meta(resource: Json) -> Json:
    """Return the parts of `meta` that the sender may set; the others change with every version."""
    meta = resource.get("meta", {})
    return {name: meta[name] for name in ("profile", "security", "source", "tag") if name in meta}


def _recorded(resource: Json) -> str:
    extensions = resource.get("meta", {}).get("extension", ())
    return next(
        (str(extension.get("valueDateTime", "")) for extension in extensions if extension.get("url") == RECORDED_DATE),
        "",
    )
