"""The key rings of a process: one for seeded servers, with the shipped key, and one that is made when it is needed."""

from __future__ import annotations

import pytest

from sandbox.access import keys


@pytest.fixture(autouse=True)
def no_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in which nobody has asked for a key."""
    monkeypatch.setattr(keys, "_rings", {})


def test_nobody_makes_a_key_to_look_for_one():
    assert keys.ring_in_use(False) is None
    assert keys._rings == {}


def test_the_ring_in_use_of_a_seeded_server_has_the_shipped_key():
    ring = keys.ring_in_use(True)
    assert ring is keys.key_ring(True)
    assert [key.id for key in ring.keys] == [keys._shipped_key().id]


def test_a_ring_is_made_once_and_then_in_use():
    ring = keys.key_ring(False)
    assert keys.key_ring(False) is keys.ring_in_use(False) is ring
    assert ring.keys[0].id != keys._shipped_key().id
