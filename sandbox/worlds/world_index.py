"""Find the world of a credential, session or one-time password with one look-up, however many worlds there are."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.worlds.workspace import Workspace


class WorldIndex:
    """Keys and their worlds. The world itself decides whether a key is valid.

    So a credential that was revoked, or that a reset removed, may stay in the index until its world is deleted.
    """

    def __init__(self) -> None:
        self._worlds: dict[Hashable, Workspace] = {}
        self._keys: dict[Workspace, set[Hashable]] = {}

    def add(self, key: Hashable, workspace: Workspace) -> None:
        self._worlds[key] = workspace
        self._keys.setdefault(workspace, set()).add(key)

    def discard(self, key: Hashable) -> None:
        """Remove a key, if it exists."""
        workspace = self._worlds.pop(key, None)
        if workspace is not None:
            self._keys[workspace].discard(key)

    def find(self, key: Hashable) -> Workspace | None:
        return self._worlds.get(key)

    def forget(self, workspace: Workspace) -> None:
        """Remove every key of a world."""
        for key in self._keys.pop(workspace, ()):
            del self._worlds[key]

    def __len__(self) -> int:
        return len(self._worlds)
