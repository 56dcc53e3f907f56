"""A dict that knows its changes, and takes them back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.store.durable.tracked import ABSENT, Tracked

KEYS = st.sampled_from("abc")
STEP = st.tuples(st.sampled_from(["set", "pop", "clear", "take", "fail"]), KEYS, st.integers(0, 3))
STEPS = st.lists(STEP, max_size=12)


@given(STEPS)
def test_the_written_entries_are_those_of_the_dict_in_their_order(steps: list[tuple[str, str, int]]):
    entries: Tracked[str, int] = Tracked()
    entries.follow(lambda: None)
    file: dict[str, int] = {}

    def write() -> None:
        for key, _, after, is_placed in entries.take():
            if after is ABSENT:
                file.pop(key, None)
            else:
                if is_placed:
                    file.pop(key, None)
                file[key] = after

    for step, key, value in steps:
        if step == "set":
            entries[key] = value
        elif step == "pop":
            entries.pop(key)
        elif step == "clear":
            entries.clear()
        elif step == "take":
            write()
        else:
            entries.take_back(entries.take())
            assert dict(entries) == file
            assert not entries.has_changes
    write()
    assert list(entries.items()) == list(file.items())
    assert not entries.has_changes


def test_nothing_is_noted_until_it_is_followed():
    entries: Tracked[str, int] = Tracked()
    entries["a"] = 1
    assert not entries.has_changes
    assert entries.pop("b", 7) == 7
