"""For each object of the catalogue: the keys that are served are its keys, no more and no fewer.

The objects are taken apart down to the smallest, so that a list that happens to be empty proves nothing: every object
that an answer may hold is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model import Identifier, Patient
from sandbox.rest.catalogue import operations
from sandbox.rest.objects import TYPES, shapes
from tests.rest.support import ask, call, token_of
from tests.rest.test_requests import answered
from tests.support import Client

RHYS = "5010"
NOT_ANSWERED = {shape.name for shape in shapes().values() if shape.is_request} | {"error"}


def parts(value: Any, shape: str) -> Iterator[tuple[str, set[str]]]:
    """An object and the objects in it, each with the keys that it has."""
    yield shape, set(value)
    for key in shapes()[shape].keys:
        if key.type not in TYPES and value.get(key.name) is not None:
            for part in value[key.name] if key.many else [value[key.name]]:
                yield from parts(part, key.type)


def answers(pkb: Client) -> Iterator[tuple[str, set[str]]]:
    """Everything that the requests of the catalogue are answered with, and a diagnosis, which they leave out."""
    for name, object_ in answered(pkb):
        yield from parts(object_, name)
    for object_ in ask(pkb, "GET", "/v1/diagnoses/all", "PATIENT")["results"]:
        yield from parts(object_, "diagnosis-v1")


def test_the_keys_served_are_those_of_the_catalogue(pkb: Client):
    number = {"type": "ec9a24c8-99f3-4dd1-b821-84c3bb92870b", "value": "DR17"}
    give_number(pkb, number)
    met: dict[str, set[str]] = {}
    for name, keys in answers(pkb):
        shape = shapes()[name]
        optional = {key.name for key in shape.keys if key.optional}
        assert keys - optional == set(shape.always), name
        met[name] = met.get(name, set()) | keys
    assert set(met) == set(shapes()) - NOT_ANSWERED


def give_number(pkb: Client, number: dict[str, str]) -> None:
    """A number that a team gave, which nobody in the default world has."""
    store = pkb.server.workspaces.default.store
    (patient,) = store.find(Patient, "legacy_id", int(RHYS))
    store.put(replace(patient, identifiers=(*patient.identifiers, Identifier(**number))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
WRITES = [operation for operation in operations() if operation.body]


@pytest.fixture
def callers(pkb: Client) -> dict[str, str]:
    """A token of each user type that writes, for all examples of a run."""
    return {name: token_of(pkb, name) for name in ("PATIENT", "CLINICIAN")}


@given(st.data())
def test_any_body_is_accepted_or_refused_and_never_fails(pkb: Client, callers: dict[str, str], data: st.DataObject):
    operation = data.draw(st.sampled_from(WRITES))
    keys = [key.name for key in shapes()[operation.body].keys]
    example = shapes()[operation.body].example()
    body = {**example, **data.draw(st.dictionaries(st.sampled_from(keys), JSON, max_size=4))}
    token = callers["PATIENT" if "PATIENT" in operation.scopes else "CLINICIAN"]
    response = call(pkb, operation.method, operation.path.replace("{patientId}", "5001"), token, json=body)
    assert response.status_code in (200, 400, 403, 404, 409), response.text
    if response.status_code == 200:
        (name,) = operation.answers
        assert {shape for shape, _ in parts(response.json(), name)} <= set(shapes())
        for shape, served in parts(response.json(), name):
            assert set(shapes()[shape].always) <= served
