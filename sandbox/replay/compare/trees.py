"""JSON compared by path: objects by key, lists of objects in any order, texts by meaning."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.replay.compare.difference import ABSENT, Difference
from sandbox.replay.compare.order import is_in_order, order_of
from sandbox.replay.compare.rules import FORM, ID, IGNORE, NEAR, rule_at
from sandbox.replay.compare.values import Values
from sandbox.replay.recording import MASK

ENOUGH = 0.5
"""Share of equal leaves from which two objects count as the same one, changed."""
NEARLY = 5
"""Greatest difference of two numbers that a rule calls near."""
MOST = 100
"""Number of objects among which the most similar one is searched."""


@dataclass(frozen=True, slots=True)
class Trees:
    """A comparison in one dialect. `is_sequence` returns whether the order of the list at a path counts.

    `label` names an object in a path, such as the type of a resource.
    """

    dialect: str
    values: Values
    is_sequence: Callable[[tuple[str, ...]], bool] = lambda path: False
    label: Callable[[Any], str] = lambda value: ""

    def compare(self, recorded: Any, actual: Any, where: str, path: tuple[str, ...]) -> Iterator[Difference]:
        """Yield the differences of two values; `where` is the path for people, `path` the one for rules."""
        rule = rule_at(self.dialect, path, self.values.operation)
        if rule is not None and self._by_rule(rule.treat, recorded, actual):
            if recorded != actual:
                self.values.uses[rule.id] += 1
            return
        if isinstance(recorded, dict) and isinstance(actual, dict):
            yield from self._objects(recorded, actual, where, path)
        elif isinstance(recorded, list) and isinstance(actual, list):
            yield from self._lists(recorded, actual, where, path)
        elif not self._same_leaf(recorded, actual):
            yield Difference(where, recorded, actual)

    def _by_rule(self, treat: str, recorded: Any, actual: Any) -> bool:
        """Return whether a rule lets two values count as equal."""
        if treat == IGNORE:
            return True
        if treat == FORM:
            # JSON has one kind of number: 1 and 1.0 have the same form.
            return type(recorded) is type(actual) or {type(recorded), type(actual)} == {int, float}
        if treat == NEAR:
            numbers = isinstance(recorded, (int, float)) and isinstance(actual, (int, float))
            return numbers and abs(recorded - actual) <= NEARLY
        is_id = isinstance(recorded, (str, int)) and isinstance(actual, (str, int))
        return treat == ID and is_id and self.values.same_id(str(recorded), str(actual))

    def _same_leaf(self, recorded: Any, actual: Any) -> bool:
        if isinstance(recorded, str) and isinstance(actual, str):
            # A recording has masked secrets: any text of the other server is as good.
            return recorded == MASK or self.values.same(recorded, actual)
        if isinstance(recorded, bool) or isinstance(actual, bool):
            # Python takes True for 1, which JSON does not.
            return recorded is actual
        return bool(recorded == actual)

    def _objects(
        self, recorded: dict[str, Any], actual: dict[str, Any], where: str, path: tuple[str, ...]
    ) -> Iterator[Difference]:
        for key in dict.fromkeys([*recorded, *actual]):
            place, inner = f"{where}.{key}" if where else key, (*path, key)
            if key in recorded and key in actual:
                yield from self.compare(recorded[key], actual[key], place, inner)
                continue
            rule = rule_at(self.dialect, inner, self.values.operation)
            if rule is not None and rule.treat == IGNORE:
                self.values.uses[rule.id] += 1
            else:
                yield Difference(place, recorded.get(key, ABSENT), actual.get(key, ABSENT))

    def _lists(
        self, recorded: Sequence[Any], actual: Sequence[Any], where: str, path: tuple[str, ...]
    ) -> Iterator[Difference]:
        are_objects = all(isinstance(item, dict) for item in (*recorded, *actual))
        if are_objects and not self.is_sequence(path):
            # An entry of a bundle is a resource: one that resembles no other is missing or new, rather than changed.
            pairs = self._pairs(recorded, actual, ENOUGH if path[-1:] == ("entry",) else 0.0)
            order = order_of(recorded)
            if order is not None and len(recorded) == len(actual) and not is_in_order(order, actual):
                yield Difference(f"{where} (order)", str(order), "another order", is_code=True)
        else:
            pairs = [
                (n if n < len(recorded) else None, n if n < len(actual) else None) for n in _longer(recorded, actual)
            ]
        for old, new in pairs:
            item = recorded[old] if old is not None else ABSENT
            other = actual[new] if new is not None else ABSENT
            name = self.label(item if new is None or old is not None else other)
            place = f"{where}[{old if old is not None else new}]{f' ({name})' if name else ''}"
            if item is ABSENT or other is ABSENT:
                yield Difference(place, item, other)
            else:
                yield from self.compare(item, other, place, _path_of_item(path, item))

    def _pairs(
        self, recorded: Sequence[Any], actual: Sequence[Any], least: float
    ) -> list[tuple[int | None, int | None]]:
        """Pair the objects of two lists: equal ones first, then the most similar, by the least share of equal leaves;
        the rest has no partner.
        """
        old = [self._leaves(item, is_actual=False) for item in recorded]
        new = [self._leaves(item, is_actual=True) for item in actual]
        pairs: dict[int, int] = {}
        equal: dict[frozenset[str], list[int]] = {}
        # Reversed, because `pop` takes the last: of equal objects the first two become a pair.
        for position, leaves in reversed(list(enumerate(new))):
            equal.setdefault(leaves, []).append(position)
        for position, leaves in enumerate(old):
            if equal.get(leaves):
                pairs[position] = equal[leaves].pop()
        used = set(pairs.values())
        free = [position for position in range(len(new)) if position not in used]
        for position, leaves in enumerate(old):
            if position not in pairs and free:
                # Of many that all differ, the first ones are enough: the time would grow with the square.
                best = max(free[:MOST], key=lambda n: _similarity(leaves, new[n]))
                if _similarity(leaves, new[best]) >= least:
                    pairs[position] = best
                    free.remove(best)
        both: list[tuple[int | None, int | None]] = [(position, pairs.get(position)) for position in range(len(old))]
        return [*both, *((None, position) for position in free)]

    def _leaves(self, value: Any, *, is_actual: bool, path: tuple[str, ...] = ()) -> frozenset[str]:
        """Return what a value contains, each leaf with its path, without what rules ignore."""
        if isinstance(value, dict):
            parts = [self._leaves(part, is_actual=is_actual, path=(*path, key)) for key, part in value.items()]
            return frozenset().union(*parts)
        if isinstance(value, list):
            leaves = (self._leaves(part, is_actual=is_actual, path=_path_of_item(path, part)) for part in value)
            return frozenset().union(*leaves)
        rule = rule_at(self.dialect, path, self.values.operation)
        if rule is not None:
            return frozenset()
        text = self.values.skeleton(value, is_actual=is_actual) if isinstance(value, str) else json.dumps(value)
        return frozenset([f"{'.'.join(path)}={text}"])


def _path_of_item(path: tuple[str, ...], item: Any) -> tuple[str, ...]:
    """Return the path of an item of a list; a parameter has its name in it."""
    if path[-1:] in (("parameter",), ("part",)) and isinstance(item, dict) and isinstance(item.get("name"), str):
        return (*path, item["name"])
    return path


def _similarity(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / max(len(left | right), 1)


def _longer(left: Sequence[Any], right: Sequence[Any]) -> range:
    return range(max(len(left), len(right)))
