"""PID, read without a server. Source: *PID*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364849216/PID"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from sandbox.errors import Invalid
from sandbox.hl7.er7 import parse
from sandbox.hl7.pid import demographics
from sandbox.model import Demographics, SentIdentifier
from tests.hl7.samples import A28, header, message, pid

LONDON = ZoneInfo("Europe/London")


def read(fields: dict[int, str] | None = None) -> Demographics:
    return demographics(parse(message(pid("1^^^X^MR", "A^B", fields))), LONDON)


def test_the_example_is_read_in_full():
    assert demographics(parse(A28), LONDON) == Demographics(
        identifiers=(
            SentIdentifier(value="9998120012", assigning_authority="NHS", type_code="NH", status="01"),
            SentIdentifier(value="NM00901", assigning_authority="NORTHMOOR", type_code="MR"),
        ),
        family="Khatun",
        given="Rina",
        middle="Lee",
        title="Mrs",
        date_of_birth=date(1991, 6, 23),
        gender="FEMALE",
        line1="2 Mill Yard",
        line2="Eastgate",
        city="Leeds",
        state="West Yorkshire",
        postcode="LS0 0ZZ",
        country="GBR",
        phone="07700900111",
        emails=("rina.khatun@example.org",),
        language="en",
        deceased=False,
    )


def test_blank_fields_say_nothing():
    blank = demographics(parse(f"{header()}\rPID|"), LONDON)
    assert blank == Demographics()


def test_without_a_pid_nothing_is_said():
    assert demographics(parse(header()), LONDON) == Demographics()


@pytest.mark.parametrize(
    ("field", "value", "values"),
    [
        (2, "7^^^NHS^NH", [("7", "NHS", "NH", ""), ("1", "X", "MR", "")]),
        (3, "2^^^B^MR~1^^^A^MR", [("2", "B", "MR", ""), ("1", "A", "MR", "")]),
        (3, "1^^^NHS^NH{status:02}", [("1", "NHS", "NH", "02")]),
        (3, "1^^^NHS^NH {status:02}", [("1", "NHS", "NH ", "02")]),
        (3, "1^^^NHS^NH{status:2}", [("1", "NHS", "NH{status:2}", "")]),
        (3, " 1 ^^^NHS^NH", [("1", "NHS", "NH", "")]),
        (3, '""^^^NHS^NH~2^^^X^MR', [("2", "X", "MR", "")]),
        (3, "1^^^NHS&1.2&ISO^NH", [("1", "NHS", "NH", "")]),
    ],
    ids=["PID-2", "order", "status", "blank", "one digit", "spaces", "null", "sub-components"],
)
def test_an_identifier_has_value_authority_type_and_status(field, value, values):
    identifiers = read({field: value}).identifiers
    assert [
        (identifier.value, identifier.assigning_authority, identifier.type_code, identifier.status)
        for identifier in identifiers
    ] == values


@pytest.mark.parametrize(
    ("code", "gender"),
    [("U", "UNKNOWN"), ("M", "MALE"), ("F", "FEMALE"), ("I", "INDETERMINATE"), ("", None), ('""', None)],
)
def test_a_gender_is_one_of_four_codes(code, gender):
    assert read({8: code}).gender == gender


@pytest.mark.parametrize("code", ["X", "0", "?F", "ÀF"])
def test_another_gender_is_refused(code):
    with pytest.raises(Invalid, match=r"^Invalid gender. Expected U, M, F or I$"):
        read({8: code})


@pytest.mark.parametrize(
    ("field", "attribute", "value", "expected"),
    [
        (5, "middle", 'A^B^""', ""),
        (5, "middle", "A^B", None),
        (5, "title", 'A^B^^^""', ""),
        (5, "family", '""^B', None),
        (5, "given", 'A^""', None),
        (7, "date_of_birth", '""', None),
        (11, "line1", '""', ""),
        (11, "postcode", '""', ""),
        (11, "postcode", "1 Road^^^^", None),
        (11, "line2", '1 Road^""', ""),
        (15, "language", '""', ""),
        (13, "phone", '""', ""),
        (14, "phone", '""', ""),
        (13, "phone", "", None),
    ],
)
def test_blank_is_ignored_and_the_null_clears(field, attribute, value, expected):
    assert getattr(read({field: value}), attribute) == expected


def test_of_several_addresses_the_first_counts():
    patient = read({11: "1 Road^^Leeds~2 Road^^Hull"})
    assert (patient.line1, patient.city) == ("1 Road", "Leeds")


@pytest.mark.parametrize(
    ("home", "business", "phone"),
    [
        ("1^PRN~2^PRS", "3^WPN", "2"),
        ("1^PRN", "3^WPN", "1"),
        ("", "3^WPN", "3"),
        ("4", "3^WPN", "3"),
        ("4", "", "4"),
        ("1^PRS~2^PRS", "", "1"),
        ("9^BPN", "", None),
        ("~^NET^^a@example.org", "", None),
    ],
    ids=["mobile", "home", "work", "work before uncoded", "uncoded", "first", "unknown code", "e-mail only"],
)
def test_the_record_takes_one_phone(home, business, phone):
    assert read({13: home, 14: business}).phone == phone


@pytest.mark.parametrize(
    "entry",
    ["^NET^^a@example.org", "^NET^a@example.org", "a@example.org^NET", "^NET^Internet^a@example.org"],
    ids=["fourth component", "third", "first", "fourth, with equipment type"],
)
@pytest.mark.parametrize("field", [13, 14])
def test_an_email_is_found_in_each_layout(entry, field):
    patient = read({field: f"07700900111^PRS~{entry}"})
    assert (patient.emails, patient.phone) == (("a@example.org",), "07700900111")


def test_each_field_may_have_an_email_of_its_own():
    assert read({13: "^NET^^a@example.org", 14: "^NET^^b@example.org"}).emails == ("a@example.org", "b@example.org")


@pytest.mark.parametrize("field", [13, 14])
def test_two_emails_in_one_field_are_refused(field):
    with pytest.raises(Invalid, match=rf"^Only one email address may be provided in PID-{field}$"):
        read({field: "^NET^^a@example.org~b@example.org^NET"})


AT = datetime(2026, 3, 1, 4, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "indicator", "deceased", "died_at"),
    [
        ("", "", None, None),
        ("", "Y", True, None),
        ("", "N", False, None),
        ("", "X", None, None),
        ("202603010415", "", True, AT),
        ("202603010415", "Y", True, AT),
        ("202603010415", "N", False, AT),
        ("202603010415", "X", True, AT),
        ("202603010415", '""', True, AT),
        ('""', "", False, None),
        ("", '""', False, None),
        ('""', "Y", True, None),
    ],
)
def test_the_indicator_decides_on_death_and_a_time_alone_suffices(time, indicator, deceased, died_at):
    patient = read({29: time, 30: indicator})
    assert (patient.deceased, patient.died_at) == (deceased, died_at)


def test_fields_that_pkb_does_not_use_are_ignored():
    assert read({22: "ANYTHING", 5: "A^B^^Mr"}) == read()


NULLS = {
    "one-line-of-the-address": ('PID|||||||||||""^^Leeds', {"line1": "", "line2": None, "city": "Leeds"}),
    "the-whole-address": ('PID|||||||||||""', {"line1": "", "line2": "", "city": "", "country": ""}),
    "the-whole-name": ('PID|||||""', {"family": None, "given": None, "middle": None, "title": None}),
    "family-only": ('PID|||||""^Rina', {"family": None, "given": "Rina", "middle": None, "title": None}),
    "title": ('PID|||||Khatun^Rina^^^""', {"family": "Khatun", "title": ""}),
    "a-number-beside-a-null": ('PID|||||||||||||""^PRN~07700900111^PRS', {"phone": "07700900111"}),
    "phone": ('PID|||||||||||||""^PRN', {"phone": ""}),
}


@pytest.mark.parametrize(("pid_segment", "expected"), NULLS.values(), ids=NULLS.keys())
def test_the_null_clears_its_own_field_only(pid_segment: str, expected: dict[str, str | None]):
    msh = "MSH|^~\\&|PAS|X|HL7API|PKB|20260310101500||ADT^A28|1|P|2.4"
    cleared = demographics(parse(f"{msh}\r{pid_segment}"), UTC)
    assert {name: getattr(cleared, name) for name in expected} == expected
