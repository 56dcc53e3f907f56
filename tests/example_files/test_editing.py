"""Changes of a message as text, from which the examples are made."""

from __future__ import annotations

import pytest

from sandbox.examples.making.editing import Place, only, place_of, with_values, without_segments

MESSAGE = "MSH|^~\\&|PAS\nPID|1||A^B\nOBX|1|NM\nOBX|2|ST\nOBX|3|ED\nZTM"
ADDRESSES = {
    "SCH-1": Place("SCH", 1, 1, 0),
    "PID-5.2": Place("PID", 1, 5, 2),
    "OBX[2]-3.1": Place("OBX", 2, 3, 1),
}
VALUES = {
    "MSH-3": "MSH|^~\\&|X",
    "MSH-5": "MSH|^~\\&|PAS||X",
    "PID-3": "PID|1||X",
    "PID-3.1": "PID|1||X^B",
    "PID-3.4": "PID|1||A^B^^X",
    "PID-5.2": "PID|1||A^B||^X",
    "OBX-2": "OBX|1|X",
    "OBX[3]-2": "OBX|3|X",
    "ZTM-1": "ZTM|X",
}
WITHOUT = {
    ("OBX",): "MSH PID ZTM",
    ("OBX[1]",): "MSH PID OBX|2 OBX|3 ZTM",
    ("OBX[3]", "ZTM"): "MSH PID OBX|1 OBX|2",
    ("PID[2]", "PV1"): "MSH PID OBX|1 OBX|2 OBX|3 ZTM",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_parsed(address: str):
    assert place_of(address) == ADDRESSES[address]


@pytest.mark.parametrize("address", VALUES)
def test_a_value_is_put_at_its_address_and_nowhere_else(address: str):
    before, after = MESSAGE.split("\n"), with_values(MESSAGE, {address: "X"}).split("\n")
    changed = [line for old, line in zip(before, after, strict=True) if line != old]
    assert changed == [VALUES[address]]


@pytest.mark.parametrize("address", ["OBX[4]-1", "PV1-1"])
def test_a_segment_that_is_not_there_takes_no_value(address: str):
    with pytest.raises(ValueError, match=r"the message has no"):
        with_values(MESSAGE, {address: "X"})


@pytest.mark.parametrize("names", WITHOUT)
def test_segments_are_removed_by_name_or_by_number(names: tuple[str, ...]):
    rest = without_segments(MESSAGE, names).split("\n")
    assert " ".join(line[:5] if line.startswith("OBX") else line[:3] for line in rest) == WITHOUT[names]


@pytest.mark.parametrize("text", ["OBX-3", "obx", "OBX[x]"])
def test_what_is_neither_an_address_nor_a_segment_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is not"):
        without_segments(MESSAGE, [text])
    with pytest.raises(ValueError, match=r"is not"):
        place_of(text.replace("-", " "))


@pytest.mark.parametrize(
    ("places", "rest"),
    [({(1, 0)}, "PID|1"), ({(3, 2)}, "PID|||^B"), ({(3, 1)}, "PID|||A"), ({(1, 0), (3, 0)}, "PID|1||A^B"), ((), "PID")],
)
def test_only_some_fields_and_components_of_a_segment_are_kept(places: set[tuple[int, int]], rest: str):
    assert only("PID|1||A^B", places) == rest
