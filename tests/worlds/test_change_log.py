"""The log of changes: the way from one value of an entity to another, and which entities anything was done to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.model import Consent, Grantee
from sandbox.worlds.change_log import ChangeLog, ChangeStep
from sandbox.worlds.history import StateHistory

AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = Consent(id="c", patient="p", grantee=Grantee(kind="team", id="t"), updated_at=AT)
OTHER = replace(FIRST, id="d")


def log_of(*steps: ChangeStep, longest: int = 100) -> ChangeLog:
    log = ChangeLog(longest)
    log.on = True
    for step in steps:
        log.note(step)
    return log


def chain(values: list[Consent]) -> list[ChangeStep]:
    """The steps that lead from nothing through all the values."""
    starts = [None, *values[:-1]]
    return [ChangeStep(start, end, f"x{n}", "hl7") for n, (start, end) in enumerate(zip(starts, values, strict=True))]


ALL = StateHistory(0, (range(100),))


def exchanges(
    log: ChangeLog,
    before: Consent | None,
    after: Consent | None,
    histories: tuple[StateHistory, StateHistory] = (ALL, ALL),
) -> list[str | None]:
    return [step.exchange for step in log.between(before, after, histories)]


@pytest.fixture
def values() -> list[Consent]:
    """Four values of one consent, which differ in nothing but their identity and kept flag."""
    return [replace(FIRST, kept=bool(n % 2)) for n in range(4)]


def test_the_way_goes_from_value_to_value(values: list[Consent]):
    log = log_of(*chain(values))
    assert exchanges(log, values[0], values[3]) == ["x1", "x2", "x3"]
    assert exchanges(log, values[3], values[0]) == ["x1", "x2", "x3"]
    assert exchanges(log, None, values[1]) == ["x0", "x1"]
    assert exchanges(log, values[2], values[2]) == []


def test_a_reverted_change_names_no_exchange(values: list[Consent]):
    first, refused, accepted, _ = values
    log = log_of(
        ChangeStep(None, first, "a", "hl7"),
        ChangeStep(first, refused, "refused", "hl7"),
        ChangeStep(first, accepted, "b", "hl7"),
    )
    assert exchanges(log, first, accepted) == ["b"]


def test_two_branches_meet_where_they_parted(values: list[Consent]):
    first, left, right, _ = values
    log = log_of(
        ChangeStep(None, first, "a", "hl7"), ChangeStep(first, left, "l", "hl7"), ChangeStep(first, right, "r", "hl7")
    )
    assert exchanges(log, left, right) == ["l", "r"]


def test_of_two_branches_that_both_removed_it_each_names_its_own(values: list[Consent]):
    first = values[0]
    log = log_of(
        ChangeStep(None, first, "a", "hl7"), ChangeStep(first, None, "l", "hl7"), ChangeStep(first, None, "r", "hl7")
    )
    start, left = StateHistory(0, (range(1),)), StateHistory(0, (range(2),))
    right = StateHistory(0, (range(1), range(2, 3)))
    assert exchanges(log, first, None, (start, left)) == ["l"]
    assert exchanges(log, first, None, (start, right)) == ["r"]
    assert exchanges(log, None, first, (right, start)) == ["r"]


def test_a_removal_and_return_in_one_exchange_is_one_step(values: list[Consent]):
    first, again, _, _ = values
    log = log_of(ChangeStep(first, None, "x", "hl7"), ChangeStep(None, again, "x", "hl7"))
    (step,) = log.between(first, again, (ALL, ALL))
    assert (step.before, step.after) == (first, again)


def test_the_oldest_steps_are_forgotten_first(values: list[Consent]):
    log = log_of(
        ChangeStep(None, OTHER, "o", ""),
        *chain(values),
        longest=3,
    )
    assert exchanges(log, None, OTHER) == []
    assert exchanges(log, values[0], values[3]) == ["x1", "x2", "x3"]
    assert log.touched([range(2, 5)]) == {Consent: {"c": None}}
    assert log.touched([range(1, 5)]) is None
    assert log.touched([]) == {}


def test_nothing_is_kept_while_it_is_off(values: list[Consent]):
    log = ChangeLog()
    log.note(ChangeStep(None, values[0], "x", ""))
    assert (log.count, exchanges(log, None, values[0])) == (0, [])


def test_entities_are_touched_in_their_order():
    log = log_of(ChangeStep(None, OTHER, "x", ""), ChangeStep(None, FIRST, "y", ""), ChangeStep(OTHER, None, "z", ""))
    assert list(log.touched([range(3)])[Consent]) == ["d", "c"]  # type: ignore[index]


def of_exchange(log: ChangeLog, exchange: str, present: Consent | None) -> list[tuple[Consent | None, Consent | None]]:
    return [(step.before, step.after) for step in log.of_exchange(exchange, lambda step: step.after is present)]


def test_what_an_exchange_did_to_an_entity_is_one_step(values: list[Consent]):
    first, second, third, fourth = values
    log = log_of(
        ChangeStep(None, first, "x", "hl7"), ChangeStep(first, second, "x", "hl7"),
        ChangeStep(second, third, "y", "rest"), ChangeStep(third, fourth, "x", "hl7"),
    )  # fmt: skip
    assert of_exchange(log, "y", fourth) == [(second, third)]
    assert of_exchange(log, "z", fourth) == []
    assert of_exchange(log_of(*chain(values)), "x3", fourth) == [(third, fourth)]


def test_what_an_exchange_did_in_vain_is_left_out(values: list[Consent]):
    first, refused, accepted, last = values
    log = log_of(
        ChangeStep(None, first, "x", "hl7"), ChangeStep(first, refused, "y", "hl7"),
        ChangeStep(first, accepted, "z", "hl7"), ChangeStep(accepted, last, "late", "hl7"),
    )  # fmt: skip
    assert of_exchange(log, "y", accepted) == []
    assert of_exchange(log, "z", accepted) == [(first, accepted)]
    assert of_exchange(log, "late", accepted) == []
