"""The viewer of a record through a FHIR endpoint, and the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.access.principal import Principal
from sandbox.access.tokens import bad_authentication
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace


@dataclass(slots=True)
class Viewer:
    """The viewer, and the time: a resource's content depends on both. `principal` is None where no token is needed.

    `reads_from_others` asks the access matrix whether data from others may be returned, and remembers its answer.
    `warn` adds lines to the explanation of the exchange, under a rule. `changes_at` is called with each time at which
    the response changes. `memory` caches what one request has looked up in the record.
    """

    principal: Principal | None
    workspace: Workspace
    now: datetime
    reads_from_others: Callable[[], bool] = lambda: True
    warn: Callable[[str, Iterable[str]], None] = lambda rule, texts: None
    changes_at: Callable[[datetime], None] = lambda at: None
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, principal: Principal | None, workspace: Workspace) -> Viewer:
        return cls(principal, workspace, workspace.clock.now())

    @property
    def store(self) -> Store:
        return self.workspace.store

    @property
    def caller(self) -> Principal:
        """Return the caller. Raises Unauthenticated without one."""
        if self.principal is None:
            raise bad_authentication("The access token is missing")
        return self.principal
