"""Drafts: a sent resource under its id, validated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.errors import Invalid
from sandbox.fhir.base.validation import InvalidResource, Issue, check_structure
from sandbox.fhir.resources.meta import unstamped
from sandbox.fhir.resources.repository import Draft
from sandbox.fhir.resources.requirements import unmet_requirements

Json = dict[str, Any]


def validated_resource(release: str, type_: str, resource: Any, id_: str) -> Json:
    """Validate the resource and set its id: its own, or `id_`, which is that of the path or a new one.

    Raises InvalidResource, also for another type.
    """
    named = {**resource, "id": id_} if isinstance(resource, dict) and "id" not in resource else resource
    check_structure(release, named)
    if named["resourceType"] != type_:
        raise InvalidResource((Issue(f"{named['resourceType']}.resourceType", f"expected {type_}"),))
    # An id that was not sent comes behind the type, as everywhere.
    return named if named is resource else {"resourceType": type_, "id": id_, **named}


def build_draft(resource: Json) -> Draft:
    """Build a draft of a valid resource."""
    return replace(without_warnings(resource), warnings=unmet_requirements(resource))


def without_warnings(resource: Json) -> Draft:
    """Build a draft of a resource of this server's own: no sender has to be warned."""
    content = unstamped(resource)
    return Draft(type=content["resourceType"], id=content["id"], content=content)


def renamed(original: Draft, id_: str) -> Draft:
    """Return the draft under another id."""
    if original.id == id_:
        return original
    # Its text names the other id.
    return replace(original, id=id_, content={**original.content, "id": id_}, around_meta=None, compared=None)


def check_id(resource: Any, id_: str) -> None:
    """Raise Invalid if a body has another id than the path."""
    if isinstance(resource, dict) and "id" in resource and resource["id"] != id_:
        raise Invalid(f"The id in the body is not {id_}", rule="customer.id-mismatch")
