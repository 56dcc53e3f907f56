"""The names of the front ends' operations, so that names that clients make up count as one."""

from __future__ import annotations

from collections.abc import Collection

from sandbox.fhir.search import definitions
from sandbox.hl7.profiles import profiles
from sandbox.http.front_end import FrontEnd
from sandbox.oauth.words import GRANTS, TOKEN
from sandbox.worlds.tally import IsKnown


def known_operations(front_ends: Collection[FrontEnd]) -> IsKnown:
    """Return whether an operation belongs to a route, a use of a message, or an interaction on a FHIR type."""
    named = {(front_end.api, route.operation) for front_end in front_ends for route in front_end.routes}
    named |= {("hl7", name) for profile in profiles().values() for name in (profile.name, profile.type)}
    named |= {("oauth", f"{TOKEN} {grant}") for grant in GRANTS}
    named |= {("hl7", "MLLP"), ("customer", "batch")}
    named -= {(front_end.api, "") for front_end in front_ends}

    def is_known(api: str, operation: str) -> bool:
        if (api, operation) in named:
            return True
        code, _, type_ = operation.partition(" ")
        return (api, code) in named and any(type_ in definitions.types(release) for release in ("stu3", "r4"))

    return is_known
