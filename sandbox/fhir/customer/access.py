"""The Customer endpoint of a request: the name in its path, found in the caller's world, only for its owner.

Source: https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364061242/Customer
"""

from __future__ import annotations

from sandbox import model
from sandbox.access.principal import Principal
from sandbox.errors import Forbidden, NotFound
from sandbox.http.call import Call
from sandbox.http.hosts import is_by_host_name
from sandbox.worlds.workspace import Workspace


def find_endpoint(workspace: Workspace, name: str) -> tuple[model.Organisation, model.Endpoint] | None:
    """Return the endpoint with a name, and the organisation that owns it."""
    for organisation in workspace.store.find(model.Organisation, "endpoint", name):
        for candidate in organisation.endpoints:
            if candidate.name == name:
                return organisation, candidate
    return None


def owned_endpoint(
    principal: Principal, name: str, ownership: tuple[model.Organisation, model.Endpoint] | None
) -> model.Endpoint:
    """Return the endpoint if the caller may use it. Raises NotFound, and Forbidden for another Customer's."""
    if ownership is None:
        raise NotFound(f"No endpoint {name}", rule="customer.unknown-endpoint")
    organisation = principal.organisation or principal.credential.organisation
    # An app that is admitted although its cell of the matrix is pending acts for a person, not for an organisation.
    if organisation not in (ownership[0].id, None):
        raise Forbidden(
            f"The endpoint {name} belongs to another Customer",
            code="forbidden",
            rule="access.other-customer-403",
            instead=f"a Customer System Client of {ownership[0].name}",
        )
    return ownership[1]


def mount(call: Call, name: str) -> str:
    """Return the path of the endpoint as the client requested it: `/fhir` on a host of its own."""
    return "/fhir" if is_by_host_name(call.request.scope) else f"/customer/{name}/fhir"
