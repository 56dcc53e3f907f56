"""Keeps all worlds of a server in its data file: one transaction for the requests that wait for it together.

A request is answered when everything that changed before is on disk, its own changes and those that it may have read.
While one transaction is written, in a thread of its own, the requests that end in the meantime wait for the next one.
If it fails, memory goes back to what the file has, and each of these requests is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sandbox.errors import NotStored
from sandbox.store.durable.data_file import DataFile
from sandbox.store.durable.states import CopyWorld, DropWorld, FileChange, FileState, NewState, WriteItem, WriteRows
from sandbox.store.tables_by_kind import EMPTY
from sandbox.worlds.durable.journal_keeper import JournalKeeper, Unwritten
from sandbox.worlds.durable.world_keeper import TakeBack, WorldKeeper, difference, first_changes
from sandbox.worlds.workspace import SeededState, Workspace

if TYPE_CHECKING:
    from sandbox.worlds.workspaces import Workspaces

log = logging.getLogger("sandbox.data")

SERVER = ""
"""In place of a world: the items of the server."""
SERVER_FACTS, SEEDED_WORLD, START = "server", "seeded world", "start"
"""Parts of the file: facts of the server, seeded states that workspaces share, and how the server was started."""
FLUSH_SECONDS = 0.5
"""After how long changes are written that no request waits for."""


class Batch:
    """Changes that are written together, and the requests that wait for them."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.take_back: list[TakeBack] = []
        self.worlds: list[Workspace] = []
        self.journal: Unwritten | None = None
        self.writing: Future[None] | None = None
        self.is_done = False

    def forget(self) -> None:
        """Drop what an ended batch still refers to: its future knows it, and the two would keep deleted worlds."""
        self.waiting, self.take_back, self.worlds = [], [], []
        self.writing = None


