"""Split a segment of ER7 into fields and components when they are first read, and note which were read.

The library hl7 would split all fields of a message, which costs 80 microseconds more for an ADT^A28: measured, 0.53 to
0.58 times the rate of the bare route of `benchmarks/messages.py`, which requires 0.6, instead of 0.61 to 0.69. A
property test checks that both give the same result.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sandbox.hl7.escapes import DELIMITERS, NULL, OUTBOUND, unescape


class Repetition(NamedTuple):
    """One occurrence of a field: its components, still escaped; of sub-components, the first."""

    components: tuple[str, ...]

    def component(self, number: int = 1) -> str:
        """Return a component, from 1, unescaped; empty if it is absent."""
        text = self.components[number - 1] if number <= len(self.components) else ""
        return unescape(text) if "\\" in text else text

    def first(self, count: int) -> tuple[str, ...]:
        """Return the first `count` components, as `component` does."""
        texts = [unescape(text) if "\\" in text else text for text in self.components[:count]]
        return (*texts, *[""] * (count - len(texts)))


class Segment:
    """One segment. Fields have HL7's numbers, also in MSH; each is split when it is first read.

    `delimiters` are those of the message, in the order of `DELIMITERS`. `reads` records the components of a field
    that were read: bit 1 for the first, and so on; bit 0 if that applies to all repetitions. A key of field and
    repetition is for that repetition alone. Components that nothing reads are reported as unused.
    """

    __slots__ = ("_component", "_fields", "_first", "_length", "_repetition", "_sub", "delimiters", "name", "reads")

    def __init__(self, line: str, delimiters: str) -> None:
        self.delimiters = delimiters
        self._repetition, self._component, self._sub = delimiters[1], delimiters[2], delimiters[3]
        self._fields = _fields(line, delimiters[0])
        self._length = len(self._fields)
        self.name = self._fields[0]
        self._first: dict[int, tuple[str, ...]] = {}
        self.reads: dict[int | tuple[int, int], int] = {}

    def __len__(self) -> int:
        """The number of the last field, plus one."""
        return self._length

    def raw(self, field: int) -> str:
        """Return a field as sent; empty if it is absent."""
        return self._fields[field] if field < self._length else ""

    def has(self, field: int) -> bool:
        """Return whether a field contains anything but delimiters."""
        return bool(self.raw(field).strip("".join(self.delimiters[1:])))

    def partly_read(self, skipped: Collection[int | str] = ()) -> list[int]:
        """Return the fields that may have unread content, by a quick check.

        `skipped` fields are left out if nothing of them was read.
        """
        reads = self.reads
        repetition, component, sub_component = self._repetition, self._component, self._sub
        numbers = []
        for number, text in enumerate(self._fields):
            if not text or not number:
                continue
            if number in reads:
                bits = reads[number]
            elif number in skipped:
                continue
            else:
                bits = reads.get((number, 1), 0)
            if not bits or sub_component in text or repetition in text:
                numbers.append(number)
            elif component in text:
                if _has_unread(self.components(number), bits):
                    numbers.append(number)
            elif not bits & 2:
                numbers.append(number)
        # MSH-1 and MSH-2 are the delimiters, which the parser has used.
        return [number for number in numbers if number > 2] if self.name == "MSH" else numbers

    def bits(self, field: int, repetition: int) -> int:
        """Return the read components of a repetition, as in `reads`; 0 for none."""
        shared = self.reads.get(field, 0)
        own = self.reads.get((field, repetition), 0)
        return own | (shared if repetition == 1 or shared & 1 else 0)

    def mark(self, field: int, repetition: int, *components: int) -> None:
        """Record that components of one repetition are used."""
        key = (field, repetition)
        self.reads[key] = self.reads.get(key, 0) | _bits(components)

    def forget(self, field: int) -> None:
        """Record that the read parts of a field are not used after all."""
        self.reads.pop(field, None)

    def keep(self, *fields: int) -> None:
        """Record that the read parts of all other fields are not used after all."""
        self.reads = {
            key: bits for key, bits in self.reads.items() if (key if isinstance(key, int) else key[0]) in fields
        }

    def each(self, field: int, *components: int) -> tuple[Repetition, ...]:
        """Return the occurrences of a field, and record that these components are read."""
        self.reads[field] = self.reads.get(field, 0) | 1 | _bits(components)
        return self.repetitions(field)

    def repetitions(self, field: int) -> tuple[Repetition, ...]:
        """Return the occurrences of a field without recording a read; none if the field is absent or empty."""
        text = self._fields[field] if field < self._length else ""
        if not text:
            return ()
        if self._repetition not in text:
            components = self.components(field)
            return (Repetition(components),) if any(components) else ()
        repetitions = [self._components(repetition) for repetition in text.split(self._repetition)]
        return tuple(map(Repetition, repetitions)) if any(map(any, repetitions)) else ()

    def components(self, field: int) -> tuple[str, ...]:
        """Return the components of the first occurrence of a field, still escaped; one empty component if it is
        absent.

        Does not record a read.
        """
        first = self._first
        if field in first:
            return first[field]
        text = self._fields[field] if field < self._length else ""
        if self._repetition in text:
            text = text.partition(self._repetition)[0]
        is_whole = self._component not in text and self._sub not in text
        first[field] = components = (text,) if is_whole else self._components(text)
        return components

    def _components(self, repetition: str) -> tuple[str, ...]:
        components, sub = repetition.split(self._component), self._sub
        return tuple([component.partition(sub)[0] for component in components] if sub in repetition else components)

    def value(self, field: int, component: int = 1) -> str:
        """Return a component of the first occurrence of a field, unescaped; empty if it is absent."""
        reads, first, bit = self.reads, self._first, 1 << component
        reads[field] = reads[field] | bit if field in reads else bit
        components = first[field] if field in first else self.components(field)
        text = components[component - 1] if component == 1 or component <= len(components) else ""
        return unescape(text) if "\\" in text else text

    def peek(self, field: int, component: int = 1) -> str:
        """Return a component as `value` does, without recording a read."""
        components = self.components(field)
        text = components[component - 1] if component <= len(components) else ""
        return unescape(text) if "\\" in text else text

    def text(self, field: int, component: int = 1) -> str:
        """Return a component as `value` does, with the HL7 null as blank."""
        # A copy of `value`, not a call: a message needs some hundred texts, and a call takes as long as this body.
        reads, first, bit = self.reads, self._first, 1 << component
        reads[field] = reads[field] | bit if field in reads else bit
        components = first[field] if field in first else self.components(field)
        text = components[component - 1] if component == 1 or component <= len(components) else ""
        if not text or text == NULL:
            return ""
        return unescape(text) if "\\" in text else text

    def values(self, field: int, count: int) -> tuple[str, ...]:
        """Return the first `count` components of a field, as `value` does."""
        self.reads[field] = self.reads.get(field, 0) | (1 << count + 1) - 2
        components = self.components(field)[:count]
        read = tuple([unescape(text) if "\\" in text else text for text in components])
        return read + ("",) * (count - len(read))

    def texts(self, field: int, count: int) -> tuple[str, ...]:
        """Return the first `count` components of a field, as `text` does."""
        values = self.values(field, count)
        return values if NULL not in values else tuple(["" if value == NULL else value for value in values])

    @property
    def echo(self) -> str:
        """The segment as sent, in the standard delimiters of replies."""
        return "|".join(_with_delimiters(field, self.delimiters[1:], DELIMITERS[1:]) for field in self._fields)


def _bits(components: tuple[int, ...]) -> int:
    bits = 0
    for component in components:
        bits |= 1 << component
    return bits


def _has_unread(components: tuple[str, ...], bits: int) -> bool:
    """Return whether a component has content that was not read."""
    bit = 1
    for component in components:
        bit <<= 1
        if component and not bits & bit:
            return True
    return False


def _fields(line: str, delimiter: str) -> list[str]:
    """Split a line into fields by number; the first two of MSH are the delimiters themselves."""
    if not line.startswith("MSH"):
        return line.split(delimiter)
    others, *fields = line[4:].split(delimiter)
    return ["MSH", delimiter, others, *fields]


def _with_delimiters(text: str, delimiters: str, written: str) -> str:
    if not delimiters:
        return "".join(OUTBOUND[character] if character in DELIMITERS else character for character in text)
    parts = text.split(delimiters[0])
    return written[0].join(_with_delimiters(part, delimiters[1:], written[1:]) for part in parts)
