"""A condition on the body of a request: the value at a JSONPath, or at a place of an HL7 message."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.base.readable import first_of_many, shortened
from sandbox.control.verify.bounds import Bounds, Pattern
from sandbox.control.verify.json_path import JsonPaths
from sandbox.control.verify.request_body import Hl7Reader, RequestBody
from sandbox.errors import Invalid

KEYS = ("jsonpath", "hl7", "equals", "matches")
LONGEST_VALUE = 60
"""Characters of a value that a failure shows."""
MOST_VALUES = 3
"""Values that a failure shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition on an exchange: one of the values at `path` passes `test`. `text` describes the expectation."""

    path: str
    text: str
    read: Callable[[RequestBody], tuple[list[Any], str]]
    test: Callable[[Any], bool]

    def is_met_by(self, body: RequestBody) -> bool:
        return any(self.test(value) for value in self.read(body)[0])

    def difference(self, body: RequestBody) -> str:
        """Describe the path, with the actual values in brackets."""
        values, reason = self.read(body)
        texts = first_of_many([_as_json(value) for value in values], MOST_VALUES)
        return f"{self.path} ({texts or reason})"


class ConditionReader:
    """Reader of the conditions of one call."""

    def __init__(self, hl7: Hl7Reader, bounds: Bounds) -> None:
        self._hl7 = hl7
        self._bounds = bounds
        self._json_paths: JsonPaths | None = None

    def parse_condition(self, payload: Any) -> Condition:
        """A condition from JSON. Raises Invalid."""
        if not isinstance(payload, dict) or not set(payload) <= set(KEYS):
            raise Invalid(f"must be an object with the keys: {', '.join(KEYS)}")
        place, expected = _one_of(payload, "jsonpath", "hl7"), _one_of(payload, "equals", "matches")
        path = payload[place]
        if not isinstance(path, str):
            raise Invalid(f"{place} must be text")
        if place == "hl7" and not isinstance(payload[expected], str):
            raise Invalid(f"{expected} must be text, as every value of a message is")
        return Condition(
            path=path,
            text=f"{path} {'equal to' if expected == 'equals' else 'matching'} {_as_json(payload[expected])}",
            read=self._values_of_message(path) if place == "hl7" else self._values_of_json(path),
            test=_equals(payload["equals"]) if expected == "equals" else self._matches(payload["matches"]),
        )

    def _values_of_json(self, path: str) -> Callable[[RequestBody], tuple[list[Any], str]]:
        self._json_paths = self._json_paths or JsonPaths(self._bounds)
        values_at = self._json_paths.values_at(path)

        def values_in(body: RequestBody) -> tuple[list[Any], str]:
            if body.json is None:
                return [], body.without_json
            return values_at(body.json[0]), body.missing

        return values_in

    def _values_of_message(self, path: str) -> Callable[[RequestBody], tuple[list[Any], str]]:
        values_at: Callable[[Any], Iterable[str]] = self._hl7.values_at(path)

        def values_in(body: RequestBody) -> tuple[list[Any], str]:
            if body.message is None:
                return [], body.without_message
            return list(values_at(body.message)), body.missing

        return values_in

    def _matches(self, text: Any) -> Callable[[Any], bool]:
        if not isinstance(text, str):
            raise Invalid("matches must be a regular expression")
        pattern = Pattern(text)

        def test(value: Any) -> bool:
            if isinstance(value, dict | list):
                return False
            return self._bounds.matches(pattern, value if isinstance(value, str) else json.dumps(value))

        return test


def _one_of(payload: dict[str, Any], first: str, second: str) -> str:
    if (first in payload) == (second in payload):
        raise Invalid(f"must have either {first} or {second}")
    return first if first in payload else second


def _equals(expected: Any) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        try:
            return _is_same(value, expected)
        except RecursionError:
            return False

    return test


def _is_same(value: Any, expected: Any) -> bool:
    """Equality of JSON, where `true` is not 1 and 1.0 is 1."""
    if isinstance(value, bool) or isinstance(expected, bool):
        return value is expected
    if isinstance(value, dict) and isinstance(expected, dict):
        return set(value) == set(expected) and all(_is_same(value[key], expected[key]) for key in expected)
    if isinstance(value, list) and isinstance(expected, list):
        return len(value) == len(expected) and all(map(_is_same, value, expected))
    return bool(value == expected)


def _as_json(value: Any) -> str:
    """A value as JSON, so that a text stays one line; the beginning of a long one."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "…"
    return shortened(text, LONGEST_VALUE)
