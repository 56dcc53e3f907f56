"""Texts that mean the same: other ids, times of the server, addresses and white space aside."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from sandbox.replay.bindings import Bindings
from sandbox.replay.compare.rules import SERVERS_TIME
from sandbox.replay.dependencies import UUID

_TOKEN = re.compile(
    rf"(?P<id>{UUID})"
    r"|(?P<time>\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?)"
    r"|(?P<stamp>(?<!\d)(?:19|20)\d\d[01]\d[0-3]\d[0-2]\d[0-5]\d(?:[0-5]\d(?:\.\d+)?)?(?:[+-]\d{4})?(?!\d))"
)
_REFERENCE = re.compile(r"(?:(?<=/)|^)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-_]{1,64})")
# Bounded repetitions: an unbounded one before `page` takes more than linear time.
_PAGE = re.compile(
    r"([?&](?:_getpages|[a-zA-Z_]{0,40}page[a-zA-Z_]{0,40}|[a-zA-Z_]{0,40}cursor|_?continuation[a-zA-Z_]*)=)([^&]+)"
)
_VERSION = re.compile(r"/_history/[A-Za-z0-9.\-]{1,64}")
"""A version in a URL: its number is the server's."""
_SPACE = re.compile(r"\s+")
SLACK = timedelta(seconds=5)


@dataclass(slots=True, kw_only=True)
class Values:
    """Compares texts, and learns from them which ids stand for each other.

    `start` and `end` are the first and last time of the recording; a time between them that no request contained is a
    time of the server; `times` are those seen before, `requested` those of requests. `operation` is that of the
    exchange. `uses` counts the rules that made two different values equal.
    """

    bindings: Bindings
    start: datetime
    end: datetime
    recorded_base: str = ""
    actual_base: str = ""
    operation: str = ""
    requested: set[str] = field(default_factory=set)
    uses: Counter[str] = field(default_factory=Counter)
    times: set[str] = field(default_factory=set)

    def same(self, recorded: str, actual: str) -> bool:
        """Return whether two texts mean the same."""
        recorded, actual = self._plain(recorded, self.recorded_base), self._plain(actual, self.actual_base)
        before, after = _TOKEN.split(recorded), _TOKEN.split(actual)
        pairs = zip(_TOKEN.finditer(recorded), _TOKEN.finditer(actual), strict=False)
        # The pattern has three groups, so `split` returns a piece of other text and three groups in turn.
        is_alike = len(before) == len(after) and before[::4] == after[::4]
        if is_alike and all(self._same_token(old, new) for old, new in pairs):
            return True
        return self.bindings.rewrite(recorded) == actual

    def same_id(self, recorded: str, actual: str) -> bool:
        """Return whether two ids, references or URLs mean the same object. Ids may have any form."""
        recorded, actual = self._plain(recorded, self.recorded_base), self._plain(actual, self.actual_base)
        if not any(mark in recorded for mark in "/?:"):
            return self.bindings.bind(recorded, actual)
        recorded, actual = (_VERSION.sub("/_history/-", unquote(url)) for url in (recorded, actual))
        for pattern in (_PAGE, _REFERENCE):
            before, after = pattern.findall(recorded), pattern.findall(actual)
            if [kind for kind, _ in before] != [kind for kind, _ in after]:
                return False
            if not all(self.bindings.bind(old, new) for (_, old), (_, new) in zip(before, after, strict=True)):
                return False
            recorded, actual = pattern.sub(r"\1/-", recorded), pattern.sub(r"\1/-", actual)
        return self.same(recorded, actual)

    def note_request(self, text: str) -> None:
        """Note the times in a recorded request: the client chose them."""
        self.requested |= {match[0] for match in _TOKEN.finditer(text) if match.lastgroup != "id"}

    def skeleton(self, text: str, *, is_actual: bool) -> str:
        """Return a text without its unknown ids, to recognise the same object at another place of a list."""
        text = self._plain(text, self.actual_base if is_actual else self.recorded_base)

        def replaced(match: re.Match[str]) -> str:
            if match.lastgroup == "id":
                partner = match[0] if is_actual else self.bindings.actual(match[0])
                is_bound = self.bindings.is_actual(partner or "")
                return partner if partner and is_bound else "<id>"
            return match[0]

        return _TOKEN.sub(replaced, text)

    def _same_token(self, old: re.Match[str], new: re.Match[str]) -> bool:
        if old.lastgroup == "id" and new.lastgroup == "id":
            return self.bindings.bind(old[0], new[0])
        if old[0] == new[0]:
            return True
        # The length of an HL7 timestamp is its precision, which counts.
        if old.lastgroup != new.lastgroup or (len(old[0]) != len(new[0]) and old.lastgroup == "stamp"):
            return False
        if self._is_now(old[0]):
            self.times.add(old[0])  # a client may send it back
            self.uses[SERVERS_TIME] += 1
            return True
        return _instant(old[0]) == _instant(new[0]) is not None

    def _is_now(self, text: str) -> bool:
        if text in self.times:
            return True
        if text in self.requested:
            return False
        if len(text) == 10:  # a day
            return self.start.date().isoformat() <= text <= self.end.date().isoformat()
        at = _instant(text)
        return at is not None and self.start - SLACK <= at <= self.end + SLACK

    def _plain(self, text: str, base: str) -> str:
        text = text.replace(base, "") if base and base in text else text
        return _SPACE.sub(" ", text).strip()


def _instant(text: str) -> datetime | None:
    """Parse an ISO 8601 time or an HL7 timestamp; UTC if it has no zone."""
    try:
        if text[4:5] == "-":
            at = datetime.fromisoformat(text)
        else:
            digits, sign, zone = re.split(r"([+-]|$)", text, maxsplit=1)
            form = "%Y%m%d%H%M%S" if len(digits.partition(".")[0]) == 14 else "%Y%m%d%H%M"
            at = datetime.strptime(f"{digits.partition('.')[0]}{sign}{zone}", form + ("%z" if sign else ""))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
