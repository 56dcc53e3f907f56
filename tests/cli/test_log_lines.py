"""The lines of the server's log."""

from __future__ import annotations

import logging
import sys
import time

import pytest

from sandbox.cli.log_lines import LINE, TIME, LineRecord, LogLines

PLAIN = logging.Formatter(LINE, TIME)
PLAIN.converter = time.gmtime


def test_a_line_has_its_own_time_whatever_came_before():
    lines = LogLines()
    for created in (0.5, 0.9, 1_700_000_000.999, 1_700_000_001.0, 1_700_000_000.1):
        record = logging.makeLogRecord({"msg": "at %s", "args": (created,), "created": created})
        assert lines.format(record) == PLAIN.format(record)


def test_the_trace_of_an_error_follows_its_line():
    try:
        raise ValueError("why")
    except ValueError:
        values = {"msg": "failed", "created": 0.5, "exc_info": sys.exc_info()}
    text = LogLines().format(logging.makeLogRecord(values))
    assert text == PLAIN.format(logging.makeLogRecord(values))
    assert text.endswith("ValueError: why")


def test_a_percent_sign_in_a_line_is_text():
    record = logging.makeLogRecord({"msg": "GET /x?a=%s 100%"})
    assert LogLines().format(record).endswith(" GET /x?a=%s 100%")


@pytest.mark.parametrize(
    ("msg", "args"),
    [("%s of %s", ("1", 2)), ("%(a)s", ({"a": 1},)), ("%s", ({},)), ("100 %", ()), ("%s", ((),))],
    ids=["values", "names", "an empty mapping", "none", "an empty tuple"],
)
def test_a_short_record_shows_what_a_general_one_does(msg: str, args: tuple[object, ...]):
    values = ("sandbox.exchange", logging.INFO, "file.py", 7, msg, args, None)
    short, general = LineRecord(*values), logging.LogRecord(*values)
    short.created = general.created = 0.5
    assert LogLines().format(short) == PLAIN.format(general)
    assert (short.levelname, short.name) == ("INFO", "sandbox.exchange")
