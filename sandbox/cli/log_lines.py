"""The lines of the server's log: the time in UTC, to the second, and the message."""

from __future__ import annotations

import logging
import time
from typing import Any

LINE, TIME = "%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ"


class LogLines(logging.Formatter):
    """Formats lines of the log. The time is written once a second: a busy server logs thousands of lines in one."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(LINE, TIME)
        self._last = (0, "")
        """A second, and its text."""

    def format(self, record: logging.LogRecord) -> str:
        # Almost every line is a time and a message, which needs none of the general steps.
        if record.exc_info or record.exc_text or record.stack_info:
            return super().format(record)
        return f"{self.formatTime(record)} {record.getMessage()}"

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - its name
        last, text = self._last
        second = int(record.created)
        if not text or second != last:
            text = super().formatTime(record, TIME)
            self._last = (second, text)
        return text


class LineRecord(logging.LogRecord):
    """A record of what a line shows: the general one also takes the path of its file apart, which no line shows."""

    def __init__(
        self,
        name: str,
        level: int,
        pathname: str,
        lineno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        func: str | None = None,
        sinfo: str | None = None,
    ) -> None:
        self.name, self.levelno, self.levelname = name, level, logging.getLevelName(level)
        # A single mapping gives its values by their names, as in the general record.
        self.msg, self.args = msg, args[0] if len(args) == 1 and isinstance(args[0], dict) and args[0] else args
        self.exc_info, self.exc_text, self.stack_info = exc_info, None, sinfo
        self.filename, self.lineno = pathname, lineno
        self.created = time.time()
