"""The fields of a body, read by type; each refusal names the field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sandbox.errors import Invalid

Payload = dict[str, Any]


def text(payload: Payload, key: str, default: str | None = None) -> str:
    """Return a text; without a default it is required and must not be blank."""
    value = payload.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise Invalid(f"{key} must be text")
    return value


def flag(payload: Payload, key: str, default: bool | None = None) -> bool:
    value = payload.get(key, default)
    if not isinstance(value, bool):
        raise Invalid(f"{key} must be true or false")
    return value


def texts(payload: Payload, key: str) -> list[str]:
    """Return a list of texts; empty if it is missing."""
    values = payload.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Invalid(f"{key} must be a list of texts")
    return values


def one_of(payload: Payload, key: str, allowed: Iterable[str], default: str | None = None) -> str:
    value = text(payload, key, default)
    if value not in allowed:
        raise Invalid(f"{key} must be one of: {', '.join(allowed)}")
    return value


def some_of(payload: Payload, key: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return a list of allowed texts, in the order of `allowed`."""
    values = texts(payload, key)
    if not set(values) <= set(allowed):
        raise Invalid(f"{key} must be a list of: {', '.join(allowed)}")
    return tuple(choice for choice in allowed if choice in values)


def day(payload: Payload, key: str) -> date:
    try:
        return date.fromisoformat(text(payload, key))
    except ValueError as error:
        raise Invalid(f"{key} must be a date, YYYY-MM-DD") from error
