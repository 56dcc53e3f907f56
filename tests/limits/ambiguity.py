"""Whether a regular expression can take more than linear time, decided from its structure and not by a clock.

A backtracking engine takes super-linear time if one text can be read along two ways that both go on: then a text that
repeats it, and ends so that nothing matches, is tried in every division. Such a pattern has two positions p and q and a
word that leads from p to p, from p to q, and from q to q (Weber and Seidl, *On the degree of ambiguity of finite
automata*, 1991). A position is one character class of the pattern; what may follow it is computed as by Glushkov.

`search` may begin anywhere, which is a loop before the pattern. An accepting position ends the attempts, and so does
not count, unless the whole text must match. Bounded repetitions count as up to three, since their factor is constant.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

ALPHABET = [
    *map(chr, range(256)),
    "\u0100",
    "\u0130",
    "\u1d2c",
    "\u2013",
    "\u2028",
    "\u3000",
    "\u4e00",
    "\udfff",
    "\U0001f600",
]
"""One character, or more, of each kind that a class can tell apart."""
ALL = (1 << len(ALPHABET)) - 1
BEGIN, END = ALL + 1, (ALL + 1) << 1
"""Symbols before and after each text, which only anchors read."""
ANCHORS = {sre.AT_BEGINNING: BEGIN, sre.AT_BEGINNING_STRING: BEGIN, sre.AT_END: END, sre.AT_END_STRING: END}
COPIES = 3
LOOPS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)

WHOLE, ONCE, REPEATED = "fullmatch", "match or search", "finditer, sub or split"


class Part(NamedTuple):
    """A part of a pattern: whether it may be empty, and the positions that it may begin and end with."""

    nullable: bool
    first: tuple[int, ...]
    last: tuple[int, ...]


EMPTY = Part(True, (), ())


@dataclass
class Automaton:
    """The positions of a pattern: the characters of each, and how often each may follow another."""

    flags: int
    masks: list[int] = field(default_factory=list)
    follow: list[Counter[int]] = field(default_factory=list)
    groups: dict[int, Any] = field(default_factory=dict)
    has_open_lookaround: bool = False

    def position(self, mask: int) -> Part:
        self.masks.append(mask)
        self.follow.append(Counter())
        number = len(self.masks) - 1
        return Part(False, (number,), (number,))

    def joined(self, left: Part, right: Part) -> Part:
        self.connect(left.last, right.first)
        return Part(
            left.nullable and right.nullable,
            left.first + (right.first if left.nullable else ()),
            right.last + (left.last if right.nullable else ()),
        )

    def connect(self, last: tuple[int, ...], first: tuple[int, ...]) -> None:
        for before in last:
            self.follow[before].update(first)

    def sequence(self, items: Any) -> Part:
        part = EMPTY
        for item in items:
            part = self.joined(part, self.part(*item))
        return part

    def part(self, code: Any, argument: Any) -> Part:
        if code in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            return self.position(self.mask(code, argument))
        if code is sre.BRANCH:
            ways = [self.sequence(way) for way in argument[1]]
            return Part(
                any(w.nullable for w in ways), sum((w.first for w in ways), ()), sum((w.last for w in ways), ())
            )
        if code is sre.SUBPATTERN:
            self.groups[argument[0]] = argument[3]
            return self.sequence(argument[3])
        if code is sre.ATOMIC_GROUP:
            return self.sequence(argument)
        if code in LOOPS:
            return self.repeated(*argument)
        if code is sre.GROUPREF:
            return self.sequence(self.groups[argument])
        if code in (sre.ASSERT, sre.ASSERT_NOT):
            self.has_open_lookaround |= _has_loop(argument[1])
            return EMPTY
        assert code is sre.AT, f"{code} is not analysed yet"
        return self.position(self.anchor(argument)) if argument in ANCHORS else EMPTY

    def repeated(self, least: int, most: Any, body: Any) -> Part:
        part = EMPTY
        for _ in range(min(least, COPIES)):
            part = self.joined(part, self.sequence(body))
        if most is sre.MAXREPEAT:
            loop = self.sequence(body)
            self.connect(loop.last, loop.first)
            return self.joined(part, loop._replace(nullable=True))
        for _ in range(min(most - least, COPIES)):
            part = self.joined(part, self.sequence(body)._replace(nullable=True))
        return part

    def anchor(self, argument: Any) -> int:
        """Return the symbols of an anchor: the begin or end of the text, and a line end where it counts as one."""
        is_of_line = self.flags & re.MULTILINE and argument in (sre.AT_BEGINNING, sre.AT_END)
        return ANCHORS[argument] | (1 << ALPHABET.index("\n") if is_of_line else 0)

    def mask(self, code: Any, argument: Any) -> int:
        if code is sre.ANY:
            return ALL if self.flags & re.DOTALL else ALL & ~(1 << ALPHABET.index("\n"))
        if code is not sre.IN:
            return self.mask(
                sre.IN, [*([(sre.NEGATE, None)] if code is sre.NOT_LITERAL else []), (sre.LITERAL, argument)]
            )
        mask, negated = 0, False
        for kind, value in argument:
            negated |= kind is sre.NEGATE
            for number, character in enumerate(ALPHABET):
                if kind is not sre.NEGATE and self.includes(kind, value, character):
                    mask |= 1 << number
        return ALL & ~mask if negated else mask

    def includes(self, kind: Any, value: Any, character: str) -> bool:
        if kind is sre.CATEGORY:
            return re.match(CATEGORIES[value], character, self.flags & re.ASCII) is not None
        low, high = value if kind is sre.RANGE else (value, value)
        cases = {character.lower(), character.upper()} if self.flags & re.IGNORECASE else {character}
        # A letter that the alphabet lacks counts as the one that stands for its kind.
        return any(low <= ord(case) <= high for case in cases if len(case) == 1) or (
            low == high and low > 255 and chr(low) not in ALPHABET and character == "\u4e00"
        )


CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}


def _has_loop(items: Any) -> bool:
    text = repr(items)
    return "MAXREPEAT" in text


def super_linear(pattern: str | bytes, flags: int, use: str, *, begins_anywhere: bool) -> str:
    """Describe why a pattern can take more than linear time; empty if it cannot."""
    tree = parser.parse(pattern, flags)
    automaton = Automaton(tree.state.flags)
    whole = automaton.sequence(tree)
    if automaton.has_open_lookaround:
        return "a lookaround with a loop is tried at every position"
    if begins_anywhere:
        before = automaton.position(ALL)
        automaton.connect(before.last, (*before.first, *whole.first))
    return _ambiguity(automaton, set(whole.last), use)


def _ambiguity(automaton: Automaton, accepting: set[int], use: str) -> str:
    states = set(range(len(automaton.masks))) - (accepting if use == ONCE else set())
    follow = {p: [q for q in automaton.follow[p] if q in states and automaton.masks[q]] for p in states}
    reach = {p: _reached(p, follow) for p in states}
    cyclic = [p for p in states if p in reach[p]]
    for p in cyclic:
        if any(
            automaton.follow[a][b] > 1
            for a in reach[p] | {p}
            if p in reach[a]
            for b in follow[a]
            if p in reach[b] or b == p
        ):
            return f"a loop inside a loop repeats the same characters (position {p})"
        for q in cyclic:
            # A last position that takes every character accepts whatever follows.
            is_universal = q in accepting and automaton.masks[q] == ALL and q in follow[q]
            is_end = is_universal or (use == REPEATED and q in accepting)
            if p != q and q in reach[p] and not is_end and _meets(automaton.masks, follow, p, q):
                return f"positions {p} and {q} share a text"
    return ""


def _reached(start: int, follow: dict[int, list[int]]) -> set[int]:
    reached: set[int] = set()
    rest = list(follow[start])
    while rest:
        state = rest.pop()
        if state not in reached:
            reached.add(state)
            rest += follow[state]
    return reached


def _meets(masks: list[int], follow: dict[int, list[int]], p: int, q: int) -> bool:
    """Return whether one word leads from p to p, from p to q, and from q to q."""
    seen: set[tuple[int, int, int]] = set()
    rest = [(p, p, q)]
    while rest:
        a, b, c = rest.pop()
        for x in follow[a]:
            for y in follow[b]:
                both = masks[x] & masks[y]
                for z in follow[c] if both else ():
                    if both & masks[z] and (x, y, z) not in seen:
                        if (x, y, z) == (p, q, q):
                            return True
                        seen.add((x, y, z))
                        rest.append((x, y, z))
    return False
