"""The garbage collection of `serve`: what stays is set aside, and what is new is still collected."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from sandbox.cli import collecting
from sandbox.cli.collecting import collect_rarely


class Knot:
    """An object that refers to itself: only a collection frees it."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def _own_settings() -> Iterator[None]:
    """The collection of this process, as it was before."""
    thresholds = gc.get_threshold()
    yield
    gc.callbacks.remove(collecting._set_aside)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_many_objects_that_stay_are_set_aside_and_little_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(collecting, "MOST_LEFT", 2_000)
    collect_rarely()
    before = gc.get_freeze_count()
    gc.collect(1)
    assert gc.get_freeze_count() <= before
    record = [[number] for number in range(5_000)]
    gc.collect(1)
    assert gc.get_freeze_count() >= before + len(record)


def test_garbage_is_still_freed():
    collect_rarely()
    collect_rarely()
    assert gc.callbacks.count(collecting._set_aside) == 1
    knot = weakref.ref(Knot())
    gc.collect()
    assert knot() is None
