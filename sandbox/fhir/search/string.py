"""String parameters: prefix match, regardless of case and accents (https://hl7.org/fhir/R4/search.html#string).

R4 ignores punctuation and the width of white space as well. Each word of a family name matches.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sandbox import facts
from sandbox.base.short_cache import short_cache
from sandbox.fhir.search.escape import unescape
from sandbox.fhir.search.extracted import NONE, ExtractedValues
from sandbox.fhir.search.lookup import Between, Lookup
from sandbox.fhir.search.reading import ParameterContext

MODIFIERS = ("exact", "contains")
_PARTS = {
    "HumanName": ("text", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}
FAMILY = "HumanName.family"
_WORD = re.compile(r"[\s\-]+")
_WITH = re.compile(r"(?P<letter>.+ LETTER .+?) WITH .+")
LAST = chr(0x10FFFF)
MOST_WORDS, LONGEST_REST = facts.value("search.family-words")
"""Maximum number of words of a family name that are found alone, and of characters stored from each on."""

_PUNCTUATION = {code: None for code in range(128) if unicodedata.category(chr(code))[0] == "P"}

SHARED = 10_000
"""Number of recent values that are cached."""


class Text(NamedTuple):
    """A text, unchanged and folded. A single word of a name has no text, because `:exact` needs the whole name."""

    exact: str
    folded: str

    def keys(self) -> Iterable[Hashable]:
        return ()

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return (("", self.folded),)


@short_cache(SHARED)
def folded_text(text: str, release: str) -> Text:
    """Return a text with its folded form; the same object for the same text, because names recur."""
    return Text(text, fold(text, release))


def fold(text: str, release: str) -> str:
    """Fold a text: no case and accents; in R4 no punctuation, and single spaces."""
    parts = unicodedata.normalize("NFKD", text)
    base = parts if parts.isascii() else "".join(_plain(char) for char in parts if not unicodedata.combining(char))
    # Unicode 3.13 D146: folding the case can compose characters again, so they are decomposed once more.
    folded = unicodedata.normalize("NFKD", base.casefold())
    if release == "stu3":
        return folded
    if folded.isascii():
        return " ".join(folded.translate(_PUNCTUATION).split())
    return " ".join("".join(char for char in folded if unicodedata.category(char)[0] != "P").split())


@lru_cache(SHARED)
def _plain(char: str) -> str:
    """Replace a letter with a stroke, bar or hook by the plain letter: `Ł` is `L`."""
    letter = _WITH.fullmatch(unicodedata.name(char, ""))
    try:
        return unicodedata.lookup(letter["letter"]) if letter else char
    except KeyError:
        return char


def reader(datatype: str, release: str) -> Callable[[Any], ExtractedValues]:
    """Return the function that returns the values of an element."""
    return lambda datum: values(datatype, datum, release)


def values(datatype: str, datum: Any, release: str) -> ExtractedValues:
    """Return the texts of a string, a name or an address."""
    if isinstance(datum, str) and datatype != FAMILY:
        return _single_value(datum, release)
    texts = tuple(dict.fromkeys(_values(datatype, datum, release)))
    return {"": texts} if texts else NONE


@short_cache(SHARED)
def _single_value(text: str, release: str) -> ExtractedValues:
    return {"": (folded_text(text, release),)}


def _values(datatype: str, datum: Any, release: str) -> Iterator[Text]:
    if datatype in _PARTS and isinstance(datum, dict):
        for part in _PARTS[datatype]:
            for text in _texts(datum.get(part)):
                yield folded_text(text, release)
        if datatype == "HumanName":
            yield from _family(datum.get("family"), release)
    elif datatype == FAMILY:
        yield from _family(datum, release)
    else:
        yield from (folded_text(text, release) for text in _texts(datum))


def _texts(datum: Any) -> Iterator[str]:
    for text in datum if isinstance(datum, list) else [datum]:
        if isinstance(text, str):
            yield text


def _family(datum: Any, release: str) -> Iterator[Text]:
    for name in _texts(datum):
        yield folded_text(name, release)
        for word in islice(_WORD.finditer(name), MOST_WORDS):
            rest = fold(name[word.end() : word.end() + LONGEST_REST], release)
            if rest:
                yield Text("", rest)


@dataclass(frozen=True, slots=True)
class StartsWith:
    """The folded text is the prefix of a value."""

    folded: str

    def accepts(self, value: Text) -> bool:
        return value.folded.startswith(self.folded)

    def lookups(self) -> Iterable[Lookup]:
        # Every text with the prefix is before the prefix with the last character of Unicode.
        return (Between("", self.folded, self.folded + LAST),)

    @property
    def is_sufficient(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Contains:
    """The folded text is part of a value."""

    folded: str

    def accepts(self, value: Text) -> bool:
        return self.folded in value.folded

    def lookups(self) -> Iterable[Lookup]:
        return ()

    @property
    def is_sufficient(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Exactly:
    """The text is exactly a value."""

    exact: str
    folded: str

    def accepts(self, value: Text) -> bool:
        return value.exact == self.exact

    def lookups(self) -> Iterable[Lookup]:
        return (Between("", self.folded, self.folded),)

    @property
    def is_sufficient(self) -> bool:
        return False


def parse_value(reading: ParameterContext, text: str) -> StartsWith | Contains | Exactly:
    """Parse a value. Raises Invalid for a modifier other than `:exact` and `:contains`."""
    reading.check_modifier(MODIFIERS)
    exact = unescape(text)
    folded = fold(exact, reading.release)
    if reading.modifier == "exact":
        return Exactly(exact, folded)
    return Contains(folded) if reading.modifier == "contains" else StartsWith(folded)


def sort_key(value: Text) -> str:
    """Return the sort key for `_sort`."""
    return value.folded
