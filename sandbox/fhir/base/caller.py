"""Who calls a FHIR endpoint: the bearer token, and the organisation that a System Client acts for."""

from __future__ import annotations

import re

from sandbox.access import organisation, tokens
from sandbox.access.credentials import bearer
from sandbox.access.principal import Principal
from sandbox.access.purview import check_not_frozen
from sandbox.fhir.base.viewer import Viewer
from sandbox.http.call import Call

OPEN = re.compile(r"(?:/[^/]+/fhir)?/(?:metadata|OperationDefinition(?:/.*)?)", re.DOTALL)
"""What needs no token to be read, a Customer endpoint's included (https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363602541/FHIR+Conformance)."""


def identify(call: Call, open_to_all: re.Pattern[str] = OPEN) -> Principal | None:
    """The caller. None without a token, where none is needed; Unauthenticated everywhere else."""
    header = call.headers.get("authorization")
    token = bearer(header or "")
    if call.request.method in ("GET", "HEAD") and open_to_all.fullmatch(call.path):
        if token is not None:
            call.choose(token)
        return None
    if token is None:
        raise tokens.bad_authentication(
            "" if header is None else "The Authorization header does not contain a bearer token"
        )
    return call.identify(token)


def admit(call: Call, action: str) -> Viewer:
    """The caller as one who may do this, for this organisation. Raises what the matrix, header or record says."""
    call.authorise(action)
    call.principal = organisation.acting(call.caller, call.headers.get(organisation.HEADER.lower()))
    check_not_frozen(call.principal)
    return Viewer(call.principal, call.workspace, call.workspace.clock.now(), call.reads_from_others, call.warn)
