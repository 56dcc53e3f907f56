"""The lines of the server's log."""

from __future__ import annotations

import logging
import time

from sandbox.cli.log_lines import LINE, TIME, LogLines


def test_a_line_has_its_own_time_whatever_came_before():
    plain = logging.Formatter(LINE, TIME)
    plain.converter = time.gmtime
    lines = LogLines()
    for created in (0.5, 0.9, 1_700_000_000.999, 1_700_000_001.0, 1_700_000_000.1):
        record = logging.makeLogRecord({"msg": "at %s", "args": (created,), "created": created})
        assert lines.format(record) == plain.format(record)
