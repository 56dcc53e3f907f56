"""One Customer endpoint of one world: its resources, version by version, and the only functions that change them.

PKB gives a Customer one such endpoint per inbound feed
(https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364061242/Customer).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.fhir.base.capability import Capabilities
from sandbox.fhir.base.json import parse_stored, render
from sandbox.fhir.resources.meta import is_same_content, microseconds, stamped
from sandbox.fhir.resources.requirements import Unmet
from sandbox.fhir.search import StoreView, date
from sandbox.fhir.search.deferred import DeferredValues
from sandbox.fhir.search.limits import SearchLimits
from sandbox.model import Resource, ResourceVersion
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]
OnChange = Callable[[Workspace, Resource | None, Resource], None]
"""Called with each change, within its transaction: the world, the version before, if any, and the new one."""

WhySkipped = Callable[[Store, Resource, str], str]
"""Explains why Aggregated does not have a resource of a release; empty if it has."""

BEFORE_FIRST = 100
"""The start of version numbers, which count over all resources of a world: no resource begins with version 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A resource that may be written: valid, under its id, and PKB's requirements that it does not meet.

    A large draft is made ready before it is written: `around_meta` is its text before and after `meta`, `compared` a
    version before it, and whether that has the same content.
    """

    type: str
    id: str
    content: Json
    warnings: tuple[Unmet, ...] = ()
    around_meta: tuple[str, str] | None = None
    compared: tuple[int, bool] | None = None

    def text(self, version: int, created: datetime, updated: datetime) -> str:
        """Return the text of the version to store."""
        if self.around_meta is None:
            return render(stamped(self.content, self.id, version, created, updated))
        start, end = self.around_meta
        meta = stamped({"meta": self.content.get("meta")}, self.id, version, created, updated)["meta"]
        return f"{start}{render(meta)}{end}"

    def is_same_as(self, before: Resource) -> bool:
        """Return whether a stored version has the same content."""
        if self.compared is not None and self.compared[0] == before.version:
            return self.compared[1]
        return is_same_content(parse_stored(before.text), self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One endpoint. `offered` is the offer of its statement, `base` its URL for clients, `mount` the same without
    scheme and host; `on_change` is called with every change. `check_code` raises Forbidden for an interaction, by
    its code, without the caller's role.
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
        """The endpoint for a search."""
        return StoreView(
            store=self.store,
            endpoint=self.name,
            release=self.release,
            base=self.base,
            now=self.workspace.clock.now(),
            offered=self.offered.searches,
            limits=SearchLimits.of(self.workspace.settings),
        )

    @property
    def last_version(self) -> int:
        """The newest version of any resource of the world."""
        # Versions are never removed, so the number of versions is the number of the last one.
        return BEFORE_FIRST + self.store.count(ResourceVersion)

    def newest(self, type_: str, id_: str) -> Resource | None:
        """Return the newest version, which may be a deletion; None if there never was one."""
        return self.store.find_one(Resource, f"{self.name}/{type_}/{id_}")

    def version(self, type_: str, id_: str, version: str) -> ResourceVersion | None:
        return self.store.find_one(ResourceVersion, f"{self.name}/{type_}/{id_}/_history/{version}")

    def write(self, draft: Draft, method: str) -> tuple[Resource, bool]:
        """Return the version with the draft, and whether it is new: an identical draft creates none."""
        before = self.newest(draft.type, draft.id)
        # An identical update makes no version: feeds send resources again that have not changed.
        if before is not None and not before.deleted and draft.is_same_as(before):
            return before, False
        now = self.workspace.clock.now()
        # A resource that is written again after its deletion is new.
        created = before.created_at if before is not None and not before.deleted else now
        version = self.last_version + 1
        text = draft.text(version, created, now)
        after = Resource(
            endpoint=self.name,
            type=draft.type,
            logical_id=draft.id,
            version=version,
            created_at=created,
            updated_at=now,
            method=method,
            text=text,
            values=DeferredValues(self.release, text, {"_lastUpdated": _time_values(now)}),
        )
        self._keep(before, after)
        return after, True

    def delete(self, before: Resource) -> Resource:
        """Store a deletion and return it."""
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


def _time_values(at: datetime) -> tuple[Any, ...]:
    return date.values("instant", microseconds(at), "").get("", ())


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
