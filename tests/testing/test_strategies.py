"""The strategies that users' property tests may import."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.fhir.base.releases import release as fhir_release
from sandbox.synthetic.fhir.structure import has_model
from sandbox.testing.strategies import fhir_resources, fhir_types, nhs_numbers, patients

WITHOUT_HYPOTHESIS = """
import sys
sys.modules["hypothesis"] = None
import sandbox.cli, sandbox.server, sandbox.testing
try:
    import sandbox.testing.strategies
except ModuleNotFoundError as missing:
    print(missing)
"""


@pytest.mark.parametrize("release", ["stu3", "r4"])
@settings(max_examples=25)
@given(data=st.data())
def test_resources_of_any_type_are_valid(release, data):
    resource = data.draw(fhir_resources(release))
    assert resource["resourceType"] in fhir_types(release)
    if has_model(release, resource["resourceType"]):
        importlib.import_module(fhir_release(release).package).get_fhir_model_class(
            resource["resourceType"]
        ).model_validate(resource)


@settings(max_examples=25)
@given(resource=fhir_resources("r4", "Observation", seeds=st.just(7)))
def test_resources_of_a_type_are_of_that_type(resource):
    assert resource["resourceType"] == "Observation"
    assert resource["subject"]["reference"].startswith("Patient/")


@settings(max_examples=25)
@given(person=patients(), number=nhs_numbers())
def test_people_have_a_number_of_the_test_range_and_a_birthday(person, number):
    assert person.identifiers[0].value.startswith("999")
    assert number.startswith("999")
    assert person.date_of_birth < person.entered_at.date()


def test_the_sandbox_does_without_hypothesis_and_the_strategies_name_the_extra():
    completed = subprocess.run([sys.executable, "-c", WITHOUT_HYPOTHESIS], capture_output=True, check=True, text=True)
    assert "pip install 'pkb-sandbox[testing]'" in completed.stdout
