"""The table of attacks, as it is printed and as the page of the documentation has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"
HEAD = f"{'attack':<52} {'longest ms':>11} {'processor ms':>13} {'peak MB':>8} {'after MB':>9}  answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The outcome of one attack: milliseconds, and MB beyond the memory before it."""

    name: str
    answer: str
    longest: float
    processor: float
    peak: float
    after: float

    def __str__(self) -> str:
        figures = f"{self.longest:>11.0f} {self.processor:>13.0f} {self.peak:>8.0f} {self.after:>9.0f}"
        return f"{self.name:<52} {figures}  {self.answer}"


def write(rows: Iterable[Row]) -> None:
    """Write the table between the marks of the page."""
    text = PAGE.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    PAGE.write_text(f"{text[:start]}\n\n{table(rows)}\n{text[end:]}", encoding="utf-8")


def table(rows: Iterable[Row]) -> str:
    lines = [
        "| attack | answers | longest wait, ms | of it processor, ms | memory, peak and after, MB |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (
            row.name,
            row.answer,
            f"{row.longest:.0f}",
            f"{row.processor:.0f}",
            f"{row.peak:+.0f}, {row.after:+.0f}",
        )
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"
