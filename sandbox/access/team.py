"""The team that a Customer specifies in a header, for a request on behalf of a team rather than the whole
organisation.

Source: *Advanced Questionnaires API Specification*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

from sandbox.access.principal import Principal
from sandbox.base.ids import is_uuid
from sandbox.errors import Forbidden, Invalid
from sandbox.model import Team

HEADER = "x-team-id"


def team_of_header(principal: Principal, header: str | None) -> Team:
    """Return the team of the header. Raises Invalid (no header, not a UUID) or Forbidden (another organisation's)."""
    if not header or not is_uuid(header.strip()):
        raise Invalid(
            f"{HEADER} is required: the public id (a UUID) of the team on whose behalf you call",
            code="required",
            where=HEADER,
            rule="access.team-header-required-400",
            instead=f"{HEADER}: the id of a team of your organisation",
        )
    id_ = header.strip().lower()
    team = principal.workspace.store.find_one(Team, id_)
    # access.team-not-own-403: the refusal does not say which of the two it is.
    if team is None or team.organisation != principal.credential.organisation:
        raise Forbidden(
            f"Team {id_} does not exist in your organisation",
            code="forbidden",
            rule="access.team-not-own-403",
            instead="a team of the client's organisation",
        )
    return team
