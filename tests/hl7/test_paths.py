"""Places in a message: what is read there, and what is not a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Invalid
from sandbox.hl7.er7 import parse
from sandbox.hl7.escapes import DELIMITERS, escape
from sandbox.hl7.paths import values_at

MESSAGE = parse(
    "MSH|^~\\&|LAB|NM|PKB|PKB|20260101120000||ORU^R01|m1|P|2.4\r"
    "PID|1||111^^^A~222^^^B&b2||Smith\\T\\Jones^Ann^^^Dr||\r"
    "OBR|1||R-1\r"
    "OBX|1|NM|K^Potassium||4.1\r"
    "OBX|2|TX|N^Note||a^b~c\r"
    "OBX|3|TX\r"
)
PLACES: dict[str, list[str]] = {
    "PID-1": ["1"],
    "PID-3": ["111^^^A", "222^^^B&b2"],
    "PID-3[1]": ["111^^^A"],
    "PID-3[2]": ["222^^^B&b2"],
    "PID-3[3]": [],
    "PID-3.1": ["111", "222"],
    "PID-3[2].1": ["222"],
    "PID-3[2].4": ["B&b2"],
    "PID-3[2].4.1": ["B"],
    "PID-3[2].4.2": ["b2"],
    "PID-3[2].4.3": [""],
    "PID-3.9": ["", ""],
    "PID-3.9.9": ["", ""],
    "PID-5": ["Smith\\T\\Jones^Ann^^^Dr"],
    "PID-5.1": ["Smith&Jones"],
    "PID-5.1.1": ["Smith&Jones"],
    "PID-5.1.2": [""],
    "PID-5.3": [""],
    "PID-6": [""],
    "PID-99": [""],
    "PID[1]-1": ["1"],
    "PID[2]-1": [],
    "OBX-1": ["1", "2", "3"],
    "OBX-3.1": ["K", "N", ""],
    "OBX[2]-3.2": ["Note"],
    "OBX[2]-5": ["a^b", "c"],
    "OBX[2]-5[2]": ["c"],
    "OBX-5.1": ["4.1", "a", "c", ""],
    "OBX[4]-1": [],
    "NTE-3": [],
    "MSH-1": ["|"],
    "MSH-2": ["^~\\&"],
    "MSH-3": ["LAB"],
    "MSH-9": ["ORU^R01"],
    "MSH-9.2": ["R01"],
}


@pytest.mark.parametrize(("path", "values"), PLACES.items(), ids=PLACES)
def test_the_values_at_a_place_are_returned(path: str, values: list[str]):
    assert list(values_at(path)(MESSAGE)) == values


def test_the_delimiters_are_those_of_the_message():
    message = parse("MSH$@*\\!$X\rPID$1$$111@@@A*222@@@B!b2")
    assert list(values_at("PID-3[2].4.2")(message)) == ["b2"]
    assert list(values_at("PID-3")(message)) == ["111@@@A", "222@@@B!b2"]


NO_PLACES = [
    "",
    "PID",
    "PID-",
    "-5",
    "PID-0",
    "PID-05",
    "PID-5.0",
    "PID[0]-5",
    "PID-5[0]",
    "PID-5[*]",
    "PID[-1]-5",
    "PID-5.1.1.1",
    "PID-5-1",
    "PID.5",
    "pid-5",
    "PIDX-5",
    "1ID-5",
    "PID-5 ",
    " PID-5",
    "PID-5\n",
    "PID-99999",
    "PID-٣",
    "PID[2-5",
]


@pytest.mark.parametrize("text", NO_PLACES)
def test_an_invalid_place_is_refused(text: str):
    with pytest.raises(Invalid, match=r"is not a place in a message, as PID-5\.1"):
        values_at(text)


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["C"]), max_size=5), min_size=1, max_size=3), min_size=1)
)
def test_a_written_field_reads_back(repetitions: list[list[str]]):
    """Sub-components apart: in PKB's escapes every character of a component comes back."""
    field = DELIMITERS[1].join(DELIMITERS[2].join(map(escape, components)) for components in repetitions)
    message = parse(f"MSH|^~\\&|X\rZZZ|{field}|")
    for number, components in enumerate(repetitions, 1):
        for position, component in enumerate(components, 1):
            assert list(values_at(f"ZZZ-1[{number}].{position}")(message)) == [component]
    assert list(values_at("ZZZ-1.1")(message)) == [components[0] for components in repetitions]
