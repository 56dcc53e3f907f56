"""`_include` and `_revinclude`: https://hl7.org/fhir/R4/search.html#include"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Invalid
from tests.fhir.search.world import World, observation, patient, ward

FURTHER = "_include:iterate=Patient:organization"


@pytest.mark.parametrize(
    ("question", "included"),
    [
        ("Observation?_id=o1&_include=Observation:subject", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:subject:Patient", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:subject:Group", []),
        ("Observation?_id=o4&_include=Observation:subject", []),
        ("Observation?_id=o3&_include=Observation:patient", ["Patient/bob"]),
        ("Observation?_id=o1&_include=*", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:*", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:patient&_include=Patient:organization", ["Patient/ann"]),
        (
            f"Observation?_id=o1&_include=Observation:patient&{FURTHER}",
            ["Organization/trust", "Patient/ann"],
        ),
        (
            f"Observation?_id=o1&_include=Observation:patient&{FURTHER}&_include:iterate=Organization:partof",
            ["Organization/nhs", "Organization/trust", "Patient/ann"],
        ),
        ("Patient?_id=ann&_revinclude=Observation:patient", ["Observation/o1", "Observation/o2"]),
        ("Patient?_id=bob&_revinclude=Observation:subject", ["Observation/o3"]),
        ("Patient?_id=ann&_revinclude=*", ["Observation/o1", "Observation/o2"]),
        ("Patient?_id=cy&_revinclude=Observation:patient", []),
        (
            "Organization?_id=trust&_revinclude=Patient:organization&_revinclude:iterate=Observation:patient",
            ["Observation/o1", "Observation/o2", "Patient/ann"],
        ),
        ("Organization?_include:recurse=Organization:partof", []),
    ],
)
def test_an_include_adds_what_the_matches_refer_to(question: str, included: list[str]):
    assert ward().included(question) == included


@pytest.mark.parametrize(
    "parameter",
    [
        "_include=Observation",
        "_include=Observation:code",
        "_include=Nothing:subject",
        "_include:all=Observation:subject",
    ],
)
def test_an_include_of_a_parameter_that_is_not_a_reference_is_refused(parameter: str):
    with pytest.raises(Invalid):
        ward().search(f"Observation?{parameter}")


def test_matches_are_counted_and_included_are_not():
    result = ward().search("Observation?_include=Observation:subject")
    assert result.total == 4
    assert [resource.logical_id for resource in result.included] == ["ann", "bob"]


def test_includes_have_a_bound():
    world = World().put(patient("ann", "Allen"))
    world.put(*(observation(f"o{number}", "Patient/ann") for number in range(5000 + 5)))
    assert len(world.search("Patient?_revinclude=Observation:patient").included) == 5000


@pytest.mark.parametrize(("most", "names"), [(0, ""), (1, "1"), (2, "12"), (3, "123"), (4, "1234"), (5, "1234")])
def test_what_includes_add_step_by_step_has_the_same_bound(most: int, names: str):
    links = [{"partOf": {"reference": f"Organization/{number + 1}"}} if number < 4 else {} for number in range(5)]
    world = World().put(
        *({"resourceType": "Organization", "id": str(number), **link} for number, link in enumerate(links))
    )
    object.__setattr__(world.view, "limits", replace(world.view.limits, included=most))
    result = world.search("Organization?_id=0&_include:iterate=Organization:partof")
    assert "".join(resource.logical_id for resource in result.included) == names
