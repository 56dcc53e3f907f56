"""Who looks at a record through a FHIR endpoint, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.access.principal import Principal
from sandbox.access.tokens import bad_authentication
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when: what a resource shows depends on both. Nobody, where no token is needed.

    `reads_from_others` asks the access matrix whether data from others may be shown, and notes its answer. `warn` notes
    lines for the explanation of the exchange, under a rule. `memory` keeps what one request finds out about the record.
    """

    principal: Principal | None
    workspace: Workspace
    now: datetime
    reads_from_others: Callable[[], bool] = lambda: True
    warn: Callable[[str, Iterable[str]], None] = lambda rule, texts: None
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, principal: Principal | None, workspace: Workspace) -> Viewer:
        return cls(principal, workspace, workspace.clock.now())

    @property
    def store(self) -> Store:
        return self.workspace.store

    @property
    def known(self) -> Principal:
        """The caller, where there must be one. Raises Unauthenticated without one."""
        if self.principal is None:
            raise bad_authentication("The access token is missing")
        return self.principal
