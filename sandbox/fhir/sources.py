"""Where an endpoint's resources come from: the one thing that the engine knows of an endpoint's content."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sandbox.access.principal import Principal
from sandbox.access.tokens import bad_authentication
from sandbox.fhir.search.matches import Matches
from sandbox.fhir.search.parameters import Query
from sandbox.store import Store
from sandbox.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when: what a resource shows depends on both. Nobody, where no token is needed.

    `reads_from_others` asks the access matrix whether data from others may be shown, and notes its answer. `warn` notes
    lines for the explanation of the exchange, under a rule.
    """

    principal: Principal | None
    workspace: Workspace
    now: datetime
    reads_from_others: Callable[[], bool] = lambda: True
    warn: Callable[[str, Iterable[str]], None] = lambda rule, texts: None

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
            raise bad_authentication("No access token")
        return self.principal


class ResourceSource(Protocol):
    """The resources of one type at one endpoint, as far as a viewer may see them."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        """The resource with that id; None when there is none, or none that the viewer may know of."""

    def search(self, viewer: Viewer, query: Query) -> Matches[Any]:
        """What matches and may be seen, in the order in which it is shown."""
