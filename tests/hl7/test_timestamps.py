"""Timestamps (TS). Source: *Time stamp values*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013095"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Invalid
from sandbox.hl7 import timestamps

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("timestamp", "instant"),
    [
        ("2021", "2021-01-01T00:00:00+00:00"),
        ("202107", "2021-06-30T23:00:00+00:00"),
        ("20210705", "2021-07-04T23:00:00+00:00"),
        ("2021070508", "2021-07-05T07:00:00+00:00"),
        ("202107050830", "2021-07-05T07:30:00+00:00"),
        ("20210705083015", "2021-07-05T07:30:15+00:00"),
        ("20210705083015.1", "2021-07-05T07:30:15.100000+00:00"),
        ("20210705083015.1239", "2021-07-05T07:30:15.123000+00:00"),
        ("20210105083015", "2021-01-05T08:30:15+00:00"),
        ("20210705083015+0100", "2021-07-05T07:30:15+00:00"),
        ("20210705083015-0530", "2021-07-05T14:00:15+00:00"),
        ("2021+0000", "2021-01-01T00:00:00+00:00"),
        ("20210705083015.1234+0000", "2021-07-05T08:30:15.123000+00:00"),
    ],
)
def test_a_timestamp_is_an_instant(timestamp, instant):
    assert timestamps.parse(timestamp, "OBX-14.1", LONDON) == datetime.fromisoformat(instant)


def test_an_empty_timestamp_counts_as_missing():
    assert timestamps.parse("", "AL1-6.1", UTC) is None


@pytest.mark.parametrize(
    "timestamp",
    [
        "202107050",
        "2021070508301",
        "20210705083",
        "20210",
        "202",
        "20211301",
        "20210230",
        "2021070524",
        "202107050860",
        "20210705083060",
        "20210705083015.",
        "20210705+01",
        "20210705+1500",
        "20210705+0160",
        "2021-07-05",
        "yesterday",
        " 2021",
        "00000101",
        "99991231235959-1400",
        "\uff12\uff10\uff12\uff11",
        "20210705083015Z",
    ],
)
def test_a_half_given_or_impossible_timestamp_is_refused_with_value_and_field(timestamp):
    with pytest.raises(Invalid) as refused:
        timestamps.parse(timestamp, "AL1-6.1", UTC)
    assert refused.value.text == f"Invalid timestamp [{timestamp}] in AL1-6.1"
    assert refused.value.rule == "hl7.timestamp"


@pytest.mark.parametrize(
    ("timestamp", "born"),
    [
        ("19910623", date(1991, 6, 23)),
        ("199106", date(1991, 6, 1)),
        ("1991", date(1991, 1, 1)),
        ("1991+0100", date(1991, 1, 1)),
        ("199106230015+0100", date(1991, 6, 23)),
        ("19910623235959-0500", date(1991, 6, 23)),
        ("19960229", date(1996, 2, 29)),
        ("", None),
    ],
)
def test_a_date_of_birth_is_a_local_date_without_zone_arithmetic(timestamp, born):
    assert timestamps.parse_date(timestamp, "PID-7.1") == born


@pytest.mark.parametrize("timestamp", ["19910631", "1991062", "19950229"])
def test_an_impossible_date_of_birth_is_refused(timestamp):
    with pytest.raises(Invalid, match=rf"^Invalid timestamp \[{timestamp}\] in PID-7.1$"):
        timestamps.parse_date(timestamp, "PID-7.1")


def test_the_offset_of_the_message_is_the_zone_of_its_values():
    zone = timestamps.zone_of("20260310101500+0300", "Europe/London")
    assert timestamps.parse("202603101200", "x", zone) == datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize("timestamp", ["20260310101500", "20260310101500+9900", ""])
def test_without_a_usable_offset_the_zone_of_the_sender_holds(timestamp):
    assert timestamps.zone_of(timestamp, "Europe/London") == LONDON


def test_an_instant_is_written_in_utc_with_its_offset():
    at = datetime(2025, 3, 10, 10, 15, 1, 999999, tzinfo=timezone(timedelta(hours=1)))
    assert timestamps.format_timestamp(at) == "20250310091501+0000"


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_written_timestamp_reads_as_the_same_second(at):
    at = at.replace(microsecond=0, tzinfo=UTC)
    assert timestamps.parse(timestamps.format_timestamp(at), "x", LONDON) == at


@given(st.text(alphabet="0123456789.+-Z ", max_size=30))
def test_any_text_is_read_or_refused(text):
    for read in (lambda: timestamps.parse(text, "x", UTC), lambda: timestamps.parse_date(text, "x")):
        try:
            result = read()
        except Invalid as error:
            refused = error.text
        else:
            assert (result is None) == (text == "")
            continue
        assert refused == f"Invalid timestamp [{text}] in x"
