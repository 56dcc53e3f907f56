"""Reference parameters: `id`, `Type/id`, a URL, `:Type`, `:identifier`
(https://hl7.org/fhir/R4/search.html#reference).

A relative reference and its absolute form on this endpoint are the same; a version in either is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.base.short_cache import short_cache
from sandbox.errors import Invalid
from sandbox.fhir.search import string, token
from sandbox.fhir.search.definitions import SearchParameter
from sandbox.fhir.search.escape import unescape
from sandbox.fhir.search.extracted import NONE, ExtractedValues
from sandbox.fhir.search.lookup import Equal, Lookup
from sandbox.fhir.search.reading import ParameterContext

_LITERAL = re.compile(
    r"(?:(?P<base>[A-Za-z][A-Za-z0-9+.\-]*://[^?#\s]*)/)?(?P<type>[A-Z][A-Za-z]*)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)
MODIFIERS = ("identifier", "[type]")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class Ref(NamedTuple):
    """The target of a reference: type and id, with the base of an absolute URL; or any other URI, alone in `base`.

    All parts are empty if an element has only an identifier: it has a value without a target.
    """

    type: str
    id: str
    base: str = ""

    @property
    def address(self) -> str:
        """The whole URL of an absolute reference."""
        return f"{self.base}/{self.type}/{self.id}" if self.id else self.base

    def keys(self) -> Iterable[Hashable]:
        return (self.id or self.base,) if self.id or self.base else ()

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return ()


def reader(parameter: SearchParameter, datatype: str, release: str) -> Callable[[Any], ExtractedValues]:
    """Return the function that returns the target of an element, unless the parameter does not allow its type."""

    def values(datum: Any) -> ExtractedValues:
        if isinstance(datum, str):
            return {"": tuple(_uris(datum, datatype))}
        if not isinstance(datum, dict):
            return NONE
        if "resourceType" not in datum:
            return _reference(parameter, datum, release)
        type_, id_ = str(datum["resourceType"]), datum.get("id")
        return {"": (Ref(type_, id_),)} if parameter.leads_to(type_) and isinstance(id_, str) else NONE

    return values


def _reference(parameter: SearchParameter, datum: Any, release: str) -> ExtractedValues:
    literal, identifier = datum.get("reference"), datum.get("identifier")
    target = _target(literal) if isinstance(literal, str) else WITHOUT_TARGET
    type_ = target[""][0].type or datum.get("type")
    if isinstance(type_, str) and type_ and not parameter.leads_to(type_):
        return NONE
    if isinstance(identifier, dict):
        tokens = token.identifier(identifier, release).get("", ())
        return {":identifier": tokens, **target} if tokens else target
    return target if isinstance(literal, str) else NONE


def _uris(uri: str, datatype: str) -> Iterator[Ref]:
    yield Ref("", "", uri)
    address, bar, _ = uri.partition("|")
    if bar and datatype == "canonical":
        yield Ref("", "", address)


WITHOUT_TARGET: ExtractedValues = {"": (Ref("", ""),)}


@short_cache(string.SHARED)
def _target(literal: str) -> ExtractedValues:
    """Return the target of a literal reference: the same object for the same text, because references recur."""
    return {"": (parse_reference(literal),)}


def parse_reference(literal: str) -> Ref:
    """Parse a literal reference."""
    match = _LITERAL.fullmatch(literal)
    if match is None:
        return Ref("", "", literal)
    return Ref(match["type"], match["id"], match["base"] or "")


@dataclass(frozen=True, slots=True)
class To:
    """A resource by id, of one type unless that is empty, on the endpoint at `own`."""

    type: str
    id: str
    own: str

    def accepts(self, value: Ref) -> bool:
        # Elements of type uri and canonical are stored whole, even if they are addresses on this endpoint.
        if not value.id:
            return value.base == f"{self.own}/{self.type}/{self.id}"
        return (
            value.id == self.id
            and (not self.type or value.type == self.type)
            and (not value.base or value.base == self.own)
        )

    def lookups(self) -> Iterable[Lookup]:
        return Equal(self.id), Equal(f"{self.own}/{self.type}/{self.id}")

    @property
    def is_sufficient(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class ToAddress:
    """A resource on another server, or any other URI; a canonical URI may look like the former."""

    ref: Ref

    def accepts(self, value: Ref) -> bool:
        return value.address == self.ref.address

    def lookups(self) -> Iterable[Lookup]:
        return [Equal(key) for key in dict.fromkeys((self.ref.id, self.ref.address)) if key]

    @property
    def is_sufficient(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Linked:
    """One of the matches of a chain: type → ids."""

    ids: Mapping[str, frozenset[str]]
    own: str

    def accepts(self, value: Ref) -> bool:
        return value.id in self.ids.get(value.type, ()) and (not value.base or value.base == self.own)

    def lookups(self) -> Iterable[Lookup]:
        return [Equal(id_) for ids in self.ids.values() for id_ in ids]

    @property
    def is_sufficient(self) -> bool:
        return False


def parse_value(reading: ParameterContext, text: str) -> To | ToAddress | Any:
    """Parse a value. Raises Invalid for a modifier other than `:identifier` or a target type of the parameter."""
    if reading.modifier == "identifier":
        return token.parse_value(_without_modifier(reading), text)
    type_ = reading.modifier
    if type_ and not (type_[:1].isupper() and reading.parameter.leads_to(type_)):
        reading.check_modifier()
    literal = unescape(text)
    if _ID.fullmatch(literal):
        return To(type_, literal, reading.base)
    ref = parse_reference(literal)
    if not ref.id:
        return ToAddress(ref)
    if type_ and ref.type != type_:
        raise Invalid(
            f"Parameter {reading.parameter.name}:{type_} expects a {type_}, but the value is a {ref.type}",
            code="invalid",
            rule="search.value",
            where=reading.parameter.name,
        )
    # An absolute address on this endpoint is the same as the relative one.
    return ToAddress(ref) if ref.base not in ("", reading.base) else To(ref.type, ref.id, reading.base)


def _without_modifier(reading: ParameterContext) -> ParameterContext:
    return ParameterContext(
        parameter=reading.parameter, modifier="", release=reading.release, base=reading.base, now=reading.now
    )


def sort_key(value: Ref) -> str:
    """Return the sort key for `_sort`."""
    return f"{value.base}/{value.type}/{value.id}"
