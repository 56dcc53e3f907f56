"""The caller: the credential, its integration type, and the organisation, user or team for which it acts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sandbox.base.quick_init import quick_init
from sandbox.model import Credential
from sandbox.worlds.workspace import Workspace

INTEGRATION_TYPE = {
    "hl7-org": "customer",
    "customer-system-client": "customer",
    "hl7-partner": "partner",
    "system-client": "partner",
    "tethered-token-system-client": "partner",
    "user-client": "app",
}
"""Kind of credential → integration type (https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979)."""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller. `organisation` is the one for which it acts; `user`, `team` and `scope` come from a session.

    `granting_teams` are the teams whose grants alone let it act for the organisation: empty when the organisation
    granted access itself.
    """

    workspace: Workspace
    credential: Credential
    organisation: str | None = None
    granting_teams: frozenset[str] = frozenset()
    user: str | None = None
    team: str | None = None
    scope: str = ""

    @property
    def kind(self) -> str:
        return self.credential.kind

    @property
    def integration_type(self) -> str:
        return INTEGRATION_TYPE[self.credential.kind]

    @property
    def description(self) -> str:
        """Describe the caller for explanations and the log, without any secret."""
        return _description(self.credential.kind, self.credential.id)

    def acting_for(self, organisation: str, granting_teams: frozenset[str]) -> Principal:
        return Principal(
            workspace=self.workspace,
            credential=self.credential,
            organisation=organisation,
            granting_teams=granting_teams,
            user=self.user,
            team=self.team,
            scope=self.scope,
        )


@lru_cache(1000)
def _description(kind: str, id_: str) -> str:
    return f"{INTEGRATION_TYPE[kind]} {id_} ({kind})"
