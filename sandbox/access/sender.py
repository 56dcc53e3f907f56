"""The sender of an HL7 message: credentials, MSH-4 and grant.

Sources: *Partner connections*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012161 ;
*Team membership*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013031/Team+membership
"""

from __future__ import annotations

import re
from dataclasses import replace

from sandbox.access.principal import Principal
from sandbox.domain.record import Sender
from sandbox.errors import Invalid
from sandbox.model import Grant, Organisation, Team

_PAIR = re.compile(r"(?P<first>[^{}]+)\{(?P<second>[^{}]+)\}")
_BARE = re.compile(r"[^{}]+")


def sender_of(principal: Principal, sending_facility: str) -> Sender:
    """Return the source organisation and team, and the creating team. Raises Invalid with PKB's text, or the
    sandbox's own.
    """
    if principal.kind == "hl7-partner":
        return _partner(principal, sending_facility)
    return _organisation(principal, sending_facility)


def _organisation(principal: Principal, sending_facility: str) -> Sender:
    store, credential = principal.workspace.store, principal.credential
    organisation = store.get(Organisation, credential.organisation or "")
    team = None
    if credential.aliases:
        # A credential with aliases must name one of them; without aliases MSH-4 may be anything (hl7/common.toml).
        alias = next((a for a in credential.aliases if a.alias == sending_facility), None)
        if alias is None:
            raise _unknown(sending_facility)
        organisation = store.get(Organisation, alias.organisation)
        team = store.find_one(Team, alias.team)
    creating = team or store.find_one(Team, organisation.default_team)
    return Sender(organisation=organisation, team=team, creating_team=creating)


def _partner(principal: Principal, sending_facility: str) -> Sender:
    if not sending_facility:
        raise Invalid(
            "MSH-4.1 (sending facility) must be provided. You provided []",
            rule="hl7.partner-alias-required",
            instead="alias{alias}, with the alias that PKB has assigned to you for the organisation",
        )
    pair = _PAIR.fullmatch(sending_facility)
    if pair:
        aliases = [pair["first"], pair["second"]]
    elif _BARE.fullmatch(sending_facility) and not principal.workspace.settings.strict_partner_alias:
        aliases = [sending_facility]
    else:
        raise _unknown(sending_facility)
    # Both aliases need a grant: `first{second}` passes through the first organisation and is about data of the second.
    grants = [_grant_of_alias(principal, alias, sending_facility) for alias in aliases]
    through, source = grants[0].organisation, grants[-1]
    return replace(of_grant(principal, source), through=None if through == source.organisation else through)


def of_grant(principal: Principal, grant: Grant) -> Sender:
    """Describe a partner with a grant as a sender: for the organisation, or within the granting team."""
    store = principal.workspace.store
    organisation, team = store.get(Organisation, grant.organisation), store.find_one(Team, grant.team)
    # membership.creating-team: the grant's default team, else the source team, else the organisation's.
    creating = store.find_one(Team, grant.default_team) or team or store.find_one(Team, organisation.default_team)
    return Sender(
        organisation=organisation,
        team=team,
        creating_team=creating,
        partner=principal.credential.partner,
        limited_to_team=grant.team,
    )


def _grant_of_alias(principal: Principal, alias: str, facility: str) -> Grant:
    grants = principal.workspace.store.find(Grant, "alias", (principal.credential.partner, alias))
    if not grants:
        raise _unknown(facility)
    return grants[0]


def _unknown(facility: str) -> Invalid:
    return Invalid(
        f"Unknown sending facility [{facility}]",
        rule="hl7.unknown-sending-facility",
        instead="an alias that belongs to these credentials, of an organisation that has granted access",
    )
