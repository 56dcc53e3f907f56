"""Instances of every resource type: valid against the models, the same for the same seed, leading somewhere."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from sandbox.errors import NotFound
from sandbox.fhir.base.releases import release as fhir_release
from sandbox.synthetic.fhir import instance, resource_types
from sandbox.synthetic.fhir.structure import has_model
from sandbox.synthetic.people.chance import AS_OF

RELEASES = ("stu3", "r4")
TYPES = [(release, type_) for release in RELEASES for type_ in resource_types(release)]
MODELLED = [(release, type_) for release, type_ in TYPES if has_model(release, type_)]
SEEDS = (0, 7)
PLACEHOLDER = re.compile(r"\bstring\d*\b|lorem|\bfoo\b|\bTODO\b", re.IGNORECASE)


def model(release: str, type_: str) -> Any:
    return importlib.import_module(fhir_release(release).package).get_fhir_model_class(type_)


@pytest.mark.parametrize(("release", "type_"), MODELLED)
def test_an_instance_of_every_type_is_valid_and_comes_back_from_json_and_xml_as_it_was(release, type_):
    for seed in SEEDS:
        resource = instance(release, type_, seed)
        read = model(release, type_).model_validate(resource)
        assert json.loads(read.model_dump_json()) == resource
    again = model(release, type_).model_validate_xml(read.model_dump_xml())
    assert json.loads(again.model_dump_json()) == resource


def test_every_type_of_a_release_is_listed():
    assert len(resource_types("stu3")) == 117
    assert len(resource_types("r4")) == 146


def test_types_without_a_model_hold_what_their_table_demands():
    without = [type_ for release, type_ in TYPES if not has_model(release, type_)]
    assert len(without) == 20
    for type_ in without:
        resource = instance("r4", type_, 3)
        assert resource["resourceType"] == type_
        assert len(resource) > 5, resource
    assert instance("r4", "MedicinalProductPackaged", 3)["packageItem"][0]["quantity"]["unit"]


@pytest.mark.parametrize("release", RELEASES)
def test_the_same_arguments_make_the_same_instance_in_another_process(release):
    code = (
        "import json; from sandbox.synthetic.fhir import instance;"
        f"print(json.dumps([instance('{release}', t, 5, 2, 1) for t in ('Patient', 'Observation', 'Claim')]))"
    )
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    instances = [instance(release, type_, 5, 2, 1) for type_ in ("Patient", "Observation", "Claim")]
    assert json.loads(completed.stdout) == instances


def test_another_seed_person_or_repeat_makes_another_instance():
    ids = {instance("r4", "Observation", *place)["id"] for place in ((1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1))}
    assert len(ids) == 4


@pytest.mark.parametrize("release", RELEASES)
def test_references_lead_to_instances_of_the_same_scene(release):
    ids = {f"{type_}/{instance(release, type_, 4)['id']}" for type_ in resource_types(release)}
    for type_ in resource_types(release):
        for reference in _references(instance(release, type_, 4)):
            assert reference.startswith("https://") or reference in ids, f"{type_} refers to {reference}"
            assert not reference.startswith(f"{type_}/"), f"{type_} refers to itself"


def test_people_share_what_is_not_about_one_of_them():
    assert instance("r4", "Location", 4, 1) == instance("r4", "Location", 4, 13, 2)


def test_what_is_about_one_person_names_that_person():
    patient = instance("r4", "Patient", 9, 3)
    for type_ in ("Observation", "Condition", "Encounter", "MedicationStatement"):
        resource = instance("r4", type_, 9, 3)
        assert resource["subject"]["reference"] == f"Patient/{patient['id']}"
        assert resource["subject"]["display"] == patient["name"][0]["text"]


@pytest.mark.parametrize("number", range(40))
def test_events_lie_between_birth_and_the_day_of_the_scene(number):
    patient = instance("r4", "Patient", 6, number)
    for type_ in ("Encounter", "Procedure", "DiagnosticReport"):
        for at in _instants(instance("r4", type_, 6, number, number % 3)):
            assert patient["birthDate"] < at.date().isoformat()
            assert at <= AS_OF
            if "deceasedDateTime" in patient:
                assert at <= datetime.fromisoformat(patient["deceasedDateTime"])


@pytest.mark.parametrize(("release", "type_"), TYPES)
def test_no_value_is_a_placeholder(release, type_):
    assert not PLACEHOLDER.search(json.dumps(list(_texts(instance(release, type_, 2)))))


def test_an_unknown_type_or_release_is_not_found():
    with pytest.raises(NotFound, match="Dragon"):
        instance("r4", "Dragon", 1)
    with pytest.raises(NotFound, match="r9"):
        instance("r9", "Patient", 1)


def _walk(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for part in value.values():
            yield from _walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part)


def _references(value: Any) -> Iterator[str]:
    for part in _walk(value):
        if isinstance(part, dict) and isinstance(part.get("reference"), str) and "/" in part["reference"]:
            yield part["reference"]


def _texts(value: Any) -> Iterator[str]:
    return (part for part in _walk(value) if isinstance(part, str))


def _instants(value: Any) -> Iterator[datetime]:
    for text in _texts({name: value for name, value in value.items() if name != "contained"}):
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
            yield datetime.fromisoformat(text)
