"""The table of figures: a line for each in the terminal, and in `docs/performance.md` with a chart."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.figures import Figure, Run

DOCS = Path(__file__).parent.parent / "docs"
PAGE, CHART = DOCS / "performance.md", DOCS / "pictures" / "performance.svg"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
WIDTH, LEFT, BAR, ROW = 900, 330, 440, 22
"""Pixels: of the chart, of the names, of the longest bar, and of a line."""
FONT = 'font-family="sans-serif" font-size="12"'
LONGEST = 2.0
"""The ratio of the longest bar; a greater one is cut, with its number beside it."""


def line(figure: Figure) -> str:
    mark = "" if figure.is_good else "  missed"
    goal = f"(goal {figure.goal_text})" if figure.goal_text else ""
    return f"{figure.name:<34} {figure.ratio:6.2f} x {figure.against:<26} {goal:<14} {figure.detail}{mark}"


def write(figures: Iterable[Figure], run: Run) -> None:
    """Put the table into the page, and draw the chart."""
    rows = list(figures)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{_tables(rows, run)}{END}{after}", encoding="utf-8")
    CHART.write_text(chart(rows), encoding="utf-8")


def _tables(rows: list[Figure], run: Run) -> str:
    cores = len(os.sched_getaffinity(0))
    loads = (
        f"{run.seconds} s of each load, the best of {run.rounds}" if run.rounds > 1 else f"{run.seconds} s of each load"
    )
    text = f"\nOne run on {cores} cores, Python {platform.python_version()}, {loads}.\n"
    for part, figures in groupby(rows, key=lambda row: row.part):
        text += f"\n### {part}\n\n| what | ratio | 1 is | goal | measured |\n|---|---|---|---|---|\n"
        for row in figures:
            ratio = f"{row.ratio:.2f}" if row.is_good else f"**{row.ratio:.2f}**"
            text += f"| {row.name} | {ratio} | {row.against} | {row.goal_text} | {row.detail} |\n"
    skipped = "".join(f"- {reason}\n" for reason in run.skipped)
    return text + (f"\nNot measured:\n\n{skipped}\n" if skipped else "\n")


def chart(rows: list[Figure]) -> str:
    """Draw a bar for each ratio with a goal or a peer, and a line at 1."""
    drawn = [row for row in rows if not row.at_most]
    height = ROW * (len(drawn) + 2)
    unit = LEFT + BAR / LONGEST
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
        "<title>Rates of the sandbox; 1 is what each is compared with</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<line x1="{unit}" y1="{ROW}" x2="{unit}" y2="{height - ROW / 2}" stroke="#555555" stroke-dasharray="3 3"/>',
        f'<text x="{unit}" y="{ROW - 6}" text-anchor="middle" fill="#333333">1</text>',
    ]
    for number, row in enumerate(drawn):
        parts += _bar(row, ROW * (number + 1))
    return "\n".join([*parts, "</svg>\n"])


def _bar(row: Figure, top: int) -> list[str]:
    width = BAR * min(row.ratio, LONGEST) / LONGEST
    text = f"{row.ratio:.2f} of {escape(row.against)}"
    colour = "#005eb8" if row.is_good else "#a33b20"
    bar = [
        f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end" fill="#333333">{escape(row.name)}</text>',
        f'<rect x="{LEFT}" y="{top + 4}" width="{width:.1f}" height="{ROW - 8}" fill="{colour}"/>',
        f'<text x="{LEFT + width + 6:.1f}" y="{top + 15}" fill="#333333">{text}</text>',
    ]
    if row.goal is not None and row.goal <= LONGEST:
        goal = LEFT + BAR * row.goal / LONGEST
        bar.append(f'<line x1="{goal:.1f}" y1="{top + 1}" x2="{goal:.1f}" y2="{top + ROW - 1}" stroke="#d5281b"/>')
    return bar
