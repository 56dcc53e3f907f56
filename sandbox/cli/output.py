"""The output of client commands: JSON for programs, and tables that fit the terminal for people."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

import click

from sandbox.base.readable import render_readable

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
GAP = "  "
NARROWEST = 6
"""Characters that a column keeps, however narrow the terminal is."""


def print_json(value: Any) -> None:
    click.echo(render_readable(value))


def print_line(text: str, style: str | None = None, *, bold: bool = False, is_styled: bool = False) -> None:
    """One line, in a colour on terminals, unless NO_COLOR is set (https://no-color.org).

    `is_styled`: the text holds colours of `styled` already.
    """
    line = text if is_styled else one_line(text)
    click.echo(styled(line, style, bold=bold), color=False if os.environ.get("NO_COLOR") else None)


def print_text(text: str, style: str | None = None, *, hang: int | None = None) -> None:
    """A text in lines that fit the terminal, or 80 columns without one; words such as addresses stay whole.

    Further lines are indented by `hang` characters; by default four more than the first.
    """
    first = len(text) - len(text.lstrip(" "))
    indent = " " * (first + 4 if hang is None else hang)
    width = shutil.get_terminal_size().columns
    wrapped = textwrap.wrap(
        one_line(text), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    for line in wrapped or [""]:
        print_line(line, style)


def styled(text: str, style: str | None, *, bold: bool = False) -> str:
    """A text with the codes of a colour, which `print_line` removes where there should be none."""
    return click.style(text, fg=style, bold=bold or None) if style or bold else text


def one_line(text: str) -> str:
    """Return a text without characters that would break its line or control the terminal."""
    return _CONTROL.sub(" ", text)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]], whole: Sequence[str] = ()) -> None:
    """Rows below their headings; columns are cut to fit the terminal, the widest ones first, but those in `whole`."""
    cells = [[one_line(str(value)) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    widths = _fitting(widths, [heading in whole for heading in headings], shutil.get_terminal_size().columns)
    for row in [list(headings), *cells]:
        print_line(GAP.join(map(_cut_or_padded, row, widths)).rstrip())


def _cut_or_padded(cell: str, width: int) -> str:
    return cell.ljust(width) if len(cell) <= width else cell[: width - 1] + "…"


def _fitting(widths: list[int], is_whole: list[bool], columns: int) -> list[int]:
    fitted = list(widths)
    while sum(fitted) + len(GAP) * (len(fitted) - 1) > columns:
        cuttable = [n for n, width in enumerate(fitted) if width > NARROWEST and not is_whole[n]]
        if not cuttable:
            break
        fitted[max(cuttable, key=lambda n: fitted[n])] -= 1
    return fitted
