"""Every search parameter of both releases finds what has a value for it, wherever the value may stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.fhir.search.definitions import SearchParameter, parameters_of, types, unmatched_parameters
from sandbox.fhir.search.paths import compiled
from sandbox.synthetic.fhir.instance import instance
from tests.fhir.search.world import World

Json = dict[str, Any]
EVERY_TYPE = [(release, type_) for release in ("stu3", "r4") for type_ in types(release)]
CURRENCY = "urn:iso:std:iso:4217"

SAMPLES: dict[str, tuple[Any, str]] = {
    "Address": ({"city": "Northmoor"}, "northm"),
    "Age": ({"value": 5, "system": "http://unitsofmeasure.org", "code": "a"}, "5|http://unitsofmeasure.org|a"),
    "CodeableConcept": ({"coding": [{"system": "http://s.test", "code": "c"}]}, "http://s.test|c"),
    "Coding": ({"system": "http://s.test", "code": "c"}, "http://s.test|c"),
    "ContactPoint": ({"value": "020-1"}, "020-1"),
    "Duration": ({"value": 5, "unit": "min"}, "5||min"),
    "HumanName": ({"family": "Allen"}, "all"),
    "HumanName.family": ("Allen", "all"),
    "Identifier": ({"system": "http://s.test", "value": "v"}, "http://s.test|v"),
    "Period": ({"start": "2020-01-01"}, "sa2019"),
    "Range": ({"low": {"value": 2}, "high": {"value": 3}}, "gt2"),
    "Timing": ({"event": ["2020-01-01"]}, "2020-01-01"),
    "base64Binary": ("VGV4dA==", "vgv4d"),
    "boolean": (True, "true"),
    "canonical": ("http://s.test/x|1", "http://s.test/x"),
    "code": ("c", "c"),
    "date": ("2020-01-01", "2020-01"),
    "dateTime": ("2020-01-01T10:00:00Z", "2020-01-01"),
    "decimal": (2.5, "2.5"),
    "id": ("i", "i"),
    "instant": ("2020-01-01T10:00:00.5Z", "2020-01-01"),
    "integer": (2, "2"),
    "markdown": ("*Text*", "*text"),
    "oid": ("urn:oid:1.2", "urn:oid:1.2"),
    "positiveInt": (2, "2"),
    "string": ("Text", "text"),
    "uri": ("http://s.test/x", "http://s.test/x"),
    "url": ("http://s.test/x", "http://s.test/x"),
    "Quantity": ({"value": 5, "unit": "mg"}, "5||mg"),
}
MONEY = {
    "stu3": ({"value": 5, "system": CURRENCY, "code": "GBP"}, f"5|{CURRENCY}|GBP"),
    "r4": ({"value": 5, "currency": "GBP"}, f"5|{CURRENCY}|GBP"),
}
NOT_FOUND = {"SampledData"}
"""Data types that a parameter names and that are not looked into; docs/differences.md says so."""

STEP = re.compile(r"(\w+)(?:\(([^()]*)\))?(\[0\])?(?:\.|$)")


def sample(release: str, parameter: SearchParameter, datatype: str) -> tuple[Any, str]:
    """An element and a value that asks for it."""
    if datatype in ("Reference", "Resource"):
        target = min(parameter.targets) if "Any" not in parameter.targets else "Patient"
        whole = {"resourceType": target, "id": "t1"}
        return (whole if datatype == "Resource" else {"reference": f"{target}/t1"}), f"{target}/t1"
    if parameter.type == "token" and datatype == "string":
        return "Text", "TEXT"
    return MONEY[release] if datatype == "Money" else SAMPLES[datatype]


def planted(expression: str, element: Any) -> Json:
    """A resource, or an element, in which the element stands where the expression looks."""
    steps = STEP.findall(expression)
    node = element
    for name, condition, first in reversed(steps):
        if name == "where":
            key, _, value = condition.partition("=")
            node = {**node, key: value.strip("'")}
        else:
            node = {name: [node] if first else node}
    return node


def placed(type_: str, expression: str, element: Any) -> Json:
    inner = planted(expression, element).get(type_, {})
    return {"id": "1", **inner, "resourceType": type_}


def questions(release: str, type_: str) -> Iterator[tuple[str, Json, str]]:
    """For each place of each parameter: what it is, a resource with a value there, and the question that finds it."""
    for parameter in parameters_of(release, type_).values():
        for path in parameter.paths:
            what = f"{parameter.name} in {path.expression}"
            if parameter.type == "composite":
                element, values = composed(release, parameter)
                focus = placed(type_, path.expression, element)
                yield what, focus, f"{parameter.name}={'$'.join(values)}"
            elif "exists()" not in path.expression and path.datatype not in NOT_FOUND:
                element, value = sample(release, parameter, path.datatype)
                yield what, placed(type_, path.expression, element), f"{parameter.name}={value}"


def composed(release: str, parameter: SearchParameter) -> tuple[Json, list[str]]:
    element: Json = {}
    values = []
    for component in parameter.components:
        path = component.paths[0]
        inner, value = sample(release, component, path.datatype)
        if not path.expression.startswith("%resource"):
            element |= planted(path.expression, inner)
        values.append(value)
    return element, values


@pytest.mark.parametrize(("release", "type_"), EVERY_TYPE)
def test_a_parameter_finds_a_value_in_each_of_its_places(release: str, type_: str):
    for what, resource, question in questions(release, type_):
        if what.startswith(("coordinate", "chromosome-variant", "referenceseqid-variant")):
            resource |= {"referenceSeq": {"chromosome": SAMPLES["CodeableConcept"][0]}}
            resource["referenceSeq"]["referenceSeqId"] = SAMPLES["CodeableConcept"][0]
        world = World(release).put(resource)
        assert world.ids(f"{type_}?{question}") == [resource["id"]], what
        assert world.ids(f"{type_}?{question.partition('=')[0]}:missing=false") == [resource["id"]], what


def value_asking_for(release: str, parameter: SearchParameter, datatype: str, element: Any) -> str:
    """A value that asks for an element of a generated resource; nothing where the element says too little."""
    if datatype == "Reference" and "reference" in element:
        reference: str = element["reference"]
        return reference if parameter.leads_to(reference.split("/")[0]) else ""
    if datatype in ("Coding", "CodeableConcept"):
        coding = element["coding"][0] if "coding" in element else element
        return f"{coding.get('system', '')}|{coding['code']}" if "code" in coding else ""
    if datatype in ("Identifier", "ContactPoint"):
        system = f"{element['system']}|" if datatype == "Identifier" and "system" in element else ""
        return f"{system}{element['value']}" if "value" in element else ""
    if datatype == "Period":
        return f"ge{element['start']}" if "start" in element else f"le{element['end']}"
    if datatype in ("Quantity", "Age") and "value" in element:
        unit = f"|{element['system']}|{element['code']}" if {"system", "code"} <= element.keys() else ""
        return f"{element['value']}{unit}"
    if datatype == "HumanName":
        return str(element.get("family", element.get("text", "")))
    if datatype == "Address":
        return str(element.get("city", element.get("text", "")))
    if isinstance(element, bool):
        return str(element).lower()
    return "" if isinstance(element, dict) else str(element)


def escaped(value: str) -> str:
    return re.sub(r"([\\,$])", r"\\\1", value).replace("+", "%2B").replace("&", "%26").replace("#", "%23")


@pytest.mark.parametrize(("release", "type_"), EVERY_TYPE)
def test_a_generated_resource_is_found_by_every_parameter_that_it_populates(release: str, type_: str):
    resource = {**instance(release, type_, seed=1), "id": "g1"}
    world = World(release).put(resource)
    for parameter in parameters_of(release, type_).values():
        for path in parameter.paths:
            for element in compiled(path.expression)(resource, resource):
                value = value_asking_for(release, parameter, path.datatype, element) if path.datatype else ""
                if value:
                    question = f"{type_}?{parameter.name}={escaped(value)}"
                    assert world.ids(question) == ["g1"], question


@pytest.mark.parametrize("release", ["stu3", "r4"])
def test_a_death_makes_deceased(release: str):
    world = World(release)
    world.put({"resourceType": "Patient", "id": "true", "deceasedBoolean": True})
    world.put({"resourceType": "Patient", "id": "when", "deceasedDateTime": "2020-01-01"})
    world.put({"resourceType": "Patient", "id": "false", "deceasedBoolean": False})
    world.put({"resourceType": "Patient", "id": "none"})
    assert sorted(world.ids("Patient?deceased=true")) == ["true", "when"]
    assert sorted(world.ids("Patient?deceased=false")) == ["false", "none"]


def test_any_abatement_counts_as_abated():
    world = World("stu3")
    world.put({"resourceType": "Condition", "id": "age", "abatementAge": {"value": 5}})
    world.put({"resourceType": "Condition", "id": "false", "abatementBoolean": False})
    world.put({"resourceType": "Condition", "id": "none"})
    assert world.ids("Condition?abatement-boolean=true") == ["age"]
    assert world.ids("Condition?abatement-boolean=false") == ["false"]


@pytest.mark.parametrize("release", ["stu3", "r4"])
def test_every_reference_parameter_leads_somewhere(release: str):
    for parameter in (parameter for type_ in types(release) for parameter in parameters_of(release, type_).values()):
        for part in (parameter, *parameter.components):
            assert bool(part.targets) == (part.type == "reference"), part.name
            assert part.targets <= {"Any", *types(release)}, part.name


@pytest.mark.parametrize("release", ["stu3", "r4"])
def test_every_parameter_without_matches_is_listed_with_its_reason(release: str):
    listed = unmatched_parameters(release)
    assert all(listed.values())
    for name in listed:
        type_, parameter = name.split(".")
        parameters = parameters_of(release, "Patient" if type_ == "Resource" else type_)
        assert parameter not in parameters
