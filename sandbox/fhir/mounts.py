"""The FHIR endpoints as front ends, by prefix."""

from __future__ import annotations

from sandbox.fhir import capability, facade
from sandbox.fhir.endpoints import AGGREGATED, CUSTOMER, FACADE, MESSAGING
from sandbox.fhir.routes import Engine, not_built
from sandbox.frontend import FrontEnd
from sandbox.workspace import Workspaces


def front_ends(workspaces: Workspaces) -> dict[str, FrontEnd]:
    engine = Engine(FACADE, capability.load(FACADE.statement), facade.RESOURCES)
    later = {endpoint.prefix: not_built(endpoint, workspaces) for endpoint in (MESSAGING, CUSTOMER, AGGREGATED)}
    return {FACADE.prefix: engine.front_end(workspaces), **later}
