"""What Aggregated shows follows from what the feeds hold, whatever the order in which it came and what came before."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.fhir.aggregated.intake import sync
from sandbox.fhir.aggregated.references import referred_names
from sandbox.model import Patient, Upstream
from tests.fhir.aggregated.feeds import NHS, ODS, World

Json = dict[str, Any]
NUMBERS = ("9991001379", "9991013709", "9991001379", "9991013709", "9990000000")
"""Two valid numbers, the more likely ones, and one with a wrong check digit."""

CODES = ("RNM99", "REG88", "OTHER")


def _some(values: tuple[str, ...], system: str) -> st.SearchStrategy[list[Json]]:
    first = values[0]
    chosen = st.sampled_from([(), (first,), *[(value,) for value in values], (first, values[1]), values[:2]])
    return chosen.map(
        lambda chosen_values: [{"system": system, "value": value} for value in dict.fromkeys(chosen_values)]
    )


def _made(type_: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    fixed = st.fixed_dictionaries({"id": st.sampled_from("ab"), **parts})
    return fixed.map(
        lambda elements: {"resourceType": type_, **{k: v for k, v in elements.items() if v not in (None, [])}}
    )


def _leading_to(type_: str) -> st.SearchStrategy[Json | None]:
    """A reference to one of two resources of a type, which may not be there; seldom none."""
    ids = st.sampled_from([*"aaaabbbb", ""])
    return ids.map(lambda id_: {"reference": f"{type_}/{id_}"} if id_ else None)


RESOURCES = st.one_of(
    _made(
        "Organization",
        identifier=_some(CODES, ODS),
        name=st.sampled_from(["One", "Two"]),
        partOf=st.none() | _leading_to("Organization"),
    ),
    _made(
        "Patient",
        identifier=_some(NUMBERS, NHS).map(lambda ids: ids[:1]),
        gender=st.sampled_from(["male", "female"]),
        managingOrganization=_leading_to("Organization"),
        name=st.just([{"family": "Adeyemi"}]),
    ),
    _made(
        "Medication",
        code=_some(("x", "y", "z"), "urn:x").map(
            lambda identifiers: {
                "coding": [{"system": identifier["system"], "code": identifier["value"]} for identifier in identifiers],
                "text": "m",
            }
        ),
    ),
    _made(
        "Encounter",
        status=st.just("finished"),
        subject=_leading_to("Patient"),
        partOf=st.none() | _leading_to("Encounter"),
    ),
    _made(
        "Observation",
        status=st.just("final"),
        subject=_leading_to("Patient"),
        encounter=st.none() | _leading_to("Encounter"),
    ),
)
PUTS = st.tuples(st.just("put"), st.sampled_from(["r4", "stu3"]), RESOURCES, st.integers(0, 99))
DELETES = st.tuples(
    st.just("delete"),
    st.sampled_from(["r4", "stu3"]),
    RESOURCES.map(lambda resource: {"resourceType": resource["resourceType"], "id": resource["id"]}),
    st.just(0),
)


def _content(world: World) -> dict[str, Json]:
    """What is shown, without what tells of its history: version, times of change and creation, ids of groups.

    A group keeps the id that it was formed with; here it is called by the rows that it consists of.
    """
    rows: dict[str, list[str]] = {}
    for row in world.store.all(Upstream):
        if row.keys and row.target:
            rows.setdefault(row.target, []).append(row.id)
    text = json.dumps(world.resources())
    for target, members in rows.items():
        text = text.replace(target.split("/")[1], " ".join(sorted(members)))
    resources: dict[str, Json] = json.loads(text)
    for resource in resources.values():
        for name in ("versionId", "lastUpdated"):
            del resource["meta"][name]
        resource["meta"]["extension"] = [
            extension for extension in resource["meta"]["extension"] if extension["url"] != "ex:createdAt"
        ]
    return resources


@settings(max_examples=80)
@given(st.lists(PUTS | PUTS | DELETES, min_size=4, max_size=24), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(acts: list[tuple[str, str, Json, int]], random: Any) -> None:
    lived, fresh = World(1), World(2)
    for world in (lived, fresh):
        known_patients = [
            patient for number in NUMBERS[:2] for patient in world.store.find(Patient, "identifier", ("NHS", number))
        ]
        sync.map_patients(world.store, known_patients, world.now, all_mapped=False)
    held: dict[tuple[str, str, str], tuple[Json, int]] = {}
    for act, feed, resource, minute in acts:
        key = (feed, resource["resourceType"], resource["id"])
        if act == "put":
            lived.put(feed, resource, minute)
            if key not in held or json.dumps(held[key][0]) != json.dumps(resource):
                held[key] = (resource, minute)
        else:
            lived.delete(*key)
            held.pop(key, None)
    arrivals = list(held.items())
    random.shuffle(arrivals)
    for (feed, _, _), (resource, minute) in arrivals:
        fresh.put(feed, resource, minute)
    assert _content(lived) == _content(fresh)
    _check_whole(fresh)


def _check_whole(world: World) -> None:
    """Every reference within Aggregated leads to something in Aggregated."""
    resources = world.resources()
    for resource in resources.values():
        for reference in referred_names(resource):
            assert reference in resources