class Keeper:
    """Writes the changes of all worlds to the file, from the thread of the event loop."""

    def __init__(self, workspaces: Workspaces, file: DataFile) -> None:
        self._workspaces = workspaces
        self._file = file
        # One thread: transactions reach the file in the order in which they were collected.
        self._executor = ThreadPoolExecutor(1, "pkb-sandbox-data")
        self._worlds: dict[Workspace, WorldKeeper] = {}
        self._touched: set[Workspace] = set()
        self._first: list[FileChange] = []
        self._take_back_first: list[TakeBack] = []
        self._created = -1
        self._running: Batch | None = None
        self._next: Batch | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._journal = JournalKeeper(self._flush_later) if workspaces.default.settings.data_journal else None

    def begin(self, start: dict[str, Any]) -> None:
        """Write all worlds to a new file, and how they were started. Raises NotStored."""
        self._first.append(WriteItem(SERVER, START, "", start, is_placed=True))
        world_file = self._workspaces.default.world_file
        if world_file is None:
            self._add_all(None)
            return
        with self._file.attached(world_file.path):
            state = world_file.snapshot.state = self._file.numbers.new(None)
            state.is_empty = False
            self._first += [NewState(state), CopyWorld(state)]
            self._add_all(SeededState(world_file.snapshot))

    def _add_all(self, base: SeededState | None) -> None:
        for world in self._workspaces:
            self.add(world, base)
        self.commit()

    def adopt(self, world: Workspace, state: FileState) -> None:
        """Keep a world from now on that the file has in this state."""
        self._worlds[world] = WorldKeeper(world, self._file, state, lambda: self._touch(world))
        world.in_flight.before_alone = lambda: self.settle(world)
        if self._journal is not None:
            self._journal.follow(world)

    def add(self, world: Workspace, base: SeededState | None) -> None:
        """Keep a new world from now on: a copy of a seeded state, or without one the first of its kind."""
        if base is not None and base.snapshot.state is None:
            self._add_base(world.settings.world, base)
        state, changes = first_changes(world, self._file, None if base is None else base.snapshot)
        self._first += changes
        self._take_back_first.append(lambda: self._workspaces.withdraw(world))
        self.adopt(world, state)
        self._touch(world)

    def _add_base(self, name: str, base: SeededState) -> None:
        state = base.snapshot.state = self._file.numbers.new(None)
        item = WriteItem(SERVER, SEEDED_WORLD, name, base.legacy, state, is_placed=True)
        self._first += [NewState(state), WriteRows(state, difference(EMPTY, base.snapshot)), item]

        def take_back() -> None:
            base.snapshot.state = None

        self._take_back_first.append(take_back)

    def remove(self, world: Workspace) -> None:
        """Remove a world from the file at once. Raises NotStored: then it stays."""
        # The file first: if it refuses, the world is still whole in memory.
        self.commit((DropWorld(world.key),))
        self.forget(world)

    def forget(self, world: Workspace) -> None:
        """Stop keeping a world."""
        keeper = self._worlds.pop(world, None)
        if keeper is not None:
            keeper.stop()
        self._touched.discard(world)
        world.in_flight.before_alone = None
        if self._journal is not None:
            self._journal.forget(world)

    def _touch(self, world: Workspace) -> None:
        if world not in self._touched:
            self._touched.add(world)
            self._flush_later()

    def _flush_later(self) -> None:
        if self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:  # outside the server, as in a test of a world alone
                return
            self._timer = loop.call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if self._running is None and (self._has_changes() or self._has_journal):
            self._start(self._next or Batch())
        elif self._touched:
            self._flush_later()

    @property
    def _has_journal(self) -> bool:
        """Whether exchanges are to be written: no request waits for that."""
        return self._journal is not None and self._journal.has_changes

    def _has_changes(self) -> bool:
        if self._touched:
            self._touched = {
                world
                for world in self._touched
                if world in self._worlds and (world.in_flight.is_changing or self._worlds[world].has_changes)
            }
        return bool(self._whole() or self._first)

    def _whole(self) -> set[Workspace]:
        """Return the touched worlds in which no change is half done: only these are written."""
        return {world for world in self._touched if not world.in_flight.is_changing}

    async def settle(self, world: Workspace, *, writes: bool = True) -> None:
        """Wait until everything that has changed is on disk. Raises NotStored after taking it back.

        A request that only reads does not wait for a change of its world that is half done: it has not read it.
        """
        if writes and world.in_flight.is_changing:
            await world.in_flight.resumed()
        self._touched.add(world)
        if self._has_changes():
            batch = self._next = self._next or Batch()
        elif self._running is not None:
            batch = self._running
        else:
            return
        waiter = asyncio.get_running_loop().create_future()
        batch.waiting.append(waiter)
        if self._running is None:
            self._start(batch)
        await waiter

    def _start(self, batch: Batch) -> None:
        """Write what has changed, in the other thread; the batch of the waiting requests ends with it."""
        self._running, self._next = batch, None
        # Collected here, in the thread of the event loop: no request can change the store while it is read.
        writing = batch.writing = self._executor.submit(self._file.write, self._collect(batch))
        with suppress(RuntimeError):  # no loop: the server has stopped, and `close` ends the batch
            loop = asyncio.get_running_loop()
            writing.add_done_callback(lambda _: self._finish_in(loop, batch))

    def _finish_in(self, loop: asyncio.AbstractEventLoop, batch: Batch) -> None:
        with suppress(RuntimeError):  # it has stopped in the meantime
            loop.call_soon_threadsafe(self._finish, batch)

    def _collect(self, batch: Batch) -> list[FileChange]:
        changes, batch.take_back = self._first, self._take_back_first
        self._first, self._take_back_first = [], []
        batch.worlds = list(self._whole())
        self._touched -= set(batch.worlds)
        for world in batch.worlds:
            more, take_back = self._worlds[world].take()
            changes += more
            batch.take_back.append(take_back)
        if self._workspaces.created != self._created:
            changes.append(WriteItem(SERVER, SERVER_FACTS, "", {"created": self._workspaces.created}))
            self._created = self._workspaces.created
        if self._journal is not None:
            more, batch.journal = self._journal.take()
            changes += more
        return changes

    def _finish(self, batch: Batch) -> None:
        """End a batch that is written, or has failed; then begin the next one."""
        if batch.is_done or batch.writing is None:
            return
        batch.is_done, self._running = True, None
        error = batch.writing.exception()
        if error is not None:
            self._fail(batch, error)
            batch.forget()
            return
        for waiter in batch.waiting:
            if not waiter.done():
                waiter.set_result(None)
        batch.forget()
        if self._next is not None and self._next.waiting:
            self._start(self._next)
        elif self._touched or self._has_journal:
            self._flush_later()

    def _fail(self, batch: Batch, error: BaseException) -> None:
        """Take back the changes that could not be written and all later ones, and refuse the waiting requests."""
        refusal = error if isinstance(error, NotStored) else NotStored(503, str(error))
        log.error(
            "%s: %s; the changes of %d requests were taken back", self._file.path, refusal.reason, len(batch.waiting)
        )
        if not isinstance(error, NotStored):
            log.error("%s", self._file.path, exc_info=error)
        self._take_back_half_done()
        later = Batch()
        waiting = batch.waiting + (self._next.waiting if self._next else [])
        self._has_changes()
        self._collect(later)
        # -1 is never the number of workspaces, so it is written again with the next transaction.
        self._next, self._created = None, -1
        for unwritten in (later.journal, batch.journal):
            if self._journal is not None and unwritten is not None:
                self._journal.put_back(unwritten)
        for take_back in (*reversed(later.take_back), *reversed(batch.take_back)):
            take_back()
        # Their earlier changes are gone; the later ones alone would be half of a request's work.
        for world in {*batch.worlds, *later.worlds}:
            world.in_flight.end("taken back, because its data could not be stored,", readers=False)
        for waiter in waiting:
            if not waiter.done():
                waiter.set_exception(refusal)

    def _take_back_half_done(self) -> None:
        """Take back changes that are half done, so that they can be treated like others: their requests end."""
        for world in self._worlds:
            if world.in_flight.is_changing:
                world.store.take_back_open()
                world.in_flight.is_changing = False

    def commit(self, more: Iterable[FileChange] = ()) -> None:
        """Write everything now. Raises NotStored: then it is taken back."""
        # The end of one batch may begin the next one.
        while self._running is not None and self._running.writing is not None:
            self._running.writing.exception()
            self._finish(self._running)
        self._has_changes()
        batch = self._next or Batch()
        self._running, self._next = batch, None
        batch.writing = self._executor.submit(self._file.write, [*self._collect(batch), *more])
        error = batch.writing.exception()
        self._finish(batch)
        if error is not None:
            raise error

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._take_back_half_done()
        try:
            self.commit([keeper.last_facts() for keeper in self._worlds.values()])
        except NotStored as error:
            log.error("%s: %s; the last changes are lost", self._file.path, error.reason)
        if self._timer is not None:
            self._timer.cancel()
        self._executor.shutdown()
        self._file.close()
