"""Keeps the journal of all worlds in the data file, if the setting `data_journal` asks for it.

No request waits for it: an exchange is written with the next transaction, at most half a second after its answer. The
journal in the file is the one in memory, and so is bounded by the same settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sandbox.store.durable.states import DropPart, FileChange, WriteItem
from sandbox.worlds.durable.stored_exchanges import render_exchange
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.listeners import Remove
from sandbox.worlds.workspace import Workspace

EXCHANGE, JOURNAL = "exchange", "journal"
"""Parts of the file: an exchange by its id, and how many the journal of a world has dropped."""


class Unwritten(NamedTuple):
    """Changes that are not in the file yet: keys of worlds whose journals were emptied, and then exchanges by world and
    id, None for a dropped one.
    """

    emptied: set[str]
    exchanges: dict[tuple[str, str], Exchange | None]


class JournalKeeper:
    """Follows the journals of worlds. `on_change` is called when there is something to write."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._unwritten = Unwritten(set(), {})
        self._following: dict[Workspace, tuple[Remove, ...]] = {}

    def follow(self, world: Workspace) -> None:
        """Keep the journal of a world from now on."""
        key, exchanges = world.key, world.exchanges

        def note(exchange: Exchange, kept: Exchange | None) -> None:
            self._unwritten.exchanges[key, exchange.id] = kept
            self._on_change()

        self._following[world] = (
            exchanges.kept.add(lambda exchange: note(exchange, exchange)),
            exchanges.gone.add(lambda exchange: note(exchange, None) if exchange else self._empty(key)),
        )

    def _empty(self, key: str) -> None:
        self._purge(key)
        self._unwritten.emptied.add(key)
        self._on_change()

    def _purge(self, key: str) -> None:
        for entry in [entry for entry in self._unwritten.exchanges if entry[0] == key]:
            del self._unwritten.exchanges[entry]
        self._unwritten.emptied.discard(key)

    def forget(self, world: Workspace) -> None:
        """Stop keeping the journal of a world, which leaves the file with it."""
        for remove in self._following.pop(world, ()):
            remove()
        self._purge(world.key)

    @property
    def has_changes(self) -> bool:
        return bool(self._unwritten.exchanges or self._unwritten.emptied)

    def take(self) -> tuple[list[FileChange], Unwritten]:
        """Hand over the unwritten changes, as writes and in the form that `put_back` needs if writing fails."""
        unwritten, self._unwritten = self._unwritten, Unwritten(set(), {})
        if not (unwritten.emptied or unwritten.exchanges):
            return [], unwritten
        changes: list[FileChange] = [DropPart(key, EXCHANGE) for key in unwritten.emptied]
        for (key, id_), exchange in unwritten.exchanges.items():
            value = None if exchange is None else render_exchange(exchange)
            changes.append(WriteItem(key, EXCHANGE, id_, value, is_placed=True))
        changed = unwritten.emptied | {key for key, _ in unwritten.exchanges}
        changes += [
            WriteItem(world.key, JOURNAL, "", {"dropped": world.exchanges.dropped})
            for world in self._following
            if world.key in changed
        ]
        return changes, unwritten

    def put_back(self, unwritten: Unwritten) -> None:
        """Take back what could not be written: it is written later, unless something newer says otherwise."""
        newer = self._unwritten
        # A journal that was emptied meanwhile must not get its exchanges back.
        older = {entry: row for entry, row in unwritten.exchanges.items() if entry[0] not in newer.emptied}
        self._unwritten = Unwritten(unwritten.emptied | newer.emptied, {**older, **newer.exchanges})
