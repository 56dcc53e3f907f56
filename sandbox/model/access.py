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
"""The roles of a Customer System Client at its endpoints: read and write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A company that acts for organisations which have granted it access."""

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
    """A credential. `id` is the OAuth client id or the HL7 user name, `secret` the client secret or password.

    `organisation` or `partner` is the owner, if any. `scopes` and `redirect_uris` belong to User Clients, `aliases`
    to HL7 organisation credentials; `team` is the team to which a coordinator tethered the client; `roles` limits a
    Customer System Client.
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
    """A grant: an organisation, or one of its teams, allows a partner to act for it. `alias` is the partner's word
    for it in MSH-4.
    """

    id: str
    partner: str
    organisation: str
    alias: str
    team: str | None = None
    default_team: str | None = None
