"""What the Aggregated endpoint offers, at which addresses, and its refusals of anything else."""

from __future__ import annotations

from functools import cache

from sandbox.access.matrix import NotOffered
from sandbox.errors import Gone, NotFound
from sandbox.fhir.base import capability
from sandbox.fhir.base.capability import Capabilities
from sandbox.fhir.base.endpoints import AGGREGATED
from sandbox.fhir.base.releases import release
from sandbox.http.call import Call


@cache
def offered() -> Capabilities:
    return capability.load(AGGREGATED.statement)


def check_offered(call: Call, type_: str, code: str) -> None:
    """Raise NotFound for a type that R4 does not have, NotOffered for an interaction that the statement does not
    offer.
    """
    check_type(type_)
    of_type = offered().types.get(type_)
    interaction = of_type.interactions.get(code) if of_type is not None else None
    if of_type is not None and interaction is None:
        raise NotOffered(f"The endpoint does not offer {code} on {type_}", rule="aggregated.not-offered")
    call.rests_on(interaction.standing if interaction is not None else "documented")


def check_type(type_: str) -> None:
    if type_ not in release(AGGREGATED.release).types:
        raise NotFound(f"Resource type {type_} does not exist", rule="aggregated.unknown-type")


def unknown_resource(type_: str, id_: str, reason: str = "") -> NotFound:
    return NotFound(f"Resource {type_}/{id_} not found", rule="aggregated.not-found", instead=reason)


def deleted_resource(type_: str, id_: str) -> Gone:
    return Gone(f"Resource {type_}/{id_} was deleted", rule="aggregated.deleted")


def mount_of(call: Call) -> str:
    """Return the path of the endpoint as the client requested it: `/fhir` on a host of its own."""
    by_path = call.request.scope.get("raw_path", b"").startswith(AGGREGATED.prefix.encode())
    return AGGREGATED.prefix if by_path else "/fhir"


def base_of(call: Call) -> str:
    return call.base_url + mount_of(call)
