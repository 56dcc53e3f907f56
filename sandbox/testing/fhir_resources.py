"""Strategies for FHIR resources of any type, and for their patients."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sandbox.model import Patient
from sandbox.synthetic.fhir import instance, resource_types
from sandbox.synthetic.people.nhs_numbers import COUNT
from sandbox.synthetic.people.people import person

SEEDS = st.integers(0, 2**32)


def fhir_types(release: str) -> tuple[str, ...]:
    """Return the resource types of `stu3` or `r4`."""
    return resource_types(release)


def fhir_resources(
    release: str, type_: str | None = None, *, seeds: st.SearchStrategy[int] = SEEDS
) -> st.SearchStrategy[dict[str, Any]]:
    """Generate valid resources of a type, or of any type, as JSON. Small examples are about the first people of small
    seeds.

    With `st.just(7)` for `seeds` all resources belong to one world: references point to resources of the same seed.
    """
    types = st.sampled_from(resource_types(release)) if type_ is None else st.just(type_)
    return st.builds(instance, st.just(release), types, seeds, st.integers(0, COUNT - 1), st.integers(0, 20))


def patients(*, seeds: st.SearchStrategy[int] = SEEDS) -> st.SearchStrategy[Patient]:
    """Generate synthetic people as PKB's entity: `identifiers[0]` is the NHS number."""
    return st.builds(person, seeds, st.integers(0, COUNT - 1))
