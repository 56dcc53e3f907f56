"""Who may ask a Customer endpoint for what: the matrix, then the owner, then what the statement offers."""

from __future__ import annotations

from functools import cache

from sandbox.call import Call
from sandbox.errors import MethodNotAllowed, NotFound, SandboxError
from sandbox.fhir import capability
from sandbox.fhir.caller import admit
from sandbox.fhir.capability import Capabilities, Interaction
from sandbox.fhir.customer import access
from sandbox.fhir.endpoints import action_of
from sandbox.fhir.feed import Feed, OnChange

BUNDLE = "bundle"
"""A batch or a transaction: which of the two is known when the body has been read."""


@cache
def offered(release: str) -> Capabilities:
    """What the endpoints of a release offer."""
    return capability.load(f"customer_{release}")


def admitted(call: Call, code: str, on_change: tuple[OnChange, ...] = ()) -> Feed:
    """The endpoint, for a caller who may ask it for this. Raises what the matrix, the owner and the statement say.

    An empty code stands for an address that no interaction has.
    """
    name, type_ = call.params["endpoint"], call.params.get("type", "")
    found = access.endpoint(call.principal.workspace if call.principal else call.workspace, name)
    interaction = _interaction(offered(found[1].release), type_, code) if found else None
    admit(call, interaction.action if interaction else action_of(call.request.method, type_, _operation(call)))
    assert call.principal is not None, "who is admitted is known"  # noqa: S101
    endpoint = access.owned(call.principal, name)
    capabilities = offered(endpoint.release)
    if interaction is None:
        raise _refusal(call, capabilities, type_)
    call.rests_on(interaction.standing)
    mount = access.mount(call, name)
    return Feed(
        name=name,
        release=endpoint.release,
        workspace=call.workspace,
        offered=capabilities,
        base=call.base_url + mount,
        mount=mount,
        on_change=on_change,
    )


def _interaction(capabilities: Capabilities, type_: str, code: str) -> Interaction | None:
    if code == BUNDLE:
        return next(iter(capabilities.system.values()), None)
    of_type = capabilities.types.get(type_)
    return of_type.interactions.get(code) if of_type else None


def _operation(call: Call) -> str:
    """What stands in the address for an operation, or for a search by POST: neither sends data by itself."""
    return next((part for part in call.path.split("/") if part.startswith("$") or part == "_search"), "")


def _refusal(call: Call, capabilities: Capabilities, type_: str) -> SandboxError:
    if _operation(call).startswith("$"):
        return NotFound(f"There is no operation {_operation(call)}", code="not-supported", rule="customer.no-operation")
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
    """The methods that the statement has an interaction for, on a type or at the root."""
    offered_ = capabilities.types.get(type_)
    codes = offered_.interactions if offered_ else capabilities.system
    return tuple(sorted({_METHODS[code] for code in codes if code in _METHODS}))
