"""Token parameters: `code`, `system|code`, `|code`, `system|` (https://hl7.org/fhir/R4/search.html#token).

STU3 matches codes regardless of case. R4 is case-sensitive, except for elements that are plain strings.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sandbox.base.short_cache import LONGEST, short_cache
from sandbox.fhir.search import string
from sandbox.fhir.search.escape import split, unescape
from sandbox.fhir.search.extracted import NONE, ExtractedValues, merged
from sandbox.fhir.search.lookup import Equal, Lookup
from sandbox.fhir.search.reading import ParameterContext

MODIFIERS = ("text", "not", "of-type")
IMPLICIT = "*"
"""The system of a code or boolean: the element's value set implies it, the resource does not contain it."""


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

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return ()


def reader(datatype: str, release: str) -> Callable[[Any], ExtractedValues]:
    """Return the function that returns the tokens of an element, with values under `:text` and `:of-type` for those
    modifiers.
    """
    of_object = _COMPLEX.get(datatype, _nothing)
    is_folded = datatype != "id" and (release == "stu3" or datatype == "string")
    system = IMPLICIT if datatype == "code" else ""

    def values(datum: Any) -> ExtractedValues:
        if isinstance(datum, dict):
            return of_object(datum, release)
        if isinstance(datum, str):
            return _plain(datum, system, is_folded)
        return {"": (SearchToken(IMPLICIT, str(datum).lower()),)} if isinstance(datum, bool) else NONE

    return values


@short_cache(string.SHARED)
def _plain(code: str, system: str, is_folded: bool) -> ExtractedValues:
    return {"": (_token(system, code, is_folded),)}


def _nothing(datum: Any, release: str) -> ExtractedValues:
    return NONE


def identifier(datum: Any, release: str) -> ExtractedValues:
    """Return the token of an Identifier, its type's text, and its type with its value."""
    value, kind = datum.get("value"), datum.get("type")
    token = _pair(datum.get("system"), value, release)
    own: ExtractedValues = {"": token} if token else NONE
    if not isinstance(kind, dict):
        return own
    of_type = [
        _token(f"{coding.get('system', '')}|{coding.get('code', '')}", value, False)
        for coding in _dicts(kind.get("coding"))
        if isinstance(value, str)
    ]
    typed: ExtractedValues = {":of-type": tuple(dict.fromkeys(of_type))} if of_type else NONE
    return {**own, **_texts(release, kind.get("text")), **typed}


def _concept(datum: Any, release: str) -> ExtractedValues:
    codings, text = datum.get("coding"), datum.get("text")
    if isinstance(codings, list) and len(codings) == 1 and isinstance(codings[0], dict):
        return _coding(codings[0], release, text)
    return merged([*(_coding(coding, release) for coding in _dicts(codings)), _texts(release, text)])


def _coding(datum: Any, release: str, text: Any = None) -> ExtractedValues:
    parts = datum.get("system"), datum.get("code"), datum.get("display"), text
    if any(isinstance(part, str) and len(part) > LONGEST for part in parts):
        return _coded.__wrapped__(release, *parts)
    try:
        return _coded(release, *parts)
    except TypeError:  # a list or an object, which the cache cannot hold, where a text should be
        return _coded.__wrapped__(release, *parts)


@lru_cache(string.SHARED)
def _coded(release: str, system: Any, code: Any, *texts: Any) -> ExtractedValues:
    """Return the values of a coding with its texts: the same object for the same coding, because codings recur."""
    token = _pair(system, code, release)
    return {**({"": token} if token else NONE), **_texts(release, *texts)}


def _contact_point(datum: Any, release: str) -> ExtractedValues:
    value = datum.get("value")
    return _plain(value, "", release == "stu3") if isinstance(value, str) and value else NONE


def _texts(release: str, *texts: Any) -> ExtractedValues:
    values = tuple(dict.fromkeys(string.folded_text(text, release) for text in texts if isinstance(text, str)))
    return {":text": values} if values else NONE


def _pair(system: Any, code: Any, release: str) -> tuple[SearchToken, ...]:
    system, code = (part if isinstance(part, str) else "" for part in (system, code))
    return (_token(system, code, release == "stu3"),) if system or code else ()


def _token(system: str, code: str, folded: bool) -> SearchToken:
    build = _new_token if len(system) + len(code) <= LONGEST else _new_token.__wrapped__
    return build(system, code, folded)


@lru_cache(string.SHARED)
def _new_token(system: str, code: str, folded: bool) -> SearchToken:
    return SearchToken(system, code.casefold() if folded else code, folded)


def _dicts(datum: Any) -> list[dict[str, Any]]:
    return [item for item in datum if isinstance(item, dict)] if isinstance(datum, list) else []


_COMPLEX: dict[str, Callable[[Any, str], ExtractedValues]] = {
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

    def accepts(self, value: SearchToken) -> bool:
        if (self.code.casefold() if value.folded else self.code) != value.code:
            return False
        return self.system is None or value.system == self.system or (value.system == IMPLICIT and self.system != "")

    def lookups(self) -> Iterable[Lookup]:
        # Folded and unfolded values are stored under different keys; STU3 has the former, R4 mostly the latter.
        return [Equal(code) for code in dict.fromkeys((self.code, self.code.casefold()))]

    @property
    def is_sufficient(self) -> bool:
        # A code with capitals has a second look-up, for folded values, whose results `accepts` has to compare.
        return self.system is None and self.code == self.code.casefold()


@dataclass(frozen=True, slots=True)
class OfSystem:
    """Any code of a system."""

    system: str

    def accepts(self, value: SearchToken) -> bool:
        return value.system == self.system

    def lookups(self) -> Iterable[Lookup]:
        return (Equal((self.system,)),)

    @property
    def is_sufficient(self) -> bool:
        return True


def parse_value(reading: ParameterContext, text: str) -> TokenTest | OfSystem | string.StartsWith:
    """Parse a value. Raises Invalid for a modifier other than `:text`, `:not` and, in R4, `:of-type`, and for a
    lone `|`.
    """
    reading.check_modifier(MODIFIERS if reading.release != "stu3" else MODIFIERS[:2])
    if reading.modifier == "text":
        return string.StartsWith(string.fold(unescape(text), reading.release))
    parts = [unescape(part) for part in split(text, "|")]
    if reading.modifier == "of-type":
        if len(parts) != 3 or not all(parts):
            raise reading.invalid_value(text)
        # The type of an identifier is stored as the system of this value, so that one look-up finds both.
        return TokenTest(parts[2], f"{parts[0]}|{parts[1]}")
    if len(parts) == 1:
        return TokenTest(parts[0])
    # Only the first bar separates: a code may contain others.
    system, code = parts[0], "|".join(parts[1:])
    if not (system or code):
        raise reading.invalid_value(text)
    return TokenTest(code, system) if code else OfSystem(system)


def sort_key(value: SearchToken) -> str:
    """Return the sort key for `_sort`."""
    return value.code
