"""The organisation for which a System Client acts: the header that specifies it and the grant that allows it.

Source: *Facade*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357
"""

from __future__ import annotations

from sandbox.access import sender
from sandbox.access.principal import Principal
from sandbox.base.ids import is_uuid
from sandbox.domain.record import Sender
from sandbox.errors import Forbidden, Invalid
from sandbox.model import Grant, Organisation
from sandbox.store import Derived

HEADER = "X-Org-Public-Id"


def acting_principal(principal: Principal, header: str | None) -> Principal:
    """Add the organisation to the principal. Raises Invalid (no header, not a UUID) or Forbidden (unknown, not
    granted).
    """
    # Only System Clients act on behalf of others; for any other client the header means nothing.
    if principal.kind != "system-client":
        return principal
    if not header or not is_uuid(header.strip()):
        raise Invalid(
            f"{HEADER} is required: the public id (a UUID) of the organisation on whose behalf you call",
            code="value" if header else "required",
            where=HEADER,
            rule="access.organisation-header-required-400",
            instead=f"{HEADER}: the id of an organisation that granted you access",
        )
    organisation = header.strip().lower()
    store, partner = principal.workspace.store, principal.credential.partner
    teams = _GRANTING_TEAMS.of(store, (partner, organisation), lambda: _granting_teams(principal, organisation))
    if teams is None:
        raise Forbidden(
            f"Organisation {organisation} has not granted access",
            code="forbidden",
            rule="access.organisation-not-granted-403",
            instead="an organisation that granted your partner access, directly or through a team",
        )
    return principal.acting_for(organisation, teams)


_GRANTING_TEAMS: Derived[frozenset[str] | None] = Derived(Grant, Organisation)


def _granting_teams(principal: Principal, organisation: str) -> frozenset[str] | None:
    """Return the teams whose grants count; empty if the organisation itself granted access, None without a grant."""
    teams = {grant.team for grant in _grants(principal, organisation)}
    if not teams:
        return None
    return frozenset() if None in teams else frozenset(team for team in teams if team)


def sender_for(principal: Principal) -> Sender:
    """Describe a System Client as a sender for its organisation; its own grant takes precedence."""
    grants = _grants(principal, principal.organisation or "")
    # A grant by the organisation itself (no team) is wider than one by a team.
    return sender.of_grant(principal, min(grants, key=lambda grant: grant.team is not None))


def _grants(principal: Principal, organisation: str) -> list[Grant]:
    store = principal.workspace.store
    if store.find_one(Organisation, organisation) is None or principal.credential.partner is None:
        return []
    return [
        grant
        for grant in store.find(Grant, "partner", principal.credential.partner)
        if grant.organisation == organisation
    ]
