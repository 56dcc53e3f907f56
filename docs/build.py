"""Build the documentation site: `python docs/build.py [FOLDER]`, by default `docs/_site`, which the sandbox serves.

A warning of Sphinx, a page outside the navigation, a link or anchor that leads nowhere, an address of another host that
a browser would load, or a site of more than 3 MB is an error. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from builder.checks import problems
from builder.tidy import tidy
from sphinx.cmd.build import build_main

DOCS = Path(__file__).resolve().parent


def main() -> int:
    """Build the site, and replace the folder only if everything is right."""
    parser = argparse.ArgumentParser(description="Build the documentation site.")
    parser.add_argument("folder", nargs="?", type=Path, default=DOCS / "_site", help="where the site is written")
    parser.add_argument("--source", type=Path, default=DOCS, help="the pages (default: docs/)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "site"
        has_failed = _sphinx(arguments.source.resolve(), site, Path(temporary) / "trees") != 0
        if not (site / "search.html").is_file():
            return 1
        tidy(site)
        mistakes = problems(site)
        print("\n".join(mistakes), file=sys.stderr, end="\n" if mistakes else "")
        if has_failed or mistakes:
            return 1
        shutil.rmtree(arguments.folder, ignore_errors=True)
        shutil.copytree(site, arguments.folder)
    files = [file for file in arguments.folder.rglob("*") if file.is_file()]
    pages = sum(file.suffix == ".html" for file in files)
    print(f"{arguments.folder}: {pages} pages, {sum(file.stat().st_size for file in files) / 1e6:.2f} MB")
    return 0


def _sphinx(source: Path, site: Path, trees: Path) -> int:
    options = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(DOCS / "builder"), "-d", str(trees)]
    return build_main([*options, str(source), str(site)])


if __name__ == "__main__":
    sys.exit(main())
