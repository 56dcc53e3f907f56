"""The addresses of the Custom REST API: callers are identified and the matrix decides; then the answer is 501.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from sandbox.access import tokens
from sandbox.access.credentials import bearer
from sandbox.access.principal import Principal
from sandbox.access.purview import check_not_frozen
from sandbox.call import Call
from sandbox.errors import Forbidden, SandboxError, TooLarge, Unauthenticated, Unsupported
from sandbox.frontend import FrontEnd
from sandbox.workspace import Workspaces

PREFIXES = ("/json", "/rest")
STATUS: tuple[tuple[type[SandboxError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (TooLarge, 413),
    (Unsupported, 501),
)


def front_end(workspaces: Workspaces) -> FrontEnd:
    return FrontEnd(
        api="rest", workspaces=workspaces, routes=(), identify=_identify, dialect=_dialect, fallback=_not_built
    )


def _identify(call: Call) -> Principal:
    token = bearer(call.request.headers.get("authorization", ""))
    if token is None:
        raise tokens.bad_authentication("No access token")
    return tokens.principal_of(call.workspaces, token)


def _not_built(call: Call) -> Response:
    reads = call.request.method in ("GET", "HEAD")
    demographic = "/users" in call.path
    call.authorise(("read_demographics" if demographic else "read_clinical") if reads else "send_data")
    if call.principal is not None:
        check_not_frozen(call.principal)
    raise Unsupported("The Custom REST API is not part of the sandbox yet", rule="rest.not-built")


def _dialect(call: Call, error: SandboxError) -> Response:
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    headers = {"WWW-Authenticate": 'Bearer realm="pkb"'} if status == 401 else None
    return JSONResponse({"error": error.code or "error", "message": error.text}, status, headers)
