"""A dict that knows which of its entries changed since the last commit: for what a world keeps outside its store."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
ABSENT: Any = object()


class EntryChange(NamedTuple):
    """A changed entry: its value before and after, ABSENT for none."""

    key: Any
    before: Any
    after: Any
    is_placed: bool


class Tracked(dict[K, V], Generic[K, V]):
    """Entries are replaced or removed one by one; nothing is noted until `follow` is called."""

    def __init__(self) -> None:
        super().__init__()
        self._on_change: Callable[[], None] | None = None
        self._before: dict[K, Any] = {}
        self._placed: dict[K, bool] = {}
        self._moved: dict[K, Any] = {}

    def follow(self, on_change: Callable[[], None]) -> None:
        """Note changes from now on, and call a function with each."""
        self._on_change = on_change

    def forget(self) -> None:
        """Note no more changes, and drop those that nobody took."""
        self._on_change = None
        self._before, self._placed, self._moved = {}, {}, {}

    def __setitem__(self, key: K, value: V) -> None:
        self._note(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: K) -> None:
        self._note(key)
        super().__delitem__(key)

    def pop(self, key: K, default: Any = None) -> Any:
        if key not in self:
            return default
        value = self[key]
        del self[key]
        return value

    def clear(self) -> None:
        for key in list(self):
            del self[key]

    def _note(self, key: K) -> None:
        if self._on_change is None:
            return
        before = self.get(key, ABSENT)
        self._before.setdefault(key, before)
        if before is ABSENT:
            # Removed first, so that the order of the changes is the order of the dict.
            self._placed.pop(key, None)
            self._placed[key] = True
        else:
            self._placed.setdefault(key, False)
        self._on_change()

    @property
    def has_changes(self) -> bool:
        return bool(self._before)

    def take(self) -> list[EntryChange]:
        """Return the changed entries, and begin anew."""
        # What stands elsewhere since a change was taken back is written with the next one.
        moved = {key: True for key in self._moved if not self._placed.get(key)}
        placed = moved | {key: is_placed for key, is_placed in self._placed.items() if key not in moved}
        before = self._moved | self._before
        self._before, self._placed, self._moved = {}, {}, {}
        return [EntryChange(key, before[key], self.get(key, ABSENT), placed[key]) for key in placed]

    def take_back(self, changes: list[EntryChange]) -> None:
        """Put back the entries from before some changes, which are no longer to be written."""
        for change in reversed(changes):
            if change.before is ABSENT:
                super().pop(change.key, None)
            else:
                if change.is_placed:
                    super().pop(change.key, None)
                was_removed = change.key not in self
                super().__setitem__(change.key, change.before)
                if was_removed:  # it stands at the end now
                    self._moved.pop(change.key, None)
                    self._moved[change.key] = change.before
