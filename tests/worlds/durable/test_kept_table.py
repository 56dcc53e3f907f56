"""Every attribute of a world and of the server is in the table of what the data file keeps, or in that of what not."""

from __future__ import annotations

from dataclasses import fields

import pytest

from sandbox.settings import Settings
from sandbox.worlds.api_session import ApiSession, AuthorizationCode
from sandbox.worlds.checkpoints import Checkpoint
from sandbox.worlds.durable.kept import DICTS, FACTS, NOT_KEPT
from sandbox.worlds.faults import ActiveRule, FaultRule
from sandbox.worlds.workspaces import Workspaces

WORKSPACES = Workspaces(Settings(seed=1))
WORLD = WORKSPACES.default
RULE = ActiveRule("r", FaultRule(conditions={}))
OBJECTS = [
    WORKSPACES,
    WORLD,
    WORLD.usage,
    WORLD.faults,
    RULE,
    WORLD.clock,
    WORLD.ids,
    WORLD.sessions,
    WORLD.checkpoints,
]


@pytest.mark.parametrize("kept_object", OBJECTS, ids=lambda kept_object: type(kept_object).__name__)
def test_every_attribute_is_kept_or_listed_as_not_kept(kept_object):
    name = type(kept_object).__name__
    assert set(vars(kept_object)) == FACTS[name].keys() | NOT_KEPT[name].keys()
    assert not FACTS[name].keys() & NOT_KEPT[name].keys()


def test_the_tables_are_about_these_classes():
    assert FACTS.keys() == NOT_KEPT.keys() == {type(kept_object).__name__ for kept_object in OBJECTS}


def test_every_part_that_a_table_names_exists():
    parts = {where[6:-1] for places in FACTS.values() for where in places.values() if where.startswith("part `")}
    assert parts == {*DICTS, "checkpoint", "seeded", "seeded world"}


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        (ApiSession, "handle client scope user team expires_at invalid refreshed issued"),
        (AuthorizationCode, "client redirect_uri user scope expires_at challenge session"),
        (Checkpoint, "name at snapshot clock history"),
    ],
)
def test_values_that_are_written_by_hand_have_these_attributes(kind, attributes):
    """A new attribute needs a look at how the file writes it: those of the first two are written by their types."""
    assert [field.name for field in fields(kind)] == attributes.split()
