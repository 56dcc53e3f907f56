"""The names of the front ends' operations, so that names that clients make up count as one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sandbox.fhir.base.endpoints import ENDPOINTS
from sandbox.http.front_end import FrontEnd
from sandbox.worlds.tally import IsKnown

FrontEnds = Callable[[str], FrontEnd]
"""Returns the front end of an API."""
FHIR = frozenset(endpoint.api for endpoint in ENDPOINTS)


def known_operations(front_ends: FrontEnds) -> IsKnown:
    """Return whether an operation belongs to a route, a use of a message, or an interaction on a FHIR type."""

    @cache
    def names(api: str) -> frozenset[str]:
        routes = {route.operation for route in front_ends(api).routes}
        return frozenset((routes | _names_beside_routes(api)) - {""})

    def is_known(api: str, operation: str) -> bool:
        if operation in names(api):
            return True
        code, _, type_ = operation.partition(" ")
        return api in FHIR and code in names(api) and type_ in _fhir_types()

    return is_known


def _names_beside_routes(api: str) -> set[str]:
    """Return the names of an API's operations that are not routes. It imports only the API that was used."""
    if api == "hl7":
        from sandbox.hl7.profiles import profiles

        return {"MLLP", *(name for profile in profiles().values() for name in (profile.name, profile.type))}
    if api == "oauth":
        from sandbox.oauth.grants import GRANTS
        from sandbox.oauth.words import TOKEN

        return {f"{TOKEN} {grant}" for grant in GRANTS}
    return {"batch"} if api == "customer" else set()


@cache
def _fhir_types() -> frozenset[str]:
    from sandbox.fhir.search import definitions

    return frozenset(type_ for release in ("stu3", "r4") for type_ in definitions.types(release))
