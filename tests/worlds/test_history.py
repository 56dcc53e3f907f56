"""Histories of states: what two of them do not have in common, in any tree of checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from sandbox.worlds.history import StateHistory


@dataclass
class Tree:
    """Checkpoints as they come about: steps, checkpoints kept, and going back to one of them; beside it, plain sets."""

    past: StateHistory = field(default_factory=lambda: StateHistory(1))
    since: int = 0
    count: int = 0
    steps: set[int] = field(default_factory=set)
    kept: list[tuple[StateHistory, frozenset[int]]] = field(default_factory=list)

    def step(self) -> None:
        self.steps.add(self.count)
        self.count += 1

    def keep(self) -> None:
        self.kept.append((self.past.until(self.since, self.count), frozenset(self.steps)))

    def go_back(self, choice: int) -> None:
        if self.kept:
            self.past, steps = self.kept[choice % len(self.kept)]
            self.since, self.steps = self.count, set(steps)


ACTS = st.lists(st.sampled_from(["step", "keep"]) | st.integers(0, 9), max_size=40)


@given(ACTS)
def test_the_steps_between_two_states_are_those_that_only_one_has(acts: list[str | int]):
    tree = Tree()
    for act in acts:
        if isinstance(act, int):
            tree.go_back(act)
        else:
            getattr(tree, act)()
    tree.keep()
    for history, steps in tree.kept:
        assert {number for number in range(tree.count) if number in history} == steps
        for other, others in tree.kept:
            apart = history.differing_steps(other)
            assert apart is not None
            numbers = [number for part in apart for number in part]
            assert sorted(numbers) == sorted(steps ^ others)


def test_histories_that_did_not_begin_together_have_nothing_to_compare():
    assert StateHistory(1, (range(3),)).differing_steps(StateHistory(2, (range(3),))) is None
