"""A key with many ids that loses its oldest for each new one, as the outbox does."""

from __future__ import annotations

from sandbox.store.indexes import FEW_IDS, MOST_GAPS, Index

KEY = "all"
MANY = 2 * FEW_IDS


def index_of_many() -> Index:
    index = Index("by_key", lambda entity: (KEY,))
    for number in range(MANY):
        index.replace(str(number), None, number)
    return index


def move_on(index: Index, number: int) -> None:
    """Remove the oldest id, and add a new one."""
    index.replace(str(number), number, None)
    index.replace(str(number + MANY), None, number + MANY)


def test_the_ids_of_a_key_stay_in_order_while_the_oldest_are_removed():
    index = index_of_many()
    for number in range(MANY):
        assert next(iter(index.ids(KEY))) == str(number)
        move_on(index, number)
    assert [*index.ids(KEY)] == [str(number) for number in range(MANY, 2 * MANY)]
    assert next(index.latest(KEY)) == str(2 * MANY - 1)


def test_the_places_of_removed_ids_are_given_up_after_a_part_of_them():
    index = index_of_many()
    first = index.ids(KEY)
    last = (MANY - 1) // MOST_GAPS
    for number in range(last):
        move_on(index, number)
        assert index.ids(KEY) is first
    move_on(index, last)
    second = index.ids(KEY)
    assert second is not first
    move_on(index, last + 1)
    assert index.ids(KEY) is second


def test_a_key_with_few_ids_is_never_copied():
    index = Index("by_key", lambda entity: (KEY,))
    for number in range(FEW_IDS):
        index.replace(str(number), None, number)
    first = index.ids(KEY)
    for number in range(FEW_IDS - 1):
        index.replace(str(number), number, None)
        assert [*index.ids(KEY)][:1] == [str(number + 1)]
    assert first is index.ids(KEY)


def test_a_copy_does_not_reach_a_state_that_is_shared():
    index = index_of_many()
    shared = index.share()
    index.unshare()
    for number in range(MANY // MOST_GAPS + 2):
        move_on(index, number)
    index.ids(KEY)
    assert [*shared[KEY]] == [str(number) for number in range(MANY)]
