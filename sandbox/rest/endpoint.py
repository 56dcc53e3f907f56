"""The routes of the Custom REST API: the catalogue, the access matrix, the scopes and the services.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979 (access);
http://dev.patientsknowbest.com/home/rest-api (mounts and operations)
"""

from __future__ import annotations

from functools import cache, partial

from starlette.responses import JSONResponse, Response

from sandbox.access import tokens
from sandbox.access.credentials import bearer
from sandbox.access.principal import Principal
from sandbox.access.purview import check_not_frozen
from sandbox.errors import MethodNotAllowed, NotFound
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.prefixes import REST
from sandbox.http.routes import Route, methods_at
from sandbox.rest.catalogue import RestOperation, operations
from sandbox.rest.dialect import dialect
from sandbox.rest.scope import check_scope
from sandbox.rest.services import SERVICES
from sandbox.rest.subject import subject_of
from sandbox.worlds.workspaces import Workspaces


def front_end(workspaces: Workspaces) -> FrontEnd:
    return FrontEnd(
        api="rest",
        workspaces=workspaces,
        routes=_routes(),
        identify=_identify,
        subject_of=subject_of,
        dialect=dialect,
        fallback=_not_in_the_catalogue,
    )


@cache
def _routes() -> tuple[Route, ...]:
    """Every operation below both mounts; paths without parameters first, because `apiRefs` could be read as a patient
    id.
    """
    ordered = sorted(operations(), key=lambda operation: operation.path.count("{"))
    return tuple(_route(prefix, operation) for prefix in REST for operation in ordered)


def _route(prefix: str, operation: RestOperation) -> Route:
    handler = partial(_run_operation, operation=operation)
    return Route(operation.method, prefix + operation.path, handler, f"{operation.method} {operation.path}")


@cache
def _public_paths() -> frozenset[str]:
    return frozenset(prefix + operation.path for prefix in REST for operation in operations() if operation.public)


def _identify(call: Call) -> Principal | None:
    """Return the caller; None at a public operation, whatever token it has. Raises Unauthenticated without one
    elsewhere.
    """
    token = bearer(call.request.headers.get("authorization", ""))
    if call.request.method in ("GET", "HEAD") and call.path in _public_paths():
        if token is not None:
            call.choose_world(token)
        return None
    if token is None:
        raise tokens.bad_authentication("The access token is missing")
    return call.identify(token)


@cache
def _fixed_paths() -> dict[str, tuple[str, ...]]:
    """Paths without parameters → their methods: no such path is read as a path with an id."""
    fixed: dict[str, tuple[str, ...]] = {}
    for operation in operations():
        if "{" not in operation.path:
            for prefix in REST:
                path = prefix + operation.path
                fixed[path] = (*fixed.get(path, ()), operation.method)
    return fixed


def _run_operation(call: Call, operation: RestOperation) -> Response:
    # A fixed path is never an id, with any method: `GET /…/apiRefs` must not search for a patient of that name.
    if operation.method not in _fixed_paths().get(call.path, (operation.method,)):
        return _not_in_the_catalogue(call)
    call.rests_on(operation.standing)
    if call.principal is not None:
        call.authorise(operation.action)
        # After the matrix, which is about the client; before the scope, which is about the operation.
        check_not_frozen(call.principal)
        check_scope(call.principal, operation)
    answered = SERVICES[operation.id](call)
    if isinstance(answered, Response):
        return answered
    return JSONResponse({"results": answered} if operation.wrapped else answered)


def _not_in_the_catalogue(call: Call) -> Response:
    allowed = _fixed_paths().get(call.path) or methods_at(_routes(), call.path)
    if not allowed:
        raise NotFound(f"No route matches {call.path}", rule="rest.unknown-path", instead="a path in the catalogue")
    text = f"{call.request.method} is not offered at {call.path}; allowed: {', '.join(allowed)}"
    raise MethodNotAllowed(text, allowed, rule="rest.other-method")
