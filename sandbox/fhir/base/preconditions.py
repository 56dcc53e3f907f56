"""Conditional requests (RFC 9110 section 13): entity tags and dates, compared with the current version.

FHIR writes version ids as weak tags and compares them as strong ones (https://hl7.org/fhir/R4/http.html#concurrency);
tags are accepted with and without `W/` and quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sandbox.model import Resource

_TAG = re.compile(r'\s*(?:(?:(?:W/)?"(?P<quoted>[^"]*)"|(?P<bare>[^\s,]+))\s*)?(?:,|$)')
IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"
IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE = "If-Modified-Since", "If-Unmodified-Since"


@dataclass(frozen=True, slots=True)
class Tags:
    """The versions in a condition; `anything` means `*`."""

    versions: frozenset[str] = frozenset()
    anything: bool = False

    def __bool__(self) -> bool:
        return self.anything or bool(self.versions)

    def cover(self, version: str) -> bool:
        return self.anything or version in self.versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Preconditions:
    """The conditions of one request."""

    match: Tags = Tags()
    none_match: Tags = Tags()
    modified_since: datetime | None = None
    unmodified_since: datetime | None = None

    def unmet(self, current: Resource | None, reads: bool = False) -> str:
        """Return the header whose condition fails for the current version, in the order of section 13.2.2; "" for
        none.

        `current` is None if there is no version, or if the newest one is a deletion.
        """
        # RFC 9110 section 13.2.2: a date counts only where no tag is sent.
        if self.match:
            if current is None or not self.match.cover(str(current.version)):
                return IF_MATCH
        elif self.unmodified_since is not None and current is not None and _changed(current) > self.unmodified_since:
            return IF_UNMODIFIED_SINCE
        # RFC 9110 13.1.3: beside If-None-Match, and on a write, If-Modified-Since is ignored.
        if self.none_match:
            return IF_NONE_MATCH if current is not None and self.none_match.cover(str(current.version)) else ""
        since = self.modified_since if reads else None
        return IF_MODIFIED_SINCE if since and current is not None and _changed(current) <= since else ""


NONE = Preconditions()
HEADERS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


def from_headers(headers: Mapping[str, str]) -> Preconditions:
    """Parse the conditions in headers, whose names are in lower case. An invalid date is ignored (section 13.1.3)."""
    if headers.keys().isdisjoint(HEADERS):
        return NONE
    return Preconditions(
        match=tags(headers.get("if-match", "")),
        none_match=tags(headers.get("if-none-match", "")),
        modified_since=_date(headers.get("if-modified-since", "")),
        unmodified_since=_date(headers.get("if-unmodified-since", "")),
    )


def tags(header: str) -> Tags:
    """Parse the tags of a header: `*`, or a list. An unreadable tag matches no version, and still is a condition."""
    text = header.strip()
    if text == "*":
        return Tags(anything=True)
    versions: set[str] = set()
    position = 0
    while position < len(text):
        tag = _TAG.match(text, position)
        if tag is None or tag.end() == position:
            # Kept as a version that matches nothing: to ignore it would let an unconditional write through.
            return Tags(frozenset({*versions, text[position:]}))
        if tag["quoted"] is not None or tag["bare"] is not None:
            versions.add(tag["bare"] if tag["quoted"] is None else tag["quoted"])
        position = tag.end()
    return Tags(frozenset(versions))


def _date(header: str) -> datetime | None:
    if not header:
        return None
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _changed(resource: Resource) -> datetime:
    """Return when the version was created, to the second, as in `Last-Modified`."""
    return resource.updated_at.replace(microsecond=0)
