"""The roles of a Customer System Client at the endpoints of its organisation: read, write or both.

Source: https://github.com/patientsknowbest/aidbox_501_repro (`stack/multibox_config`): a policy of each box looks for
`fhir_reader` or `fhir_writer` among the token's `resource_access.<box>-client.roles`.
"""

from __future__ import annotations

from typing import Any

from sandbox.access.principal import Principal
from sandbox.errors import Forbidden
from sandbox.model import Credential, Organisation
from sandbox.model.access import ROLES
from sandbox.store import Store

READER, WRITER = ROLES
KIND = "customer-system-client"


def resource_access(store: Store, credential: Credential) -> dict[str, Any]:
    """Build the claim of a Customer's token: its roles at each endpoint of its organisation."""
    organisation = store.find_one(Organisation, credential.organisation)
    endpoints = organisation.endpoints if organisation else ()
    roles = {"roles": list(roles_of(credential))}
    return {f"{endpoint.name}-client": roles for endpoint in endpoints}


def roles_of(credential: Credential) -> tuple[str, ...]:
    """Return the roles of a credential; both if none was specified when it was issued."""
    return credential.roles or ROLES


def check_role(principal: Principal, role: str, box: str = "") -> None:
    """Raise Forbidden for a Customer's token without a role, for one endpoint or, without `box`, for any endpoint."""
    # Other clients have no roles; the matrix alone decides about them.
    if principal.kind == KIND and role not in roles_of(principal.credential):
        raise Forbidden(
            f"The access token has no role {role} for {f'{box}-client' if box else 'any endpoint'}",
            code="forbidden",
            rule="access.roles-403",
            instead=f"a Customer System Client with the role {role}",
        )
