"""FHIR's primitive types: the JSON type and the text pattern of each (https://hl7.org/fhir/R4/datatypes.html)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from xml.etree import ElementTree

from defusedxml import ElementTree as Defused
from defusedxml.common import DefusedXmlException

from sandbox.fhir.base.json import DEEPEST, Number
from sandbox.http.xml_tree import finished

_YEAR = r"(?P<year>[0-9]{4})"
_MONTH, _DAY = r"(?P<month>0[1-9]|1[0-2])", r"(?P<day>0[1-9]|[12][0-9]|3[01])"
# Second 60 is a leap second, which https://hl7.org/fhir/R4/datatypes.html#instant allows.
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

_DATE = re.compile(rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?")
_DATE_TIME = re.compile(rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T{_CLOCK}{_ZONE})?)?)?")
_INSTANT = re.compile(rf"{_YEAR}-{_MONTH}-{_DAY}T{_CLOCK}{_ZONE}")
_TIME = re.compile(_CLOCK)
_CODE = re.compile(r"[^\s]+(?:[ \t\r\n][^\s]+)*")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
_UUID = re.compile(r"urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64 = re.compile(r"[0-9a-zA-Z+/]*={0,2}")
_SPACE = re.compile(r"\s")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LARGEST = 2**31 - 1


def problem_with(type_: str, value: Any) -> str:
    """Describe the error in a value of a primitive type; "" if it is valid."""
    return checker_of(type_)(value)


def checker_of(type_: str) -> Callable[[Any], str]:
    """Return the function that describes the error in a value of a primitive type."""
    return _TYPES.get(type_, _string)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        return "expected string"
    if _CONTROL.search(value):
        return "expected string without control characters"
    return "" if value else "expected string that is not empty"


def _xhtml(value: Any) -> str:
    """Check a narrative: any text, but if it is XML its depth is limited like that of a resource."""
    return _string(value) or (f"expected xhtml of at most {DEEPEST} levels" if is_too_deep(value) else "")


def is_too_deep(text: str) -> bool:
    """Return whether a text is XML of more than `DEEPEST` levels; False for a text that is not XML."""
    # Every level needs a tag: most narratives have too few to be parsed for this.
    if text.count("<") <= DEEPEST:
        return False
    try:
        finished(Defused.XMLParser(target=_Depth(), forbid_dtd=True), (text,))
    except _TooDeep:
        return True
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return False
    return False


class _TooDeep(Exception):
    """The text has too many levels."""


class _Depth:
    """Counts the levels of a document while it is parsed, without building a tree."""

    def __init__(self) -> None:
        self._now = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._now += 1
        if self._now > DEEPEST:
            raise _TooDeep

    def end(self, tag: str) -> None:
        self._now -= 1

    def data(self, text: str) -> None:
        """Ignore text."""

    def close(self) -> None:
        """Build nothing."""


def _like(pattern: re.Pattern[str], name: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        return _string(value) or ("" if pattern.fullmatch(value) else f"expected {name}")

    return check


def _dated(pattern: re.Pattern[str], name: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if _string(value):
            return _string(value)
        match = pattern.fullmatch(value)
        return "" if match and _on_the_calendar(match) else f"expected {name}"

    return check


def _on_the_calendar(match: re.Match[str]) -> bool:
    try:
        date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
    except ValueError:
        return False
    return True


def _uri(value: Any) -> str:
    return _string(value) or ("expected uri" if _SPACE.search(value) else "")


def _base64(value: Any) -> str:
    if _string(value):
        return _string(value)
    # Blanks may stand anywhere. They go first: a pattern that allows them in between takes cubic time.
    digits = _SPACE.sub("", value)
    whole = _BASE64.fullmatch(digits) is not None and len(digits) % 4 == 0
    return "" if whole else "expected base64Binary"


def _boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "expected boolean"


def _decimal(value: Any) -> str:
    return "" if isinstance(value, (int, Number)) and not isinstance(value, bool) else "expected number"


def _integer(name: str, least: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if whole and least <= value <= _LARGEST else f"expected {name}"

    return check


_TYPES: dict[str, Callable[[Any], str]] = {
    "base64Binary": _base64,
    "boolean": _boolean,
    "canonical": _uri,
    "code": _like(_CODE, "code"),
    "date": _dated(_DATE, "date"),
    "dateTime": _dated(_DATE_TIME, "dateTime"),
    "decimal": _decimal,
    "id": _like(_ID, "id"),
    "instant": _dated(_INSTANT, "instant"),
    "integer": _integer("integer", -_LARGEST - 1),
    "oid": _like(_OID, "oid"),
    "positiveInt": _integer("positiveInt", 1),
    "time": _like(_TIME, "time"),
    "unsignedInt": _integer("unsignedInt", 0),
    "uri": _uri,
    "url": _uri,
    "uuid": _like(_UUID, "uuid"),
    "xhtml": _xhtml,
}
"""Name of a primitive type → its check; the others (string, markdown) are texts."""
