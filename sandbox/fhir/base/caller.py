"""The caller of a FHIR endpoint: the bearer token, and the organisation for which a System Client acts."""

from __future__ import annotations

import re

from sandbox.access import organisation, tokens
from sandbox.access.credentials import bearer
from sandbox.access.principal import Principal
from sandbox.access.purview import check_not_frozen
from sandbox.fhir.base.viewer import Viewer
from sandbox.http.call import Call

OPEN = re.compile(r"(?:/[^/]+/fhir)?/(?:metadata|OperationDefinition(?:/.*)?)", re.DOTALL)
"""Paths that can be read without a token, also at a Customer endpoint
(https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363602541/FHIR+Conformance).
"""


def identify(call: Call, open_to_all: re.Pattern[str] = OPEN) -> Principal | None:
    """Return the caller; None without a token where none is needed. Raises Unauthenticated otherwise."""
    header = call.headers.get("authorization")
    token = bearer(header or "")
    if call.request.method in ("GET", "HEAD") and open_to_all.fullmatch(call.path):
        # The token is not checked, but its world records the exchange.
        if token is not None:
            call.choose_world(token)
        return None
    if token is None:
        raise tokens.bad_authentication(
            "" if header is None else "The Authorization header does not contain a bearer token"
        )
    return call.identify(token)


def admit(call: Call, action: str) -> Viewer:
    """Return the caller with the organisation, if the action is allowed. Raises the refusal of matrix, header or
    record.
    """
    call.authorise(action)
    call.principal = organisation.acting_principal(call.caller, call.headers.get(organisation.HEADER.lower()))
    check_not_frozen(call.principal)
    return Viewer(
        call.principal, call.workspace, call.workspace.clock.now(), call.reads_from_others, call.warn, call.changes_at
    )
