"""The workspaces of a server, the only registry of them. Calls without a credential belong to the default one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.base.ids import Ids
from sandbox.domain.worlds import loading
from sandbox.errors import Conflict, Invalid, NotFound, NotStored
from sandbox.model import Credential
from sandbox.settings import Settings
from sandbox.worlds.journal_budget import JournalBudget
from sandbox.worlds.large_requests import LargeRequests
from sandbox.worlds.pending_bodies import PendingBodies
from sandbox.worlds.tally import Tally
from sandbox.worlds.workspace import DEFAULT, SeededState, Seeder, Workspace
from sandbox.worlds.world_index import WorldIndex

if TYPE_CHECKING:
    from sandbox.worlds.durable.keeper import Keeper
    from sandbox.worlds.durable.opening import StoredWorlds

KEY_LENGTH = 8
"""Number of characters of the suffix in a workspace's credentials."""


class Workspaces:
    """All workspaces of a server by name, the default workspace first.

    `token_needed` says whether control calls from loopback need the admin token too: by default where there is one.
    """

    def __init__(self, settings: Settings, *, token_needed: bool | None = None) -> None:
        self.token_needed = bool(settings.admin_token) if token_needed is None else token_needed
        self._index = WorldIndex()
        self.journal_budget = JournalBudget(settings.journal_exchanges, settings.journal_bytes)
        self.pending_bodies = PendingBodies(settings.max_pending_bytes)
        self.large_requests = LargeRequests(settings.max_queued_bytes)
        self.tally = Tally()
        self.keeper: Keeper | None = None
        """Writes what changes to the data file; None in memory."""
        self._stored = _open(settings, self._index, self.journal_budget)
        self._settings = settings if self._stored is None else self._stored.settings
        stored = [] if self._stored is None else self._stored.worlds
        first = stored or [Workspace(DEFAULT, self._settings, index=self._index, budget=self.journal_budget)]
        self.default = first[0]
        self._by_name = {world.name: world for world in first}
        self.is_loading = False
        """Whether these only answer until the served world is loaded, with 503."""
        self.hl7_port: int | None = None
        """The port of the HL7 API alone, if the server has one."""
        # Apart from the others: most worlds never expire, and need not be asked at each request.
        self._may_expire = {world for world in first if world.usage.idle_seconds is not None}
        self._followers: list[Seeder] = []
        self._seeders: list[Seeder] = []
        self._seeded_by_world: dict[str, SeededState] = {} if self._stored is None else self._stored.seeded
        self.created = 0 if self._stored is None else self._stored.created
        """How many workspaces have been created."""
        for world in stored:
            self._index.add(_world(world.key), world)

    def keep(self) -> None:
        """Keep the worlds in the data file of the settings from now on. Raises Unusable for a full disk."""
        if self._stored is not None:
            from sandbox.worlds.durable.opening import keeper_of  # a server in memory needs no SQLite

            self.keeper = keeper_of(self._stored, self)

    def close(self) -> None:
        """Write what is left, and close the data file, if there is one."""
        if self.keeper is not None:
            self.keeper.close()
        elif self._stored is not None:
            self._stored.file.close()

    def follow(self, follower: Seeder) -> None:
        """Let a room follow every world, existing and future."""
        self._followers.append(follower)
        for workspace in self:
            follower(workspace)

    def seed(self, seeder: Seeder) -> None:
        """Let a room add to the starting state of every world."""
        self._seeders.append(seeder)
        for workspace in self:
            if not workspace.is_stored:
                workspace.seed(seeder)

    def __iter__(self) -> Iterator[Workspace]:
        """The workspaces that have not expired."""
        self._remove_expired()
        return iter(self._by_name.values())

    def named(self, name: str) -> Workspace:
        """Return a workspace. Raises NotFound."""
        workspace = self._by_name.get(name)
        if workspace is None or self._has_expired(workspace):
            raise NotFound(f"Workspace {name[:80]!r} does not exist")
        return workspace

    def create(self, name: str, world: str | None = None, idle_seconds: float | None = None) -> Workspace:
        """Create a world with its own credentials: a copy of the served one, or of a supplied world.

        Raises Conflict for a name that is taken and for one workspace too many, Invalid for an unknown world.
        """
        self._remove_expired()
        if name in self._by_name:
            raise Conflict(f"Workspace {name!r} already exists")
        most = self._settings.max_workspaces
        # `>`, because the default workspace, which is one of them, does not count.
        if len(self._by_name) > most:
            raise Conflict(f"The limit of {most} workspaces (max_workspaces) is reached; delete one first")
        world = world or self._settings.world
        seeded = self._seeded(world)
        workspace = Workspace(
            name,
            self._settings if world == self._settings.world else replace(self._settings, world=world),
            key=self._new_key(name),
            seeded=seeded,
            index=self._index,
            budget=self.journal_budget,
            idle_seconds=idle_seconds,
        )
        for follower in self._followers:
            follower(workspace)
        self._index.add(_world(workspace.key), workspace)
        self._by_name[name] = workspace
        if idle_seconds is not None:
            self._may_expire.add(workspace)
        if self.keeper is not None:
            self.keeper.add(workspace, seeded)
        return workspace

    def delete(self, name: str) -> None:
        """Delete a world. Raises NotFound; Conflict for the default one."""
        workspace = self.named(name)
        if workspace is self.default:
            raise Conflict("The default workspace cannot be deleted; POST /_sandbox/reset empties it")
        self._remove(workspace)

    def withdraw(self, workspace: Workspace) -> None:
        """Remove a new world that cannot be stored."""
        if self.keeper is not None:
            self.keeper.forget(workspace)
        self._by_name.pop(workspace.name, None)
        self._may_expire.discard(workspace)
        workspace.close()

    def find(self, key: Hashable) -> Workspace | None:
        """Return the world of a credential, session or one-time password, valid or not."""
        workspace = self._index.find(key)
        # Expiry is looked at on use: no timer runs for worlds that nobody asks for.
        if workspace in self._may_expire and self._has_expired(workspace):
            return None
        return workspace

    def with_key(self, key: str) -> Workspace | None:
        """Return the world with a key, which is unique for ever."""
        return self.default if key == DEFAULT else self.find(_world(key))

    def with_credential(self, id_: str) -> tuple[Workspace, Credential] | None:
        """Return the workspace of a client id or HL7 user name, which are unique over all workspaces."""
        workspace = self.find(id_)
        credential = workspace.store.find_one(Credential, id_) if workspace else None
        return None if workspace is None or credential is None or credential.revoked else (workspace, credential)

    def _has_expired(self, workspace: Workspace) -> bool:
        """Remove a world that has been idle for too long; return whether it was."""
        if workspace.is_expired:
            with suppress(NotStored):  # then it is removed when there is room again
                self._remove(workspace)
            return True
        return False

    def _remove_expired(self) -> None:
        for workspace in [entry for entry in self._may_expire if entry.is_expired]:
            with suppress(NotStored):
                self._remove(workspace)

    def _remove(self, workspace: Workspace) -> None:
        if self.keeper is not None:
            self.keeper.remove(workspace)
        del self._by_name[workspace.name]
        self._may_expire.discard(workspace)
        workspace.close()

    def _new_key(self, name: str) -> str:
        """Return a unique suffix; the same in every run for workspaces created in the same order."""
        # Counted, not drawn: a name may be used again, and its new credentials must differ from the old ones.
        self.created += 1
        seed = self._settings.seed
        return Ids(None if seed is None else f"{seed}/{name}/{self.created}").code(KEY_LENGTH)

    def _seeded(self, world: str) -> SeededState:
        """Return the starting state of a world, loaded on first use. Raises Invalid for an unknown world."""
        if world == self._settings.world:
            return self.default.seeded
        if world not in loading.supplied():
            raise Invalid(f"world must be one of: {', '.join(loading.supplied())}; not {world[:80]!r}")
        if world not in self._seeded_by_world:
            # Seeded once in a world that nobody can reach; each workspace of this world then shares its state.
            first = Workspace(DEFAULT, replace(self._settings, world=world))
            for follower in self._followers:
                follower(first)
            for seeder in self._seeders:
                first.seed(seeder)
            self._seeded_by_world[world] = first.seeded
        return self._seeded_by_world[world]


def _open(settings: Settings, index: WorldIndex, budget: JournalBudget) -> StoredWorlds | None:
    """Open the data file of the settings, if there is one. Raises Unusable; Invalid for settings that differ."""
    if not settings.data:
        return None
    from sandbox.worlds.durable.opening import open_file  # a server in memory needs no SQLite

    return open_file(settings, index, budget)


def _world(key: str) -> Hashable:
    """Return the index key of a world's key, beside ids of credentials that may look the same."""
    return ("world", key)
