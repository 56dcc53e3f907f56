"""The feed of a Customer's resource: its endpoint, with what the owner has set for it."""

from __future__ import annotations

from sandbox.fhir.aggregated.intake.stu3 import type_in_r4
from sandbox.fhir.aggregated.intake.upstream import CustomerFeed
from sandbox.model import Organisation, Resource
from sandbox.store import Store


def feed_of(store: Store, name: str) -> CustomerFeed:
    """Return the feed of an endpoint by its name."""
    (owner,) = store.find(Organisation, "endpoint", name)
    endpoint = next(endpoint for endpoint in owner.endpoints if endpoint.name == name)
    return CustomerFeed(
        name=name,
        release=endpoint.release,
        owner=owner.id,
        labels=owner.code_sets.semantic_labels or {},
        default_source=f"Organization/{endpoint.default_source}" if endpoint.default_source else "",
        default_label=endpoint.default_label,
    )


def upstream_id(feed: CustomerFeed, resource: Resource) -> str:
    """Return the id of the Upstream of a resource, whose type is that of R4."""
    type_ = type_in_r4(resource.type) if feed.release == "stu3" else resource.type
    return f"{feed.name}/{type_}/{resource.logical_id}"
