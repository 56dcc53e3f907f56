"""Admission to a Customer endpoint: by the matrix, then the owner, then the statement."""

from __future__ import annotations

from functools import partial

from sandbox.access.principal import Principal
from sandbox.access.roles import READER, WRITER, check_role
from sandbox.errors import MethodNotAllowed, NotFound, SandboxError
from sandbox.fhir.base import given_statements
from sandbox.fhir.base.caller import admit
from sandbox.fhir.base.capability import Capabilities, Interaction
from sandbox.fhir.base.endpoints import action_of
from sandbox.fhir.base.given_statements import GivenStatement
from sandbox.fhir.customer import access
from sandbox.fhir.resources.interactions import WRITING
from sandbox.fhir.resources.repository import OnChange, Repository, WhySkipped
from sandbox.http.call import Call
from sandbox.model import Endpoint
from sandbox.worlds.workspace import Workspace

BUNDLE, BUNDLES = "bundle", ("batch", "transaction")
"""A batch or a transaction: the body decides which."""


def offered(workspace: Workspace, endpoint: Endpoint) -> Capabilities:
    """Return the offer of a Customer endpoint in a world."""
    return given_statements.offered(workspace.settings.capability_statement, endpoint)


def admitted(call: Call, code: str, *, on_change: tuple[OnChange, ...], why_skipped: WhySkipped) -> Repository:
    """Return the endpoint for a caller who may use it for an interaction. Raises the refusal of matrix, owner or
    statement.

    An empty code means a path without an interaction.
    """
    name = call.params["endpoint"]
    workspace = call.principal.workspace if call.principal else call.workspace
    ownership = access.find_endpoint(workspace, name)
    capabilities = offered(workspace, ownership[1]) if ownership else None
    # Before the owner: the matrix decides first at every API, also about endpoints that do not exist.
    interaction = _admitted_interaction(call, code, capabilities)
    endpoint = access.owned_endpoint(call.caller, name, ownership)
    capabilities = capabilities or offered(workspace, endpoint)
    _check_offered(call, interaction, capabilities)
    check_code = partial(_check_role, call.caller, box=name)
    check_code(code)
    mount = access.mount(call, name)
    return Repository(
        name=name,
        release=endpoint.release,
        workspace=call.workspace,
        offered=capabilities,
        base=call.base_url + mount,
        mount=call.base_path + mount,
        on_change=on_change,
        why_skipped=why_skipped,
        check_code=check_code,
    )


def admitted_to(call: Call, code: str, *, given_statement: GivenStatement, mount: str) -> Repository:
    """Admit as `admitted` does, to an endpoint with a path of its own and a custom statement: it has no owner."""
    interaction = _admitted_interaction(call, code, given_statement.capabilities)
    _check_offered(call, interaction, given_statement.capabilities)
    check_code = partial(_check_role, call.caller, box="")
    check_code(code)
    return Repository(
        name=given_statement.endpoint,
        release=given_statement.release,
        workspace=call.workspace,
        offered=given_statement.capabilities,
        base=call.base_url + mount,
        mount=call.base_path + mount,
        check_code=check_code,
    )


def _check_role(caller: Principal, code: str, *, box: str) -> None:
    """Raise Forbidden for a Customer without the role of an interaction; a Bundle is checked entry by entry."""
    if code != BUNDLE:
        check_role(caller, WRITER if code in WRITING else READER, box)


def _admitted_interaction(call: Call, code: str, capabilities: Capabilities | None) -> Interaction | None:
    """Return the interaction, if the matrix admits the caller; None if it is not offered."""
    type_ = call.params.get("type", "")
    interaction = _interaction(capabilities, type_, code) if capabilities else None
    admit(call, interaction.action if interaction else action_of(call.request.method, type_, _operation(call)))
    return interaction


def _check_offered(call: Call, interaction: Interaction | None, capabilities: Capabilities) -> None:
    if interaction is None:
        named = call.params.get("type", "_history" if call.path.endswith("/_history") else "")
        raise _refusal(call, capabilities, named)
    call.rests_on(interaction.standing)


def _interaction(capabilities: Capabilities, type_: str, code: str) -> Interaction | None:
    if code == BUNDLE:
        return next((interaction for name, interaction in capabilities.system.items() if name in BUNDLES), None)
    if not type_:
        return capabilities.system.get(code)
    of_type = capabilities.types.get(type_)
    return of_type.interactions.get(code) if of_type else None


def _operation(call: Call) -> str:
    """Return the part of the path for an operation, or for a search by POST: neither sends data."""
    return next((part for part in call.path.split("/") if part.startswith("$") or part == "_search"), "")


def _refusal(call: Call, capabilities: Capabilities, type_: str) -> SandboxError:
    if _operation(call).startswith("$"):
        return NotFound(f"Unknown operation {_operation(call)}", code="not-supported", rule="customer.no-operation")
    if type_ and type_ not in capabilities.types:
        return NotFound(f"Resource type {type_} does not exist", rule="customer.unknown-type")
    text = f"{call.request.method} is not offered at {call.request.url.path}"
    return MethodNotAllowed(text, allowed(capabilities, type_), rule="customer.not-offered")


_METHODS = {
    "create": "POST",
    "delete": "DELETE",
    "patch": "PATCH",
    "read": "GET",
    "search-type": "GET",
    "transaction": "POST",
    "update": "PUT",
}


def allowed(capabilities: Capabilities, type_: str) -> tuple[str, ...]:
    """Return the methods for which the statement has an interaction, on a type or at the root."""
    offered_ = capabilities.types.get(type_)
    codes = offered_.interactions if offered_ else capabilities.system
    return tuple(sorted({_METHODS[code] for code in codes if code in _METHODS}))
