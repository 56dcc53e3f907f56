"""Readers for single values in requests: a Python value for each type of the catalogue, or a refusal with the key.

The limits are the sandbox's choice (facts `rest.body`, `rest.text-length`, `rest.times`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sandbox.base.clock import HOME, LocalDay
from sandbox.errors import Invalid
from sandbox.model import Code
from sandbox.rest.objects import DIGITS, EARLIEST, LABEL_ALIASES, LATEST, TEXT_LIMIT, TYPES, Json

_DECIMAL = re.compile(rf"-?[0-9]{{1,{DIGITS}}}(\.[0-9]{{1,{DIGITS}}})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MILLISECONDS = re.compile(r"-?[0-9]{1,15}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def wrong_value(where: str, text: str) -> Invalid:
    """Build the refusal of a value, with its key."""
    return Invalid(f"{where} {text}", where=where, rule="rest.body", instead="a value of the type in the catalogue")


def instant(value: Any, where: str) -> datetime:
    """Parse ISO 8601 with an offset, or milliseconds since 1970 as number or digits. Raises Invalid."""
    value = _as_whole_number(value)
    # A bool is an int in Python, but not in JSON.
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise wrong_value(where, "must be a time")
    text = str(value)
    try:
        # First: Python would take eight digits as a day without dashes.
        if _MILLISECONDS.fullmatch(text):
            at = datetime.fromtimestamp(int(text) / 1000, UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise wrong_value(where, "must be ISO 8601 with an offset, or milliseconds since 1970") from error
    if at.tzinfo is None:
        raise wrong_value(where, "must have an offset, or Z")
    if not EARLIEST <= at.year < LATEST:
        raise wrong_value(where, f"must be between {EARLIEST} and {LATEST}")
    return at


def midnight(day: date | None) -> datetime | None:
    """Return the beginning of a day in Europe/London, where PKB's patients are."""
    return None if day is None else LocalDay.of(day, HOME)


def code_of(concept: Json | None, where: str) -> Code:
    """Parse a codeable concept: its text, and at most two codes. Raises Invalid if it is empty."""
    # Two empty ones at the end, so that there are always two.
    codings = [*((concept or {}).get("codings") or ()), {}, {}]
    first, second = (
        {key: coding.get(key) or "" for key in ("codeSystem", "code", "displayText")} for coding in codings[:2]
    )
    code = Code(
        code=first["code"],
        text=(concept or {}).get("displayText") or first["displayText"],
        system=first["codeSystem"],
        alternate_code=second["code"],
        alternate_text=second["displayText"],
        alternate_system=second["codeSystem"],
    )
    if not (code.code or code.text):
        raise wrong_value(where, "needs a displayText, or a coding with a code")
    return code


def word(value: Any, where: str, words: list[str]) -> str:
    """Parse one of several words. Raises Invalid."""
    if not isinstance(value, str) or value not in words:
        raise wrong_value(where, f"must be one of: {', '.join(words)}")
    return value


def _label(value: Any, where: str) -> str:
    """Parse a privacy label; the general one has two names."""
    label = word(value, where, TYPES["label_sent"]["enum"])
    return LABEL_ALIASES.get(label, label)


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise wrong_value(where, "must be text")
    try:
        # JSON may escape one half of a pair, which UTF-8 cannot encode.
        value.encode()
    except UnicodeEncodeError as error:
        raise wrong_value(where, "contains an unpaired surrogate (invalid Unicode)") from error
    return value


def _text(value: Any, where: str) -> str:
    text = _string(value, where)
    if len(text) > TEXT_LIMIT:
        raise wrong_value(where, f"must have at most {TEXT_LIMIT} characters")
    return text


def _email(value: Any, where: str) -> str:
    text = _string(value, where)
    if text and not _EMAIL.fullmatch(text):
        raise wrong_value(where, "must be an e-mail address")
    return text


def _date(value: Any, where: str) -> date:
    text = _string(value, where)
    try:
        # Python alone would take 19871123 and 1987-W48-1, too.
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day.year < LATEST:
        raise wrong_value(where, f"must be a day such as 1987-11-23, between {EARLIEST} and {LATEST}")
    return day


def _number(value: Any, where: str) -> Decimal:
    """Return a number as it was written; a huge exponent is checked without writing the number out."""
    text = value if isinstance(value, str) else ""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        # `1e999999999` is short as sent and a gigabyte written out.
        number = Decimal(value)
        text = f"{number:f}" if abs(number.adjusted()) <= DIGITS else ""
    if not _DECIMAL.fullmatch(text):
        raise wrong_value(where, f"must be a number with at most {DIGITS} digits")
    return Decimal(text)


def _number_or_text(value: Any, where: str) -> str:
    return _text(value, where) if isinstance(value, str) else f"{_number(value, where):f}"


def _boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise wrong_value(where, "must be true or false")
    return value


def _as_whole_number(value: Any) -> Any:
    """Return a number without a fraction as an integer: to JSON 5010.0 is one."""
    is_short = isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= DIGITS
    return int(value) if is_short and value == value.to_integral_value() else value


def _any_id(value: Any, where: str) -> str:
    value = _as_whole_number(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise wrong_value(where, "must be an id")
    return _text(str(value), where)


READERS: dict[str, Callable[[Any, str], Any]] = {
    "any_id": _any_id,
    "boolean": _boolean,
    "date": _date,
    "email": _email,
    "html": _string,
    "label_sent": _label,
    "national_type": _text,
    "number": _number,
    "number_or_text": _number_or_text,
    "text": _text,
    "time": instant,
}
"""Type of a key → its reader; types with a list of words need none."""
