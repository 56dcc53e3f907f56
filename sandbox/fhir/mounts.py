"""The FHIR endpoints as front ends, by prefix."""

from __future__ import annotations

from sandbox.fhir import capability, facade, operations
from sandbox.fhir.customer import endpoint as customer
from sandbox.fhir.endpoints import AGGREGATED, CUSTOMER, FACADE, MESSAGING
from sandbox.fhir.messaging import endpoint as messaging
from sandbox.fhir.routes import Engine, not_built
from sandbox.fhir.team import check_team
from sandbox.frontend import FrontEnd
from sandbox.workspace import Workspaces


def front_ends(workspaces: Workspaces) -> dict[str, FrontEnd]:
    engine = Engine(FACADE, capability.load(FACADE.statement), facade.RESOURCES, operations.FACADE)
    return {
        FACADE.prefix: messaging.beside(engine.front_end(workspaces)),
        MESSAGING.prefix: messaging.front_end(workspaces),
        CUSTOMER.prefix: customer.front_end(workspaces),
        AGGREGATED.prefix: not_built(AGGREGATED, workspaces, check_team),
    }
