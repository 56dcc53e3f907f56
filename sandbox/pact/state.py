"""Provider states as data: `states.toml`, one row each. Names match in any case, with any number of spaces."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.errors import NotFound

Json = dict[str, Any]
MOST_NEAR = 5
LONGEST_NAME = 200
"""Maximum number of characters of an unknown name that are compared and quoted: comparing takes their square."""
ABOUT_A_PATIENT, ABOUT_A_CLIENT = ("patient", "organisation"), ("client", "organisation")
"""Parameters of every state with a person, and of every state with a client."""
OF_A_PATIENT = ("patient_id", "legacy_id", "nhs_number", "family_name", "given_name", "date_of_birth", "email")
"""Values of every state with a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateParameter:
    """A parameter of states. `type` is one of `parameters.TYPES`."""

    name: str
    type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """A state. `defaults` are its parameters with their default, empty for none; `do` are acts, in order; `values` the
    names of what it returns. `person` is the kind of patient that it is about, `client` the kind of credential, if any.
    """

    name: str
    text: str
    area: str
    defaults: Json
    do: tuple[Json, ...]
    values: tuple[str, ...]
    person: str = ""
    client: str = ""


@cache
def states() -> dict[str, ProviderState]:
    """Read all states, by name."""
    return {row["name"]: _state(row) for row in _file()["state"]}


@cache
def parameters() -> dict[str, StateParameter]:
    """Read all parameters, by name."""
    return {name: StateParameter(name=name, **row) for name, row in _file()["parameter"].items()}


def new_patient() -> Json:
    """Read the demographics of a patient whom a state creates, with placeholders."""
    row: Json = _file()["new_patient"]
    return row


@cache
def _file() -> Json:
    return datafiles.read_toml(datafiles.beside_code("pact/states.toml"))


def _state(row: Json) -> ProviderState:
    person, client = row.get("person", ""), row.get("client", "")
    about = (*(ABOUT_A_PATIENT if person else ()), *(ABOUT_A_CLIENT if client else ()))
    values = (*(OF_A_PATIENT if person else ()), *(("organisation_id",) if about else ()), *row["values"])
    return ProviderState(
        name=row["name"],
        text=row["text"],
        area=row["area"],
        defaults={**dict.fromkeys(about, ""), **row.get("parameters", {})},
        do=tuple(row.get("do", ())),
        values=tuple(dict.fromkeys(values)),
        person=person,
        client=client,
    )


def state_named(name: str) -> ProviderState:
    """Find a state by its name. Raises NotFound with the names that are near."""
    by_key = {_key(state): row for state, row in states().items()}
    state = by_key.get(_key(name))
    if state is None:
        near = ", ".join(repr(other) for other in _near(name, list(states())))
        raise NotFound(
            f"No provider state {name[:LONGEST_NAME]!r}; the nearest are: {near}. GET /_sandbox/pact/states lists all"
        )
    return state


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _near(name: str, names: list[str]) -> list[str]:
    """Order names by shared words, then by shared letters, and return the first few."""
    key = _key(name[:LONGEST_NAME])
    words = set(key.split())

    def likeness(other: str) -> tuple[int, float]:
        # Letters decide only between names that share as many words.
        letters = difflib.SequenceMatcher(None, key, _key(other)).ratio()
        return len(words & set(_key(other).split())), letters

    return sorted(names, key=likeness, reverse=True)[:MOST_NEAR]
