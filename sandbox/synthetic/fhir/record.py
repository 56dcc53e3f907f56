"""The resources on a hospital's FHIR server: those of its patients, and shared ones, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.synthetic.fhir.instance import make_instance
from sandbox.synthetic.fhir.scene import Scene
from sandbox.synthetic.fhir.structure import resource_types
from sandbox.synthetic.fhir.tables import read_table
from sandbox.synthetic.people.chance import AS_OF

Json = dict[str, Any]
PEOPLE = 4
"""Number of people with resources of every type."""


def counts(release: str) -> Mapping[str, int]:
    """Number of resources of each type of a release for a patient, or, for shared types, in total."""
    types = resource_types(release)
    return {type_: count for type_, count in read_table("shapes")["record"].items() if type_ in types}


def of_every_type(release: str, types: Iterable[str], seed: int, now: datetime) -> Iterator[Json]:
    """Generate a few resources of each of these types, which refer only to each other; all events are before now."""
    pools = read_table("shapes")["pools"]
    few = {type_: min(pools[type_], PEOPLE) if type_ in pools else 1 for type_ in types}
    scene = Scene(release=release, seed=seed, as_of=min(AS_OF, now), counts=few)
    yield from shared(scene)
    for number in range(PEOPLE):
        yield from about_one(replace(scene, number=number))


def about_one(scene: Scene) -> Iterator[Json]:
    """Iterate over the resources about the person of a scene with `counts`."""
    for type_, count in (scene.counts or {}).items():
        if type_ not in read_table("shapes")["pools"]:
            yield from (make_instance(replace(scene, repeat=repeat), type_) for repeat in range(count))


def shared(scene: Scene) -> Iterator[Json]:
    """Iterate over the resources that the people of a scene with `counts` share."""
    for type_, count in (scene.counts or {}).items():
        if type_ in read_table("shapes")["pools"]:
            yield from (make_instance(replace(scene, number=number), type_) for number in range(count))
