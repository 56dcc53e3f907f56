"""One Customer endpoint of one world: its resources, version by version, and the one way in which they change.

PKB gives a Customer one such endpoint per inbound feed
(https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364061242/Customer).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sandbox.fhir.base.capability import Capabilities
from sandbox.fhir.base.json import parse, render
from sandbox.fhir.resources.meta import microseconds, same, stamped
from sandbox.fhir.resources.requirements import Unmet
from sandbox.fhir.search import StoreView, date
from sandbox.model import Resource, ResourceVersion
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]
OnChange = Callable[[Workspace, Resource | None, Resource], None]
"""What is told of each change, within its transaction: the world, the version before if there was one, the new one."""

WhySkipped = Callable[[Store, Resource, str], str]
"""Why Aggregated does not show a resource of a release; nothing when it does."""

BEFORE_FIRST = 100
"""Versions count on from here, over all resources of a world: no resource begins with version 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A resource that may be written: valid, under its id, with what search parameters find it by, and what PKB
    would ask for besides.
    """

    type: str
    id: str
    content: Json
    values: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Unmet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One endpoint. `offered` is what its statement lists, `base` its address as the client knows it, `mount`
    the same without scheme and host, `on_change` is told of every change. `check_code` raises Forbidden for an
    interaction, by its code, that the caller has no role for.
    """

    name: str
    release: str
    workspace: Workspace
    offered: Capabilities
    base: str
    mount: str
    on_change: tuple[OnChange, ...] = ()
    why_skipped: WhySkipped = lambda store, resource, release: ""
    check_code: Callable[[str], None] = lambda code: None

    @property
    def store(self) -> Store:
        return self.workspace.store

    @property
    def view(self) -> StoreView:
        """The endpoint as a search looks at it."""
        return StoreView(
            store=self.store,
            endpoint=self.name,
            release=self.release,
            base=self.base,
            now=self.workspace.clock.now(),
            offered=self.offered.searches,
        )

    @property
    def last_version(self) -> int:
        """The newest version of any resource of the world."""
        return BEFORE_FIRST + self.store.count(ResourceVersion)

    def newest(self, type_: str, id_: str) -> Resource | None:
        """The newest version, which may say that the resource is deleted; None when there never was one."""
        return self.store.find_one(Resource, f"{self.name}/{type_}/{id_}")

    def version(self, type_: str, id_: str, version: str) -> ResourceVersion | None:
        return self.store.find_one(ResourceVersion, f"{self.name}/{type_}/{id_}/_history/{version}")

    def write(self, draft: Draft, method: str) -> tuple[Resource, bool]:
        """The version that holds the draft, and whether it is a new one: what is already there makes none."""
        before = self.newest(draft.type, draft.id)
        if before is not None and not before.deleted and same(parse(before.text.encode()), draft.content):
            return before, False
        now = self.workspace.clock.now()
        created = before.created_at if before is not None and not before.deleted else now
        version = self.last_version + 1
        after = Resource(
            endpoint=self.name,
            type=draft.type,
            logical_id=draft.id,
            version=version,
            created_at=created,
            updated_at=now,
            method=method,
            text=render(stamped(draft.content, draft.id, version, created, now)),
            values={**draft.values, "_lastUpdated": _found_by_time(now)},
        )
        self._keep(before, after)
        return after, True

    def delete(self, before: Resource) -> Resource:
        """The version that says that the resource is deleted."""
        now, version = self.workspace.clock.now(), self.last_version + 1
        after = replace(before, version=version, updated_at=now, method="DELETE", text="", values={})
        self._keep(before, after)
        return after

    def _keep(self, before: Resource | None, after: Resource) -> None:
        with self.store.transaction():
            self.store.put(after)
            self.store.put(_as_version(after))
            for tell in self.on_change:
                tell(self.workspace, before, after)


def _found_by_time(at: datetime) -> tuple[Any, ...]:
    return tuple(span for _, span in date.values("instant", microseconds(at), ""))


def _as_version(resource: Resource) -> ResourceVersion:
    return ResourceVersion(
        endpoint=resource.endpoint,
        type=resource.type,
        logical_id=resource.logical_id,
        version=resource.version,
        created_at=resource.created_at,
        updated_at=resource.updated_at,
        method=resource.method,
        text=resource.text,
    )
