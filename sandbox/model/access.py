"""Partners, grants, and the credentials that PKB issues."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "hl7-org",
    "hl7-partner",
    "user-client",
    "system-client",
    "customer-system-client",
    "tethered-token-system-client",
)
"""The six kinds of credential."""

ROLES = ("fhir_reader", "fhir_writer")
"""What a Customer System Client may be allowed at its endpoints: to read, and to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A company that acts for organisations which granted it access."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name in MSH-4 that an organisation's own credentials may use: another team or organisation as the source."""

    alias: str
    organisation: str
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A credential. `id` is the OAuth client id or the HL7 user name; `secret` its secret or password.

    `organisation` is set for what belongs to an organisation, `partner` for what belongs to a partner. `scopes` and
    `redirect_uris` are those of User Clients; `aliases` those of HL7 organisation credentials; `team` that
    of a client that a coordinator tethered to it; `roles` the one that a Customer System Client is limited to.
    """

    id: str
    kind: str
    name: str
    secret: str = ""
    organisation: str | None = None
    partner: str | None = None
    scopes: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    team: str | None = None
    roles: tuple[str, ...] = ()
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An organisation, or one team of it, lets a partner act for it. `alias` is the partner's MSH-4 word for it."""

    id: str
    partner: str
    organisation: str
    alias: str
    team: str | None = None
    default_team: str | None = None
