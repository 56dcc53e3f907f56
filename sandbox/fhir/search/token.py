"""Token parameters: `code`, `system|code`, `|code`, `system|` (https://hl7.org/fhir/R4/search.html#token).

STU3 matches codes regardless of case. R4 is case-sensitive, except for elements that are plain strings.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sandbox.fhir.search import string
from sandbox.fhir.search.escape import split, unescape
from sandbox.fhir.search.lookup import Equal, Lookup
from sandbox.fhir.search.reading import ParameterContext

MODIFIERS = ("text", "not", "of-type")
IMPLICIT = "*"
"""The system of a code or boolean: the element's value set implies it, the resource does not contain it."""

TokenValues = Iterator[tuple[str, "SearchToken | string.Text"]]


class SearchToken(NamedTuple):
    """A code and its system, empty if there is none. `folded` codes are in lower case."""

    system: str
    code: str
    folded: bool = False

    def keys(self) -> Iterable[Hashable]:
        if self.code:
            yield self.code
        if self.system and self.system != IMPLICIT:
            yield (self.system,)

    def places(self) -> Iterable[tuple[str, Any]]:
        return ()


def values(datatype: str, datum: Any, release: str) -> TokenValues:
    """Return the tokens of an element, with values under `:text` and `:of-type` for those modifiers."""
    if isinstance(datum, dict):
        yield from _COMPLEX[datatype](datum, release) if datatype in _COMPLEX else ()
    elif isinstance(datum, bool):
        yield "", SearchToken(IMPLICIT, str(datum).lower())
    elif isinstance(datum, str):
        system = IMPLICIT if datatype == "code" else ""
        yield "", _token(system, datum, datatype != "id" and (release == "stu3" or datatype == "string"))


def identifier(datum: Any, release: str) -> TokenValues:
    """Return the token of an Identifier, its type's text, and its type with its value."""
    yield from _pair(datum.get("system"), datum.get("value"), release)
    kind = datum.get("type")
    if not isinstance(kind, dict):
        return
    yield from _text(kind.get("text"), release)
    for coding in _dicts(kind.get("coding")):
        if isinstance(datum.get("value"), str):
            yield ":of-type", _token(f"{coding.get('system', '')}|{coding.get('code', '')}", datum["value"], False)


def _concept(datum: Any, release: str) -> TokenValues:
    for coding in _dicts(datum.get("coding")):
        yield from _coding(coding, release)
    yield from _text(datum.get("text"), release)


def _coding(datum: Any, release: str) -> TokenValues:
    yield from _pair(datum.get("system"), datum.get("code"), release)
    yield from _text(datum.get("display"), release)


def _contact_point(datum: Any, release: str) -> TokenValues:
    yield from _pair(None, datum.get("value"), release)


def _text(text: Any, release: str) -> TokenValues:
    if isinstance(text, str):
        yield ":text", string.whole(text, release)


def _pair(system: Any, code: Any, release: str) -> TokenValues:
    system, code = (part if isinstance(part, str) else "" for part in (system, code))
    if system or code:
        yield "", _token(system, code, release == "stu3")


@lru_cache(string.SHARED)
def _token(system: str, code: str, folded: bool) -> SearchToken:
    return SearchToken(system, code.casefold() if folded else code, folded)


def _dicts(datum: Any) -> Iterator[dict[str, Any]]:
    return (item for item in datum if isinstance(item, dict)) if isinstance(datum, list) else iter(())


_COMPLEX = {
    "CodeableConcept": _concept,
    "Coding": _coding,
    "ContactPoint": _contact_point,
    "Identifier": identifier,
}


@dataclass(frozen=True, slots=True)
class TokenTest:
    """A code, in any system if that is None; an empty system means no system."""

    code: str
    system: str | None = None

    def holds(self, value: SearchToken) -> bool:
        if (self.code.casefold() if value.folded else self.code) != value.code:
            return False
        return self.system is None or value.system == self.system or (value.system == IMPLICIT and self.system != "")

    def lookups(self) -> Iterable[Lookup]:
        # Folded and unfolded values are stored under different keys; STU3 has the former, R4 mostly the latter.
        return [Equal(code) for code in dict.fromkeys((self.code, self.code.casefold()))]

    @property
    def suffices(self) -> bool:
        return self.system is None and self.code == self.code.casefold()


@dataclass(frozen=True, slots=True)
class OfSystem:
    """Any code of a system."""

    system: str

    def holds(self, value: SearchToken) -> bool:
        return value.system == self.system

    def lookups(self) -> Iterable[Lookup]:
        return (Equal((self.system,)),)

    @property
    def suffices(self) -> bool:
        return True


def parse_value(reading: ParameterContext, text: str) -> TokenTest | OfSystem | string.StartsWith:
    """Parse a value. Raises Invalid for a modifier other than `:text`, `:not` and, in R4, `:of-type`, and for a
    lone `|`.
    """
    reading.takes(MODIFIERS if reading.release != "stu3" else MODIFIERS[:2])
    if reading.modifier == "text":
        return string.StartsWith(string.fold(unescape(text), reading.release))
    parts = [unescape(part) for part in split(text, "|")]
    if reading.modifier == "of-type":
        if len(parts) != 3 or not all(parts):
            raise reading.bad(text)
        # The type of an identifier is stored as the system of this value, so that one look-up finds both.
        return TokenTest(parts[2], f"{parts[0]}|{parts[1]}")
    if len(parts) == 1:
        return TokenTest(parts[0])
    system, code = parts[0], "|".join(parts[1:])
    if not (system or code):
        raise reading.bad(text)
    return TokenTest(code, system) if code else OfSystem(system)


def order(value: SearchToken) -> str:
    """Return the sort key for `_sort`."""
    return value.code
