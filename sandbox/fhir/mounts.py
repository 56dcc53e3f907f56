"""The FHIR endpoints as front ends, by prefix."""

from __future__ import annotations

from sandbox.fhir import capability, facade, given, operations, seeding
from sandbox.fhir.aggregated import endpoint as aggregated
from sandbox.fhir.aggregated.changes import on_change, watch
from sandbox.fhir.customer import endpoint as customer
from sandbox.fhir.endpoints import AGGREGATED, CUSTOMER, FACADE, MESSAGING
from sandbox.fhir.messaging import endpoint as messaging
from sandbox.fhir.routes import Engine
from sandbox.frontend import FrontEnd
from sandbox.workspace import Workspace, Workspaces


def front_ends(workspaces: Workspaces) -> dict[str, FrontEnd]:
    engine = Engine(FACADE, capability.load(FACADE.statement), facade.RESOURCES, operations.FACADE)
    built = {
        FACADE.prefix: messaging.beside(engine.front_end(workspaces)),
        MESSAGING.prefix: messaging.front_end(workspaces),
        CUSTOMER.prefix: customer.front_end(workspaces, (on_change,)),
        AGGREGATED.prefix: aggregated.front_end(workspaces),
    }
    statements = given.given(workspaces.default.settings.capability_statement)
    for word, endpoint in given.MOUNTED.items():
        if word in statements:
            built[endpoint.prefix] = customer.given_front_end(workspaces, endpoint, statements[word])
    return built


def seed(workspace: Workspace) -> None:
    """Puts into a world what its endpoints start with."""
    watch(workspace)
    seeding.seed(workspace, (on_change,))
