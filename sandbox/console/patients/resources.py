"""What Customers sent about a patient through their FHIR endpoints: resources, and what Aggregated made of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.fhir.aggregated.intake.changes import take_in_of
from sandbox.fhir.aggregated.linking.identity import PKB, keys_of_record
from sandbox.model import Organisation, Patient, Resource, Upstream
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerResource:
    """A resource with its row of aggregation: its target on Aggregated, or the reason why it has none."""

    resource: Resource
    row: Upstream
    owner: str

    @property
    def at(self) -> datetime:
        return self.resource.updated_at

    @property
    def title(self) -> str:
        return f"{self.resource.type}/{self.resource.logical_id}"


def resources_of(workspace: Workspace, patient: Patient) -> list[CustomerResource]:
    """Return the resources about a patient, newest first: Patients with one of the numbers, and what refers to them."""
    # Aggregated takes resources in when it is read; this page must not show an older state than it would.
    take_in_of(workspace, patient)
    store = workspace.store
    rows: dict[str, Upstream] = {}
    for key in sorted(keys_of_record(patient)):
        for own in store.find(Upstream, "key", ("Patient", key)):
            if own.feed != PKB:
                rows[own.id] = own
                rows |= {row.id: row for row in store.find(Upstream, "patient", own.id)}
    resources = [_resource(store, row) for row in rows.values()]
    return sorted(filter(None, resources), key=lambda resource: resource.at, reverse=True)


def resource_of(workspace: Workspace, patient: Patient, id_: str) -> CustomerResource | None:
    """Return the resource with an id, `endpoint/Type/id`, if it is about the patient."""
    return next((resource for resource in resources_of(workspace, patient) if resource.resource.id == id_), None)


def _resource(store: Store, row: Upstream) -> CustomerResource | None:
    resource = store.find_one(Resource, row.id)
    if resource is None or resource.deleted:
        return None
    owner = next(iter(store.find(Organisation, "endpoint", resource.endpoint)), None)
    return CustomerResource(resource=resource, row=row, owner=owner.id if owner is not None else "")
