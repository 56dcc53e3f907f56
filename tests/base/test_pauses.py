"""Places at which long work may pause: nothing happens there, unless the thread was told what to do."""

from __future__ import annotations

import threading

from sandbox.base.pauses import pause_here, pausing, with_pauses


def test_a_place_to_pause_does_nothing_by_itself():
    pause_here()
    assert list(with_pauses("ab")) == ["a", "b"]


def test_a_thread_pauses_behind_each_item_while_it_is_told_to():
    pauses: list[str] = []
    with pausing(lambda: pauses.append("pause")):
        for item in with_pauses("ab"):
            pauses.append(item)
        pause_here()
        other = threading.Thread(target=pause_here)
        other.start()
        other.join()
    pause_here()
    assert pauses == ["a", "pause", "b", "pause", "pause"]
