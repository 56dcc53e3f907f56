"""Short texts are remembered, long ones computed anew: no client can fill the memory with what it sends once."""

from __future__ import annotations

from sandbox.base.short_cache import LONGEST, short_cache


def test_short_texts_are_remembered_and_long_ones_are_not():
    calls: list[str] = []

    @short_cache(2)
    def size(text: str, unit: str = "") -> str:
        calls.append(text)
        return f"{len(text)}{unit}"

    short, long = "x" * LONGEST, "x" * (LONGEST + 1)
    for _ in range(2):
        assert (size(short), size(long), size(short, unit="c")) == ("1000", "1001", "1000c")
    assert calls == [short, long, short, long]
    size("a"), size("b"), size(short)
    assert calls[4:] == ["a", "b", short]
