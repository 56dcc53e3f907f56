"""What a hospital's FHIR server knows of its patients: their resources, and those that they share, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.fhir.generating.instance import make
from sandbox.fhir.generating.scene import Scene
from sandbox.fhir.generating.structure import resource_types
from sandbox.fhir.generating.tables import read

Json = dict[str, Any]


def counts(release: str) -> Mapping[str, int]:
    """How many resources a patient has of each type of a release and, of the types that are shared, all have."""
    known = resource_types(release)
    return {type_: count for type_, count in read("shapes")["record"].items() if type_ in known}


def about_one(scene: Scene) -> Iterator[Json]:
    """The resources about the person of a scene that has `counts`."""
    for type_, count in (scene.counts or {}).items():
        if type_ not in read("shapes")["pools"]:
            yield from (make(replace(scene, repeat=repeat), type_) for repeat in range(count))


def shared(scene: Scene) -> Iterator[Json]:
    """The resources that the people of a scene that has `counts` share."""
    for type_, count in (scene.counts or {}).items():
        if type_ in read("shapes")["pools"]:
            yield from (make(replace(scene, number=number), type_) for number in range(count))
