"""The lines of the server's log."""

from __future__ import annotations

import logging
import sys
import time

from sandbox.cli.log_lines import LINE, TIME, LogLines

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
