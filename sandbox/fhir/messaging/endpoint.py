"""The Messaging endpoint as a front end: its statement, its one operation, and its errors.

Source: *Messaging*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364028560
"""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import JSONResponse, Response

from sandbox.errors import SandboxError, Unauthenticated
from sandbox.fhir.base import capability
from sandbox.fhir.base.endpoints import MESSAGING
from sandbox.fhir.base.outcome import error_response
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.messaging import bundle, process_message
from sandbox.fhir.rendered.engine import Engine
from sandbox.fhir.rendered.operation_definition import OperationDefinitions
from sandbox.fhir.rendered.read import read_rendered
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Route
from sandbox.worlds.workspaces import Workspaces

OPERATIONS = {("Patient", "process-message"): process_message.run}
DEFINITIONS = OperationDefinitions(MESSAGING.statement)


def front_end(workspaces: Workspaces) -> FrontEnd:
    """The endpoint; with the setting `messaging_bundle` it also accepts messages as Bundles."""
    engine = Engine(MESSAGING, capability.load(MESSAGING.statement), {}, OPERATIONS)
    standard = engine.front_end(workspaces)
    routes = [Route("GET", "/OperationDefinition/{id}", _definition, "read OperationDefinition"), *standard.routes]
    if workspaces.default.settings.messaging_bundle:
        routes += [bundle.route("/$process-message"), bundle.route("/Bundle/$process-message")]
    return replace(standard, routes=tuple(routes), dialect=_dialect)


def beside(facade: FrontEnd) -> FrontEnd:
    """Return the Facade, with the roadmap's path for Bundles below its base if the setting is on."""
    if not facade.workspaces.default.settings.messaging_bundle:
        return facade
    return replace(facade, routes=(bundle.route("/Bundle/$process-message"), *facade.routes))


def _definition(call: Call) -> Response:
    """Return the definition, readable without a token although the statement does not list the type: its operation
    refers to it.
    """
    call.rests_on("choice")
    return read_rendered(call, Viewer.of(None, call.workspace), "OperationDefinition", DEFINITIONS)


def _dialect(call: Call, error: SandboxError) -> Response:
    """Return an OperationOutcome; for an invalid token RFC 6749's object, as the token endpoint does."""
    refusal = error_response(call, error, MESSAGING)
    if not isinstance(error, Unauthenticated):
        return refusal
    body = {"error": "invalid_token", "error_description": error.text or "Full authentication is required"}
    return JSONResponse(body, 401, {"WWW-Authenticate": refusal.headers["www-authenticate"]})
