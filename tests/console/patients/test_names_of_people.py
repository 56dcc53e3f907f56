"""How the console names people, places and sources: by their names, and by their ids where nobody has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.console.patients import describing
from sandbox.model import Identifier, Organisation, Partner, Patient, Source, Team, User
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspaces(Settings()).default


def describer(workspace: Workspace) -> Any:
    return describing.Describer(workspace)


def first(workspace: Workspace, kind: type[Any]) -> Any:
    return next(iter(workspace.store.all(kind)))


@pytest.mark.parametrize("of", ["person", "organisation", "team"])
@pytest.mark.parametrize(("id_", "name"), [(None, ""), ("", ""), ("gone", "gone")])
def test_an_id_that_nobody_has_is_shown_as_it_is(workspace: Workspace, of: str, id_: str | None, name: str):
    assert getattr(describer(workspace), of)(id_) == name


def test_who_has_an_id_is_shown_by_name(workspace: Workspace):
    names = describer(workspace)
    user, patient = first(workspace, User), first(workspace, Patient)
    assert (names.person(user.id), names.person(patient.id)) == (user.name.display, patient.name.display)
    organisation, team = first(workspace, Organisation), first(workspace, Team)
    assert (names.organisation(organisation.id), names.team(team.id)) == (organisation.name, team.name)


SOURCES: dict[str, tuple[dict[str, str], str, str]] = {
    "nobody": ({}, "unknown", "unknown"),
    "a team and its organisation": ({"team": "T", "organisation": "O"}, "T", "T"),
    "an organisation and a person": ({"organisation": "O", "person": "P"}, "O · P", "O"),
    "a person": ({"person": "P"}, "P", "P"),
    "a person and a source text": ({"person": "P", "text": "S"}, "P", "P"),
    "a source text": ({"organisation": "O", "text": "S"}, "O · S", "O"),
    "a partner that is gone": ({"organisation": "O", "partner": "X"}, "O", "O"),
}


@pytest.mark.parametrize("case", SOURCES)
def test_a_source_is_the_place_and_the_person(workspace: Workspace, case: str):
    values, whole, place = SOURCES[case]
    names, source = describer(workspace), Source(**values)
    assert (names.source(source), names.place(source)) == (whole, place)


def test_a_partner_is_named_as_the_one_through_whom_data_came(workspace: Workspace):
    partner = first(workspace, Partner)
    assert describer(workspace).source(Source(organisation="O", partner=partner.id)) == f"O · by {partner.name}"


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [("NHS", "9991001379", "999 100 1379"), ("NHS", "99910", "99910"), ("X", "9991001379", "9991001379")],
)
def test_an_nhs_number_is_shown_in_blocks(workspace: Workspace, type_: str, value: str, expected: str):
    named = replace(first(workspace, Patient), identifiers=(Identifier(type=type_, value=value),))
    names = describer(workspace)
    assert names.number(named, type_) == expected
    assert names.number(named, "other") == ""
