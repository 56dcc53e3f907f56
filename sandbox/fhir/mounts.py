"""The FHIR endpoints as front ends."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.fhir import facade
from sandbox.fhir.aggregated import endpoint as aggregated
from sandbox.fhir.aggregated.intake.changes import on_change, on_start, skip_reason
from sandbox.fhir.base import capability, given_statements
from sandbox.fhir.base.endpoints import AGGREGATED, CUSTOMER, FACADE, MESSAGING, FhirEndpoint
from sandbox.fhir.customer import endpoint as customer
from sandbox.fhir.facade import operations
from sandbox.fhir.messaging import endpoint as messaging
from sandbox.fhir.rendered.engine import Engine
from sandbox.http.front_end import FrontEnd
from sandbox.worlds.workspaces import Workspaces

ON_CHANGE = (on_change,)
"""Called with every change at a Customer endpoint."""

ON_START = (on_start,)
"""Called with every resource with which a world starts at a Customer endpoint."""


def front_end(workspaces: Workspaces, endpoint: FhirEndpoint) -> FrontEnd:
    """Return an endpoint: that of a custom statement, if the setting has one for it."""
    statements = given_statements.statements_by_endpoint(workspaces.default.settings.capability_statement)
    if endpoint.api in given_statements.MOUNTED and endpoint.api in statements:
        return customer.given_front_end(workspaces, endpoint, statements[endpoint.api])
    return BUILT[endpoint.api](workspaces)


def _facade(workspaces: Workspaces) -> FrontEnd:
    engine = Engine(FACADE, capability.load(FACADE.statement), facade.RESOURCES, operations.FACADE)
    return messaging.beside(engine.front_end(workspaces))


BUILT: dict[str, Callable[[Workspaces], FrontEnd]] = {
    FACADE.api: _facade,
    MESSAGING.api: messaging.front_end,
    CUSTOMER.api: lambda workspaces: customer.front_end(workspaces, ON_CHANGE, skip_reason),
    AGGREGATED.api: aggregated.front_end,
}
"""An endpoint → the function that builds it."""
