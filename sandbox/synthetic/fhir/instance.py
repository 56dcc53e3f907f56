"""Valid, realistic instances of every resource type, generated from the structure of the type and the tables.

Required elements and elements of search parameters are always generated, others by chance. A choice uses each of
its searched types in turn. `portraits` contains the types that need more than element by element.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.synthetic.fhir.clinical import CLINICAL
from sandbox.synthetic.fhir.datatypes import DATATYPES, telecom
from sandbox.synthetic.fhir.invariants import INVARIANTS
from sandbox.synthetic.fhir.making import Making
from sandbox.synthetic.fhir.portraits import PORTRAITS
from sandbox.synthetic.fhir.primitives import PRIMITIVES
from sandbox.synthetic.fhir.references import target
from sandbox.synthetic.fhir.scene import Scene
from sandbox.synthetic.fhir.searched import searched
from sandbox.synthetic.fhir.structure import GeneratedElement, elements
from sandbox.synthetic.fhir.tables import is_always, left_out
from sandbox.synthetic.people.chance import AS_OF

Json = dict[str, Any]
LIKELY = (0.7, 0.5, 0.3)
"""Probability of an optional element, by depth."""
DEEPEST = 6
"""Depth from which optional elements are left out: some types contain each other without end."""
RELATED = ("composed-of", "depends-on", "derived-from", "predecessor", "successor")


def instance(release: str, type_: str, seed: int, number: int = 0, repeat: int = 0, *, as_of: datetime = AS_OF) -> Json:
    """Return the resource of a type (`stu3` or `r4`) about person `number` of a world, the same for the same
    arguments.

    Its references point to instances with the same release, seed, number and repeat. All its events are before
    `as_of`, except planned ones. Raises NotFound for a type that the release does not have.
    """
    return make_instance(Scene(release=release, seed=seed, number=number, repeat=repeat, as_of=as_of), type_)


def make_instance(scene: Scene, type_: str) -> Json:
    """Return the instance of a type in a scene; of a shared type, the one that the scene uses."""
    number, repeat = scene.place(type_)
    scene = replace(scene, number=number, repeat=repeat)
    making = Making.of(scene, type_)
    # A world of its own shows each choice in turn; a population tells one history.
    tellers = (PORTRAITS.get(type_), CLINICAL.get(type_) if scene.counts is not None else None)
    values = {name: value for tell in tellers if tell for name, value in tell(making).items()}
    resource = {"resourceType": type_, "id": scene.id_of(type_)}
    for element in _chosen(making, type_, type_, values):
        value = values[element.name] if element.name in values else _value(making, type_, element, type_, (type_,))
        if value not in (None, [], {}) and element.name != "id":
            resource[element.name] = value
    return INVARIANTS[type_](making, resource) if type_ in INVARIANTS else resource


def _chosen(making: Making, owner: str, path: str, values: Json, depth: int = 0) -> Iterator[GeneratedElement]:
    """Return the elements to generate, one of each choice."""
    groups: dict[str, list[GeneratedElement]] = {}
    for element in elements(making.scene.release, owner):
        groups.setdefault(element.choice or element.name, []).append(element)
    for group in groups.values():
        preset = [element for element in group if element.name in values]
        offered = [
            candidate
            for candidate in group
            if candidate.required or not left_out(owner, candidate.name, candidate.choice)
        ]
        if preset:
            yield from preset
        elif offered and _is_generated(making, owner, path, offered, depth):
            yield _element_of_choice(making, owner, path, offered)


def _is_generated(making: Making, owner: str, path: str, group: list[GeneratedElement], depth: int) -> bool:
    if group[0].required or _searched_elements(making, path, group) or is_always(owner, group[0].name):
        return True
    return depth < DEEPEST and making.source.random() < LIKELY[min(depth, len(LIKELY) - 1)]


def _element_of_choice(making: Making, owner: str, path: str, group: list[GeneratedElement]) -> GeneratedElement:
    """Choose the element of a choice: searched ones in turn, others by chance."""
    if len(group) == 1:
        return group[0]
    candidates = [
        candidate for candidate in group if candidate.type != "Reference" or target(making, owner, candidate)
    ] or group
    searched_elements = _searched_elements(making, path, candidates)
    return (
        searched_elements[making.turn % len(searched_elements)]
        if searched_elements
        else candidates[making.source.randrange(len(candidates))]
    )


def _searched_elements(making: Making, path: str, group: list[GeneratedElement]) -> list[GeneratedElement]:
    """Return the elements that search parameters use."""
    return [element for element in group if f"{path}.{element.name}" in searched(making.scene.release)]


def _value(making: Making, owner: str, element: GeneratedElement, path: str, lineage: tuple[str, ...]) -> Any:
    if not element.many:
        return _single(making, owner, element, path, lineage)
    if element.type == "ContactPoint":
        return telecom("0113 496 0000", f"{owner.lower()}@northmoor.example", "work")
    if element.type == "RelatedArtifact":
        artifact = _single(making, owner, element, path, lineage)
        return [{**artifact, "type": type_} for type_ in RELATED]
    value = _single(making, owner, element, path, lineage)
    return [] if value in (None, {}) else [value]


def _single(making: Making, owner: str, element: GeneratedElement, path: str, lineage: tuple[str, ...]) -> Any:
    maker = PRIMITIVES.get(element.type) or DATATYPES.get(element.type)
    if maker:
        return maker(making, owner, element)
    if element.type == "Resource":
        return make_instance(making.scene, "Patient")
    # A type within itself, such as an Extension, would never end.
    if element.type in lineage and not element.required:
        return None
    return _parts(making, element, f"{path}.{element.name}", (*lineage, element.type))


def _parts(making: Making, element: GeneratedElement, path: str, lineage: tuple[str, ...]) -> Json | None:
    """Generate a backbone element or data type; None if a required part has no target."""
    values: Json = {}
    for part in _chosen(making, element.type, path, {}, len(lineage) - 1):
        if part.name == "id":
            continue
        value = _value(making, element.type, part, path, lineage)
        if value not in (None, [], {}):
            values[part.name] = value
        elif part.required:
            return None
    return values
