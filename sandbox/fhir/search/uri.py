"""URI parameters: exact match, or `:below` and `:above` by path (https://hl7.org/fhir/R4/search.html#uri)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.fhir.search.escape import unescape
from sandbox.fhir.search.extracted import NONE, ExtractedValues
from sandbox.fhir.search.lookup import Between, Equal, Lookup
from sandbox.fhir.search.reading import ParameterContext
from sandbox.fhir.search.string import LAST

MODIFIERS = ("above", "below")
MOST_STEPS = 50
"""Maximum number of steps of a URI whose parents are looked up in the index."""


class Uri(NamedTuple):
    """A URI, unchanged."""

    uri: str

    def keys(self) -> Iterable[Hashable]:
        return (self.uri,)

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return (("", self.uri),)


def reader(datatype: str, release: str) -> Callable[[Any], ExtractedValues]:
    """Return the function that returns the values of an element."""
    return lambda datum: values(datatype, datum, release)


def values(datatype: str, datum: Any, release: str) -> ExtractedValues:
    """Return the URI of an element; a canonical one with and without its version."""
    if not isinstance(datum, str):
        return NONE
    address, bar, _ = datum.partition("|")
    return {"": (Uri(datum), Uri(address)) if bar and datatype == "canonical" else (Uri(datum),)}


@dataclass(frozen=True, slots=True)
class Same:
    """This URI."""

    uri: str

    def accepts(self, value: Uri) -> bool:
        return value.uri == self.uri

    def lookups(self) -> Iterable[Lookup]:
        return (Equal(self.uri),)

    @property
    def is_sufficient(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Below:
    """URIs that begin with this one."""

    uri: str

    def accepts(self, value: Uri) -> bool:
        return value.uri.startswith(self.uri)

    def lookups(self) -> Iterable[Lookup]:
        return (Between("", self.uri, self.uri + LAST),)

    @property
    def is_sufficient(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Above:
    """This URI, and its prefixes up to a slash."""

    uri: str

    def accepts(self, value: Uri) -> bool:
        return self.uri == value.uri or self.uri.startswith(value.uri.rstrip("/") + "/")

    def lookups(self) -> Iterable[Lookup]:
        # A look-up for each parent would cost more than reading the type.
        if self.uri.count("/") > MOST_STEPS:
            return ()
        stems = [self.uri[:at] for at, char in enumerate(self.uri) if char == "/"]
        return [Equal(uri) for stem in [*stems, self.uri] for uri in (stem, stem + "/")]

    @property
    def is_sufficient(self) -> bool:
        return False


def parse_value(reading: ParameterContext, text: str) -> Same | Below | Above:
    """Parse a value. Raises Invalid for another modifier, and for `:above` and `:below` without a URL."""
    reading.check_modifier(MODIFIERS)
    uri = unescape(text)
    # https://hl7.org/fhir/R4/search.html#uri: :above and :below apply to URLs only, not to URNs.
    if reading.modifier and "://" not in uri:
        raise reading.invalid_value(text)
    if reading.modifier == "below":
        return Below(uri)
    return Above(uri) if reading.modifier == "above" else Same(uri)


def sort_key(value: Uri) -> str:
    """Return the sort key for `_sort`."""
    return value.uri
