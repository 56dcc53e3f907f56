"""The parts of the table. To add figures, write a function that measures them and give it a row here."""

from __future__ import annotations

from benchmarks.figures import Part
from benchmarks.parts import application, data_file, hot_path, large, peers, start, writes

PARTS: dict[str, Part] = {
    "hot-path": hot_path.figures,
    "application": application.figures,
    "start": start.figures,
    "large": large.figures,
    "writes": writes.figures,
    "data-file": data_file.figures,
    "peers": peers.figures,
}
"""Name for `--only` → what measures it, in the order of the table."""
