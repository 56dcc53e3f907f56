"""Open a data file at the start: the worlds that it has, or an empty one that the seeded world is written to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.base.clock import Clock
from sandbox.errors import Damaged, Invalid, NotStored, Unusable
from sandbox.settings import Settings
from sandbox.store.durable.data_file import DataFile, Item
from sandbox.store.durable.states import FileState
from sandbox.store.durable.stored_states import StoredStates
from sandbox.worlds.durable.facts_of_world import apply_facts, parse_clock
from sandbox.worlds.durable.journal_keeper import EXCHANGE, JOURNAL
from sandbox.worlds.durable.keeper import SEEDED_WORLD, SERVER, SERVER_FACTS, START, Keeper
from sandbox.worlds.durable.kept import DICTS
from sandbox.worlds.durable.stored_exchanges import parse_exchange
from sandbox.worlds.durable.world_keeper import CHECKPOINT, SEEDED, WORLD
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.journal_budget import JournalBudget
from sandbox.worlds.workspace import SeededState, Workspace
from sandbox.worlds.world_index import WorldIndex

if TYPE_CHECKING:
    from sandbox.worlds.workspaces import Workspaces


class StoredJournal(NamedTuple):
    """The journal of a world in the file, oldest exchange first, and how many it has dropped."""

    exchanges: list[Exchange]
    dropped: int


@dataclass
class StoredWorlds:
    """An open data file with its worlds, none if it is new. `settings` are those of the server, as the file decides."""

    file: DataFile
    settings: Settings
    created: int = 0
    worlds: list[Workspace] = field(default_factory=list)
    states: dict[Workspace, FileState] = field(default_factory=dict)
    seeded: dict[str, SeededState] = field(default_factory=dict)
    journals: dict[Workspace, StoredJournal] = field(default_factory=dict)


def open_file(settings: Settings, index: WorldIndex, budget: JournalBudget) -> StoredWorlds:
    """Open the data file of the settings. Raises Unusable for a file that cannot be used, Invalid for settings that
    differ from it.
    """
    try:
        file = DataFile(settings.data)
    except Unusable as error:
        raise Unusable(f"--data {error}") from error
    try:
        return _read(file, settings, index, budget)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        file.close()
        raise Unusable(f"--data {file.path}: damaged ({error!r})") from error
    except Unusable as error:
        file.close()
        raise Unusable(f"--data {error}") from error
    except Damaged as error:
        file.close()
        raise Unusable(f"--data {error.reason}") from error
    except Invalid:
        file.close()
        raise


def _read(file: DataFile, settings: Settings, index: WorldIndex, budget: JournalBudget) -> StoredWorlds:
    # Without the setting, the journal of earlier processes stays in the file as it is.
    items = _Items(file.items(without="" if settings.data_journal else EXCHANGE))
    start = items.value(SERVER, START)
    if start is None:
        return StoredWorlds(file, settings)
    stored = StoredWorlds(file, _decided(settings, start), items.value(SERVER, SERVER_FACTS)["created"])
    states = StoredStates(file)
    for item in items.all(SERVER, SEEDED_WORLD):
        stored.seeded[item.key] = SeededState(states.snapshot(item.state), item.value)
    for key in items.worlds():
        world, state = _world(key, items, states, stored.settings, index, budget)
        stored.worlds.append(world)
        if settings.data_journal:
            stored.journals[world] = _journal(world.key, items)
        stored.states[world] = state
    return stored


def _decided(settings: Settings, start: dict[str, Any]) -> Settings:
    """Return the settings with the world and seed of the file. Raises Invalid for others."""
    for name, default in (("world", Settings.world), ("seed", None)):
        value = getattr(settings, name)
        if value not in (default, start[name]) and not (name == "world" and _is_same_file(value, start[name])):
            raise Invalid(
                f"--{name} {value}: --data {settings.data} was started with {name} {start[name]!r}; leave it out"
            )
    return replace(settings, world=start["world"], seed=start["seed"])


def _is_same_file(path: str, other: str) -> bool:
    return Path(path).exists() and Path(path).resolve() == Path(other).resolve()


class _Items:
    """The items by world and part."""

    def __init__(self, items: list[Item]) -> None:
        self._items: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            self._items.setdefault((item.world, item.part), []).append(item)

    def all(self, world: str, part: str) -> list[Item]:
        return self._items.get((world, part), [])

    def only(self, world: str, part: str) -> Item:
        (item,) = self._items[world, part]
        return item

    def value(self, world: str, part: str) -> Any:
        items = self.all(world, part)
        return items[0].value if items else None

    def worlds(self) -> Iterator[str]:
        """Return the keys of the worlds, in their order."""
        return (world for world, part in self._items if part == WORLD)


def _world(
    key: str, items: _Items, states: StoredStates, settings: Settings, index: WorldIndex, budget: JournalBudget
) -> tuple[Workspace, FileState]:
    """Return a world of the file, and its present state."""
    item, seeded = items.only(key, WORLD), items.only(key, SEEDED)
    facts, state = item.value, item.state
    assert state is not None  # noqa: S101 - each world has one
    world = Workspace(
        facts["name"],
        replace(settings, world=facts["world"]),
        key=key,
        seeded=SeededState(states.snapshot(seeded.state), seeded.value),
        index=index,
        budget=budget,
        idle_seconds=facts["idle_seconds"],
        stored=states.stored(state),
    )
    apply_facts(world, facts)
    created_at, last_used_at = (datetime.fromisoformat(facts[name]) for name in ("created_at", "last_used_at"))
    world.usage.resume(created_at, last_used_at)
    # A clock on the command line is for this run; without one, the clock goes on from its stored state.
    if settings.clock != Settings.clock:
        world.clock = Clock.parse(settings.clock)
    _fill_dicts(world, items)
    for checkpoint in items.all(key, CHECKPOINT):
        at, clock = datetime.fromisoformat(checkpoint.value["at"]), parse_clock(checkpoint.value["clock"])
        world.checkpoints.adopt(checkpoint.key, at, states.snapshot(checkpoint.state), clock)
    return world, state


def _journal(key: str, items: _Items) -> StoredJournal:
    counts = items.value(key, JOURNAL)
    exchanges = [parse_exchange(item.value) for item in items.all(key, EXCHANGE)]
    return StoredJournal(exchanges, counts["dropped"] if counts else 0)


def _fill_dicts(world: Workspace, items: _Items) -> None:
    for part, kept in DICTS.items():
        entries = kept.of(world)
        for item in items.all(world.key, part):
            key = kept.parse_key(item.key)
            entries[key] = kept.parse(item.value)
            if kept.is_claimed:
                world.claim(key)


def keeper_of(stored: StoredWorlds, workspaces: Workspaces) -> Keeper:
    """Return the keeper of the worlds; those of a new file are written at once. Raises Unusable if the file cannot
    take them.
    """
    keeper = Keeper(workspaces, stored.file)
    for world, state in stored.states.items():
        keeper.adopt(world, state)
    # Only now: what the limits of this process drop is to leave the file too.
    for world, journal in stored.journals.items():
        world.exchanges.adopt(*journal)
    if not stored.worlds:
        try:
            keeper.begin({"world": stored.settings.world, "seed": stored.settings.seed})
        except NotStored as error:
            raise Unusable(f"--data {stored.file.path}: {error.reason}") from error
    return keeper
