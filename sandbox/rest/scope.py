"""The scope rule: each operation is for certain user types, and the session of a token has one user type.

Source: *Scopes*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364421658/Scopes
"""

from __future__ import annotations

from sandbox.access.principal import Principal
from sandbox.errors import Forbidden
from sandbox.rest.catalogue import RestOperation, scopes_by_user_type


def check_scope(principal: Principal, operation: RestOperation) -> None:
    """Raise Forbidden, in PKB's words, if the operation is not for the caller's user type."""
    if scopes_by_user_type().get(principal.scope, frozenset()).isdisjoint(operation.scopes):
        # choice: PKB prints the message with one scope; where an operation takes several, all of them are named.
        required = ", ".join(operation.scopes)
        raise Forbidden(
            f"User type {principal.scope} can't execute API call requiring scope {required}",
            code="WRONG_SCOPE",
            rule="rest.wrong-scope",
            instead=f"a token of scope {_user_types_for(operation)}",
        )


def _user_types_for(operation: RestOperation) -> str:
    return " or ".join(
        name for name, scopes in scopes_by_user_type().items() if not scopes.isdisjoint(operation.scopes)
    )
