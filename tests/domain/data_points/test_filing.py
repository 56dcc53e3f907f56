"""Lists that a sender replaces as a whole. Source: *ADT A28*, pages/3365078168."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.domain.data_points.filing import replace_list, source_of
from sandbox.domain.record import Record
from sandbox.model import Allergy, Code, Source, Team
from tests.domain.small_world import FIRST, MAIN, NOW, RENAL, SECOND, sender, world


def allergy(record: Record, text: str, organisation: str = FIRST) -> Allergy:
    return Allergy(
        id=record.ids.uuid(),
        patient="p-1",
        source=source_of(sender(record, organisation)),
        allergen=Code(text=text),
        entered_at=NOW,
        persisted_at=NOW,
    )


def filed(record: Record) -> dict[str, str]:
    return {allergy.allergen.text: allergy.id for allergy in record.store.find(Allergy, "patient", "p-1")}


def test_the_source_is_the_connection_and_never_a_person():
    record = world()
    assert source_of(sender(record)) == Source(organisation=FIRST, team=MAIN)
    assert source_of(sender(record, creating_team=None)) == Source(organisation=FIRST)
    team = record.store.get(Team, RENAL)
    assert source_of(sender(record, team=team, partner="x")) == Source(organisation=FIRST, team=RENAL, partner="x")


def test_a_list_replaces_the_earlier_one_and_keeps_that_of_others():
    record = world()
    replace_list(record, Allergy, "p-1", sender(record, SECOND), [allergy(record, "Latex", SECOND)])
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Nuts"), allergy(record, "Eggs")])
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Milk")])
    assert set(filed(record)) == {"Latex", "Milk"}


def test_an_empty_list_changes_nothing():
    record = world()
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Nuts")])
    replace_list(record, Allergy, "p-1", sender(record), [])
    assert set(filed(record)) == {"Nuts"}


def test_a_repeated_item_keeps_its_id_in_any_order():
    record = world()
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Nuts"), allergy(record, "Eggs")])
    before = filed(record)
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, name) for name in ("Milk", "Eggs", "Nuts")])
    assert {text: id_ for text, id_ in filed(record).items() if text != "Milk"} == before


def test_the_same_said_twice_keeps_two_ids():
    record = world()
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Nuts"), allergy(record, "Nuts")])
    before = {allergy.id for allergy in record.store.all(Allergy)}
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Nuts"), allergy(record, "Nuts")])
    assert {allergy.id for allergy in record.store.all(Allergy)} == before
    assert len(before) == 2


def test_a_time_of_entry_moves_with_the_latest_list():
    record = world()
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Nuts")])
    later = replace(allergy(record, "Nuts"), entered_at=NOW + timedelta(days=1))
    replace_list(record, Allergy, "p-1", sender(record), [later])
    (kept,) = record.store.all(Allergy)
    assert kept.entered_at == NOW + timedelta(days=1)


def test_a_failure_half_way_leaves_the_earlier_list():
    record = world()
    replace_list(record, Allergy, "p-1", sender(record), [allergy(record, "Nuts")])
    before = filed(record)
    unfit: list[Any] = [allergy(record, "Milk"), None]
    with pytest.raises(TypeError), record.store.transaction():
        replace_list(record, Allergy, "p-1", sender(record), unfit)
    assert filed(record) == before
