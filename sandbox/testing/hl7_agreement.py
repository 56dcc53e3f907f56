"""Make the fields of a generated message consistent, beyond the rule of each facts row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from sandbox.domain.data_points.measurement_types import pkb_types
from sandbox.hl7.profiles import Profile
from sandbox.testing import hl7_values
from sandbox.testing.er7 import Drawn

TEXTUAL = ("TX", "FT", "ST")
SNOMED = "SNOMED CT"
Panel = tuple[Drawn, list[Drawn]]
"""An OBR with its OBX."""


def agree_on_teams(segments: list[Drawn], teams: Sequence[str]) -> None:
    """Set the teams to add in ZTM, including the default team; without teams there is no ZTM."""
    for segment in [candidate for candidate in segments if candidate.name == "ZTM"]:
        if teams:
            segment.fields = {1: [{1: alias} for alias in teams]}
        else:
            segments.remove(segment)


def agree_on_allergies(segments: list[Drawn]) -> None:
    """Remove duplicate allergens."""
    _tell_apart((segment for segment in segments if segment.name == "AL1"), 3)


def agree_on_order(draw: st.DrawFn, profile: Profile, segments: list[Drawn], key: str) -> None:
    """Set one filler order number, and give each observation a value, a time and a different test."""
    panels = _panels(segments, key)
    for service, observations in panels:
        for obx in observations:
            if obx.get(2) != "ED":
                obx.fields[5] = [draw(hl7_values.observed(obx.get(2)))]
        if profile.slice == "laboratory":
            _agree_on_tests(draw, service, observations)
        if not all(obx.get(14) for obx in observations):
            service.put(7, draw(hl7_values.TYPES["TS"]))
    if profile.slice == "laboratory":
        _tell_apart((service for service, _ in panels), 4)
        _tell_apart((obx for _, observations in panels for obx in observations if obx.get(3, 3) != SNOMED), 3)


def _panels(segments: list[Drawn], key: str) -> list[Panel]:
    panels: list[Panel] = []
    order: Drawn | None = None
    for segment in segments:
        if segment.name == "ORC":
            order = segment
        elif segment.name == "OBR":
            panels.append((segment, []))
            if not (segment.get(3) or (order and order.get(3))):
                segment.put(3, {1: key})
        elif segment.name == "OBX":
            panels[-1][1].append(segment)
    return panels


def _agree_on_tests(draw: st.DrawFn, service: Drawn, observations: list[Drawn]) -> None:
    """Make a panel a textual report with the code of its service, or results and measurements with different codes."""
    if draw(st.booleans()):
        for obx in observations:
            if draw(st.integers(0, 3)) == 0:
                _measure(draw, obx)
    elif all(obx.get(2) in TEXTUAL for obx in observations):
        for obx in observations[1:]:
            obx.fields[3] = observations[0].fields[3]
    if all(obx.get(2) in TEXTUAL and obx.get(3) == observations[0].get(3) for obx in observations):
        service.put(4, draw(hl7_values.coded))


def _measure(draw: st.DrawFn, obx: Drawn) -> None:
    code, coded = draw(
        st.sampled_from([(code, form) for code, coded_forms in pkb_types().by_code.items() for form in coded_forms])
    )
    obx.fields[2] = [{1: "NM"}]
    obx.fields[3] = [{1: code, 3: SNOMED}]
    obx.fields[5] = [draw(hl7_values.observed("NM"))]
    obx.fields[6] = [{1: draw(st.sampled_from(coded.units))}]


def _tell_apart(segments: Iterable[Drawn], number: int) -> None:
    """Append a number to code and text of a field; the same value in two segments stays the same."""
    fields = {id(segment.fields[number]): segment.fields[number] for segment in segments if number in segment.fields}
    for position, (value, *_) in enumerate(fields.values(), 1):
        value.update({component: f"{value[component]}-{position}" for component in (1, 2) if value.get(component)})
