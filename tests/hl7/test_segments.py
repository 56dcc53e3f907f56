"""ER7: segments, fields, components, escapes. Source: *HL7 Integration*."""

from __future__ import annotations

from typing import Any

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Invalid, Unreadable
from sandbox.hl7.er7 import parse
from sandbox.hl7.escapes import escape, unescape
from tests.hl7.samples import A28, example

MSH = "MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101500||ADT^A28^ADT_A05|c-1|P|2.7"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\n"], ids=["CR", "LF", "CRLF", "blank line"])
def test_any_line_end_separates_segments(end):
    message = parse(A28.strip().replace("\n", end))
    assert [segment.name for segment in message.all] == ["MSH", "PID", "AL1", "NTE", "DG1", "ZRX", "ZTM"]


def test_white_space_around_the_message_is_trimmed():
    assert parse(f"\n\t  {MSH}\r \n").control_id == "c-1"


def test_fields_of_msh_are_numbered_as_hl7_numbers_them():
    header = parse(MSH).all[0]
    assert (header.value(3), header.value(9, 2), header.value(10), header.value(12)) == ("PAS", "A28", "c-1", "2.7")


def test_the_type_has_two_components_and_a_third_is_not_used():
    assert parse(MSH).type == "ADT^A28"
    assert parse(MSH.replace("^ADT_A05", "")).type == "ADT^A28"


def test_components_count_from_one_and_absent_ones_are_empty():
    pid = parse(f"{MSH}\rPID|||1^^^NHS^NH").segments("PID")[0]
    assert [pid.value(3, number) for number in range(1, 8)] == ["1", "", "", "NHS", "NH", "", ""]
    assert pid.value(4) == pid.value(99) == ""


def test_of_sub_components_the_first_counts():
    assert parse(f"{MSH}\rPID|||1^^^NHS&2.16.840&ISO^NH").value("PID", 3, 4) == "NHS"


def test_repetitions_keep_their_order():
    pid = parse(f"{MSH}\rPID|||1^^^NHS^NH~2^^^X^MR").segments("PID")[0]
    assert [repetition.component(1) for repetition in pid.repetitions(3)] == ["1", "2"]


@pytest.mark.parametrize("field", ["", "^^^", "~", "^~^"])
def test_a_field_without_any_value_has_no_repetitions(field):
    assert parse(f"{MSH}\rPID|||{field}|x").segments("PID")[0].repetitions(3) == ()


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("\\F\\", "|"),
        ("\\S\\", "^"),
        ("\\T\\", "&"),
        ("\\R\\", "~"),
        ("\\E\\", "\\"),
        ("one\\.br\\two", "one\ntwo"),
        ("\\E\\F\\E\\", "\\F\\"),
        ("\\X0D\\", "\\X0D\\"),
        ("\\H\\bold\\N\\", "\\H\\bold\\N\\"),
        ("\\", "\\"),
    ],
)
def test_an_inbound_escape_is_read(escaped, text):
    assert unescape(escaped) == text


def test_five_characters_are_escaped_on_the_way_out_and_a_newline_is_not():
    assert escape("a|b^c&d~e\\f\ng") == "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\ng"


@given(st.text())
def test_escaped_text_reads_back(text):
    assert unescape(escape(text)) == text


def test_the_null_is_a_value_of_its_own_and_blank_as_text():
    pid = parse(f'{MSH}\rPID|||||A^B^""').segments("PID")[0]
    assert (pid.value(5, 3), pid.text(5, 3), pid.text(5, 1)) == ('""', "", "A")


def test_other_delimiters_split_and_the_escape_table_stays():
    message = parse("MSH#*~!&#PAS#N###20260310##ADT*A28#c#P\rPID###1***NHS*NH~2##A\\S\\B*C|D")
    pid = message.segments("PID")[0]
    assert (message.type, pid.value(3, 4), pid.value(5, 1), pid.value(5, 2)) == ("ADT^A28", "NHS", "A^B", "C|D")
    assert pid.repetitions(3)[1].component(1) == "2"


def test_an_echo_is_the_segment_as_it_came():
    qrd = "QRD|20260310|R|I|Q1\\X41\\||10^RD||1^^A&B~2|DEM||"
    assert parse(f"{MSH}\r{qrd}").segments("QRD")[0].echo == qrd


def test_an_echo_has_the_standard_delimiters_whatever_came():
    echoed = parse("MSH#*~!&#PAS\rQRD#2026#R#I#a|b###1*2&3~4").segments("QRD")[0].echo
    assert echoed == "QRD|2026|R|I|a\\F\\b|||1^2&3~4"


def test_notes_belong_to_the_segment_before_them():
    message = parse(f"{MSH}\rAL1|1||A\rNTE|1||first\rNTE|2||second\rAL1|2||B\rDG1|1||C\rNTE|1||other")
    first, second = message.segments("AL1")
    assert (message.notes_after(first), message.notes_after(second)) == ("first\nsecond", "")


@pytest.mark.parametrize("batch", ["FHS|^~\\&|PAS", "BHS|^~\\&|PAS"])
def test_a_batch_is_refused(batch):
    with pytest.raises(Invalid, match="send one message per request") as refused:
        parse(f"{batch}\r{MSH}")
    assert not isinstance(refused.value, Unreadable)


@pytest.mark.parametrize(
    "text",
    ["", " \r\n ", "PID|||1", "MSH", "MSH|^~", "hello", "{}", "\x00", "msh|^~\\&|a"],
    ids=["empty", "blank", "no MSH", "three letters", "cut short", "prose", "JSON", "NUL", "lower case"],
)
def test_text_that_is_not_a_message_is_unreadable(text):
    with pytest.raises(Unreadable, match=r"^null$"):
        parse(text)


PARTS = st.text(st.sampled_from('ab1\\"~^&'), max_size=6)
SEGMENTS = st.lists(st.lists(PARTS, max_size=5).map(lambda fields: "|".join(["OBX", *fields])), max_size=3)


@given(SEGMENTS)
def test_every_component_is_what_the_hl7_library_reads(lines: list[str]):
    message = parse("\r".join([MSH, *lines]))
    expected = hl7.parse("\r".join([MSH, *lines]))
    for segment, other in zip(message.all, expected, strict=True):
        for field in range(3 if segment.name == "MSH" else 1, len(other)):
            for repetition, part in enumerate(segment.repetitions(field), 1):
                for number in range(1, len(part.components) + 1):
                    assert part.components[number - 1] == _read(other, field, repetition, number)


def _read(segment: Any, field: int, repetition: int, component: int) -> str:
    """A component, of sub-components the first, in the library's own containers."""
    value = segment(field)(repetition)
    if not isinstance(value, str):
        value = value(component)
    return value if isinstance(value, str) else str(value(1))


@given(st.text(alphabet=st.sampled_from('MSHPID|^~\\&\r\n"A1#é\x00')))
def test_parsing_ends_in_a_message_or_in_a_refusal(text):
    try:
        message = parse("MSH|^~\\&|" + text)
    except Invalid:
        return
    assert message.all[0].name.startswith("MSH")


@pytest.mark.parametrize("name", ["adt_a28", "adt_a31", "qry_a19_dem", "qry_a19_apn", "qry_a19_sta"])
def test_an_example_echoes_as_it_is_written(name):
    text = example(name).strip()
    assert [segment.echo for segment in parse(text).all[1:]] == text.split("\n")[1:]
