"""The bar and the navigation that every page has: the state of the world, each part with a link to where it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.console.documentation.built_site import built_site
from sandbox.http.call import Call
from sandbox.http.prefixes import DOCS
from sandbox.model import HeldMessage, OutboxItem, Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """An entry of the navigation: its path begins the path of all its pages. `elsewhere` is an address outside
    the console to which it leads, below the base path.
    """

    title: str
    path: str
    count: int | None = None
    elsewhere: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """The state of the world that is in view on every page."""

    world: str
    is_default: bool
    now: datetime
    is_frozen: bool
    faults: int
    outbox: int
    held: int
    sections: tuple[MenuEntry, ...]

    @classmethod
    def of(cls, call: Call) -> PageFrame:
        world = call.workspace
        return cls(
            world=world.name,
            is_default=world is call.workspaces.default,
            now=world.clock.now(),
            is_frozen=world.clock.mode == "frozen",
            faults=sum(1 for _ in world.faults),
            outbox=len(world.store.ids(OutboxItem, "sent", True)),
            held=len(world.store.ids(HeldMessage, "outcome", "held")),
            sections=(
                MenuEntry(title="Start", path="/start"),
                MenuEntry(title="Patients", path="/patients", count=world.store.count(Patient)),
                MenuEntry(title="Traffic", path="/traffic", count=len(world.exchanges)),
                MenuEntry(title="Try it", path="/try"),
                MenuEntry(title="Bench", path="/bench"),
                MenuEntry(title="Fidelity", path="/fidelity"),
                MenuEntry(title="Docs", path="/docs", elsewhere=f"{DOCS}/" if built_site() else ""),
            ),
        )
