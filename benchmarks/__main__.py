"""All figures in one run, as one table of ratios: `python -m benchmarks [--quick] [--only PART]… [--write]`

`--write` puts the table and a chart into the documentation. Absolute rates differ from machine to machine, and with
what else it does; the ratios are of measurements that take turns.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import page
from benchmarks.figures import Figure, Run
from benchmarks.parts import PARTS
from benchmarks.peers import FOLDER


def main() -> int:
    """Print the table; exit code 1 when a figure misses its goal."""
    arguments = _arguments()
    options = {"seconds": 2, "rounds": 1} if arguments.quick else {}
    run = Run(quick=arguments.quick, peers=arguments.peers, **options)
    figures: list[Figure] = []
    for name in arguments.only or PARTS:
        for figure in PARTS[name](run):
            figures.append(figure)
            print(page.line(figure), flush=True)
    for text in run.skipped:
        print(f"skipped: {text}")
    if arguments.write:
        page.write(figures, run)
    return 0 if all(figure.is_good for figure in figures) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few minutes instead of ten")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part of the table; repeatable")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its chart")
    parser.add_argument("--peers", type=Path, default=FOLDER, help=f"where the peers are installed ({FOLDER})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
