"""The access matrix: `matrix.toml` as a table, and the one function that decides.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sandbox.access.principal import INTEGRATION_TYPE, Principal
from sandbox.base import datafiles
from sandbox.errors import Forbidden, SandboxError, Unauthenticated

TYPES = ("customer", "partner", "app")
APIS = ("hl7", "rest", "facade", "messaging", "customer", "aggregated")
ACTIONS = ("send_data", "read_demographics", "read_clinical", "read_clinical_from_others")

ISSUERS = {
    "hl7": "hl7",
    "rest": "phr",
    "facade": "phr",
    "messaging": "phr",
    "customer": "keycloak",
    "aggregated": "keycloak",
}
"""API → the issuer whose tokens it accepts; it does not recognise tokens of any other issuer."""

ISSUER_OF = {
    "hl7-org": "hl7",
    "hl7-partner": "hl7",
    "user-client": "phr",
    "system-client": "phr",
    "tethered-token-system-client": "phr",
    "customer-system-client": "keycloak",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: whether an integration type may do an action with an API, with which credential, and the source."""

    cell: str
    decision: str
    credential: str | None
    standing: str
    source: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class NotOffered(SandboxError):
    """The right client, at an endpoint that does not offer the interaction; the endpoint words the refusal."""


class Refused(Forbidden):
    """A refusal by the matrix."""


class OtherIssuer(Unauthenticated):
    """A valid token, but of an issuer that this API does not accept."""


@cache
def matrix() -> dict[str, Cell]:
    """Read all 72 cells by address, `<type>.<api>.<action>`."""
    table = datafiles.read_toml(datafiles.beside_code("access/matrix.toml"))
    cells = {}
    for type_ in TYPES:
        for api in APIS:
            for action in ACTIONS:
                address = f"{type_}.{api}.{action}"
                row = table[type_][api][action]
                cells[address] = Cell(**{"credential": None, **row, "cell": address})
    return cells


def decide(principal: Principal, api: str, action: str) -> Cell:
    """Return the cell that allows the principal to act. Raises OtherIssuer, Refused or NotOffered, with the cell's
    address.
    """
    kind = principal.credential.kind
    cell = matrix()[f"{INTEGRATION_TYPE[kind]}.{api}.{action}"]
    if cell.decision == "pending":
        if principal.workspace.settings.pending_cells == "allow":
            return cell
        raise Refused(
            f"{cell.cell} is pending: {cell.reason}",
            code="USER_TYPE_NOT_PERM",
            rule="access.pending-403",
            instead="an organisation of your own with a Customer System Client, or the setting pending_cells = allow",
        )
    # The issuer before the type of client: an API cannot read a token of another issuer (401), so it cannot know what
    # its client may do (403).
    foreign = ISSUER_OF[kind] != ISSUERS[api]
    if cell.decision == "denied" and not foreign and kind in _offered(principal.integration_type, api):
        raise NotOffered(cell.reason, rule="access.not-offered", instead=_instead(api, action))
    if foreign:
        raise OtherIssuer(
            "Token was issued elsewhere",
            code="BAD_AUTHENTICATION",
            rule="access.other-token-family-401",
            instead=_instead(api, action),
        )
    if cell.decision == "denied" or kind != cell.credential:
        raise Refused(
            cell.reason if cell.decision == "denied" else f"{kind} may not call this API",
            code="USER_TYPE_NOT_PERM",
            rule="access.wrong-client-type-403",
            instead=_instead(api, action),
        )
    return cell


def _offered(type_: str, api: str) -> set[str | None]:
    """Return the credentials with which an integration type may do anything with an API."""
    return {c.credential for a in ACTIONS if (c := matrix()[f"{type_}.{api}.{a}"]).decision == "allowed"}


ELSEWHERE = {
    "send_data": "HL7, Custom REST, Messaging (POST /phr-fhir/Patient/$process-message) or a Customer endpoint",
    "read_demographics": "the Facade, Custom REST, or the Customer and Aggregated endpoints",
    "read_clinical": "the Facade, Custom REST, or the Customer and Aggregated endpoints",
    "read_clinical_from_others": "the Facade, Custom REST or the Aggregated endpoint",
}
"""Action → the APIs that offer it to some integration type."""


def _instead(api: str, action: str) -> str:
    allowed = [c for t in TYPES if (c := matrix()[f"{t}.{api}.{action}"]).decision == "allowed"]
    if not allowed:
        return f"{ELSEWHERE[action]}; nobody may {action.replace('_', ' ')} with the {api} API"
    return "a token of " + " or ".join(f"a {c.credential} ({c.cell.split('.')[0]})" for c in allowed)
