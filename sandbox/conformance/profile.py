"""Profiles as data: one file each in `profiles/`, a list of steps whose texts may contain `{placeholders}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sandbox.base import datafiles

Json = dict[str, Any]
NAMES = (
    "appointments",
    "laboratory",
    "documents",
    "demographics",
    "partner-facade",
    "app-measurements",
    "customer-fhir",
    "questionnaires",
)
"""The profiles, each in the file of its name."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One scenario. `stage` are acts before it, `midway` acts at the first exchange that fits `after`, and `then` acts
    before it is judged.

    `do` is for the client's developer, `data` are the rows that the client is to send or read. `waits` are filters
    of exchanges, each with a `text` and perhaps `at_least`; `judge` are judgements, each with its `rule`. A step that
    `settles` is judged only after a quiet while, because it is about what the client must not do.
    """

    name: str
    title: str
    do: str
    data: tuple[Json, ...] = ()
    stage: tuple[Json, ...] = ()
    midway: tuple[Json, ...] = ()
    after: Json | None = None
    waits: tuple[Json, ...] = ()
    then: tuple[Json, ...] = ()
    judge: tuple[Json, ...] = ()
    settles: bool = False

    def filled(self, values: Mapping[str, str]) -> Step:
        """Return the step with values in place of placeholders. Raises KeyError for an unknown one."""
        return replace(self, **{name: fill(getattr(self, name), values) for name in TEXTS})


TEXTS = ("title", "do", "data", "stage", "midway", "after", "waits", "then", "judge")
"""Attributes of a step that may contain placeholders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationProfile:
    """The scenarios of one kind of integration. `credential` is the kind of credential of its client, `person` the
    name of the rule by which the run chooses a patient.
    """

    name: str
    title: str
    credential: str
    address: str
    person: str
    steps: tuple[Step, ...]


@cache
def profiles() -> dict[str, IntegrationProfile]:
    """Read all profiles by name."""
    return {name: _read(name) for name in NAMES if _file(name).is_file()}


def _file(name: str) -> Any:
    return datafiles.beside_code(f"conformance/profiles/{name}.toml")


def _read(name: str) -> IntegrationProfile:
    row = datafiles.read_toml(_file(name))
    steps = tuple(Step(**{key: _frozen(value) for key, value in step.items()}) for step in row.pop("step"))
    return IntegrationProfile(name=name, steps=steps, **row)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def fill(value: Any, values: Mapping[str, str]) -> Any:
    """Replace the placeholders in all texts of a value. Raises KeyError for an unknown one."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: values[match[1]], value)
    if isinstance(value, list | tuple):
        return type(value)(fill(item, values) for item in value)
    if isinstance(value, dict):
        return {key: fill(item, values) for key, item in value.items()}
    return value
