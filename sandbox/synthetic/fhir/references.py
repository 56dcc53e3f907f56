"""References within one scene, so that every target can be generated too."""

from __future__ import annotations

from typing import Any

from sandbox.synthetic.fhir.making import Making
from sandbox.synthetic.fhir.scene import Scene, logical_id, practitioner
from sandbox.synthetic.fhir.structure import GeneratedElement, resource_types
from sandbox.synthetic.fhir.tables import read_table, row_of, words

ANY = ("Resource", "Any")


def reference(making: Making, owner: str, element: GeneratedElement) -> dict[str, Any] | None:
    """Return a Reference; None if the element has no target, or only a display if it is required."""
    type_ = target(making, owner, element)
    if type_ is None:
        return {"display": words(element.targets[0] if element.targets else element.name)} if element.required else None
    # An instance that replaces or belongs to one of its own type refers to an earlier one, so that no circle arises.
    scene = making.scene.before(type_) if type_ == making.type else making.scene
    if scene is None:
        return None
    number, repeat = scene.place(type_)
    link = {"reference": f"{type_}/{logical_id(scene.seed, type_, number, repeat)}"}
    return {**link, "display": display(scene, making, type_, number)}


def target(making: Making, owner: str, element: GeneratedElement) -> str | None:
    """Choose the type of a reference: the one that its table prefers, otherwise each in turn."""
    known_types = resource_types(making.scene.release)
    preferred = row_of(read_table("references")["prefer"], owner, element.name, element.choice) or []
    if not element.targets or element.targets[0] in ANY:
        preferred = [*preferred, *read_table("references")["prefer"]["any"]]
        return next((type_ for type_ in preferred if type_ in known_types and making.scene.has(type_)), None)
    offered = [type_ for type_ in element.targets if type_ in known_types and making.scene.has(type_)]
    first = next((type_ for type_ in preferred if type_ in offered), None)
    return first or (offered[making.turn % len(offered)] if offered else None)


def display(scene: Scene, making: Making, type_: str, number: int) -> str:
    """Return the display of a reference."""
    if type_ == "Patient":
        return making.person.name.display
    if type_ in ("Practitioner", "PractitionerRole"):
        return practitioner(scene.seed, number).display
    if type_ == "Organization":
        rows = read_table("shapes")["organizations"]
        return str(rows[number % len(rows)][0])
    return words(type_)
