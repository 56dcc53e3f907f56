"""The lines of the server's log: the time in UTC, to the second, and the message."""

from __future__ import annotations

import logging
import time

LINE, TIME = "%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ"


class LogLines(logging.Formatter):
    """Formats lines of the log. The time is written once a second: a busy server logs thousands of lines in one."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(LINE, TIME)
        self._last = (0, "")
        """A second, and its text."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - its name
        last, text = self._last
        second = int(record.created)
        if not text or second != last:
            text = super().formatTime(record, datefmt)
            self._last = (second, text)
        return text
