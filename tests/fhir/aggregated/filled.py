"""Resources with every element filled, made from the models of a release: what no example of the specification has."""

from __future__ import annotations

import re
from typing import Any, get_origin

from fhir.resources import R4B, STU3
from fhir_core.fhirabstractmodel import FHIRAbstractModel

Json = dict[str, Any]
PACKAGES = {"stu3": STU3, "r4": R4B}
LEFT_OUT = {"resourceType", "id", "meta", "implicitRules", "contained", "extension", "modifierExtension"}
REFERENCES = {"reference": "Patient/p1", "display": "A reference"}
PRIMITIVES: tuple[tuple[str, Any], ...] = (
    ("Boolean", True),
    ("bool", True),
    ("Decimal", 1.5),
    ("PositiveInt", 3),
    ("UnsignedInt", 3),
    ("Integer", 3),
    ("Base64Binary", "YWJj"),
    ("Instant", "2024-05-02T09:30:00Z"),
    ("DateTime", "2024-05-02T09:30:00Z"),
    ("Time", "09:30:00"),
    ("Date", "2024-05-02"),
    ("Url", "https://example.org/a"),
    ("Uri", "https://example.org/a"),
    ("Canonical", "https://example.org/a"),
    ("Oid", "urn:oid:1.2.3"),
    ("Markdown", "text"),
    ("Id", "x1"),
    ("Code", "code"),
    ("String", "text"),
)


def model(release: str, name: str) -> type[FHIRAbstractModel]:
    class_: type[FHIRAbstractModel] = PACKAGES[release].get_fhir_model_class(name)
    return class_


def elements(release: str, name: str) -> dict[str, tuple[Any, bool, Json]]:
    """Element → its type (a model's name, or an annotation), whether it is a list, and what the model says of it."""
    described = {}
    for key, field in model(release, name).model_fields.items():
        alias = field.alias or key
        if alias in LEFT_OUT or key.endswith(("__ext", "fhir_comments")):
            continue
        text = str(field.annotation)
        named = re.findall(r"(\w+)Type\b", text)
        is_list = "List[" in text or "list[" in text or get_origin(field.annotation) is list
        facts: Any = field.json_schema_extra or {}
        described[alias] = (named[-1] if named else text, is_list, dict(facts))
    return described


def filled(release: str, name: str, depth: int = 0) -> Json:
    """An instance with everything in it, one entry in each list, the first of each choice of types."""
    resource: Json = {"resourceType": name, "id": "x1"} if depth == 0 else {}
    chosen: set[str] = set()
    for alias, (type_, is_list, facts) in elements(release, name).items():
        choice = facts.get("one_of_many")
        if choice and choice in chosen:
            continue
        value = _value(release, name, type_, facts, depth)
        if value is not None:
            resource[alias] = [value] if is_list else value
            chosen.add(choice or alias)
    return resource


def variants(release: str, name: str) -> list[Json]:
    """The filled instance, and it again with each other type of each choice at the top level."""
    whole = filled(release, name)
    instances = [whole]
    for alias, (type_, is_list, facts) in elements(release, name).items():
        if facts.get("one_of_many") and alias not in whole:
            value = _value(release, name, type_, facts, 0)
            others = {
                a for a, (_, _, s) in elements(release, name).items() if s.get("one_of_many") == facts["one_of_many"]
            }
            kept = {key: value for key, value in whole.items() if key not in others}
            if value is not None:
                instances.append({**kept, alias: [value] if is_list else value})
    return instances


def _value(release: str, owner: str, type_: Any, facts: Json, depth: int) -> Any:
    if type_ in ("Extension", "Resource", "Meta", "Narrative") or "Extension" in str(type_)[:20]:
        return None
    if facts.get("enum_values") and not re.fullmatch(r"\w+", str(type_)):
        return facts["enum_values"][0]
    if type_ == "Reference":
        return dict(REFERENCES)
    if re.fullmatch(r"[A-Z]\w+", str(type_)):
        deep = depth > 4 or (type_ == owner)
        return None if deep else filled(release, type_, depth + 1)
    return next((value for word, value in PRIMITIVES if re.search(rf"\b{word}\b", str(type_))), None)
