"""The FHIR endpoints as front ends, by prefix."""

from __future__ import annotations

from sandbox.fhir import facade
from sandbox.fhir.aggregated import endpoint as aggregated
from sandbox.fhir.aggregated.intake.changes import on_change, reason
from sandbox.fhir.aggregated.intake.changes import watch as watch
from sandbox.fhir.base import capability, given_statements
from sandbox.fhir.base.endpoints import AGGREGATED, CUSTOMER, FACADE, MESSAGING
from sandbox.fhir.customer import endpoint as customer
from sandbox.fhir.facade import operations
from sandbox.fhir.messaging import endpoint as messaging
from sandbox.fhir.rendered.engine import Engine
from sandbox.http.front_end import FrontEnd
from sandbox.worlds.workspaces import Workspaces

ON_CHANGE = (on_change,)
"""Called with every change at a Customer endpoint."""


def front_ends(workspaces: Workspaces) -> dict[str, FrontEnd]:
    engine = Engine(FACADE, capability.load(FACADE.statement), facade.RESOURCES, operations.FACADE)
    built = {
        FACADE.prefix: messaging.beside(engine.front_end(workspaces)),
        MESSAGING.prefix: messaging.front_end(workspaces),
        CUSTOMER.prefix: customer.front_end(workspaces, ON_CHANGE, reason),
        AGGREGATED.prefix: aggregated.front_end(workspaces),
    }
    statements = given_statements.statements_by_endpoint(workspaces.default.settings.capability_statement)
    for word, endpoint in given_statements.MOUNTED.items():
        if word in statements:
            built[endpoint.prefix] = customer.given_front_end(workspaces, endpoint, statements[word])
    return built
