"""Build the documentation site: `python docs/build.py [FOLDER]`, by default `docs/_site`, which the sandbox serves.

A warning of Sphinx, a page outside the navigation, a link or anchor that leads nowhere, an address of another host that
a browser would load, or a site of more than 3 MB is an error. Nothing is downloaded.

Text is written compressed: `pkb-sandbox serve` shows the site.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path

from builder.checks import problems, too_large
from builder.compression import compress
from builder.sources import staged
from builder.tidy import tidy
from sphinx.application import Sphinx
from sphinx.util.console import nocolor

DOCS = Path(__file__).resolve().parent


def main() -> int:
    """Build the site, and replace the folder only if everything is right."""
    parser = argparse.ArgumentParser(description="Build the documentation site.")
    parser.add_argument("folder", nargs="?", type=Path, default=DOCS / "_site", help="where the site is written")
    parser.add_argument("--source", type=Path, default=DOCS, help="the pages (default: docs/)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "site"
        warnings = built(arguments.source.resolve(), site, Path(temporary))
        tidy(site)
        mistakes = [*warnings, *problems(site)]
        compress(site)
        mistakes += too_large(site)
        if mistakes:
            print("\n".join(mistakes), file=sys.stderr)
            return 1
        shutil.rmtree(arguments.folder, ignore_errors=True)
        shutil.copytree(site, arguments.folder)
    files = [file for file in arguments.folder.rglob("*") if file.is_file()]
    pages = sum(file.name.endswith(".html.gz") for file in files)
    print(f"{arguments.folder}: {pages} pages, {sum(file.stat().st_size for file in files) / 1e6:.2f} MB")
    return 0


def built(source: Path, site: Path, temporary: Path) -> list[str]:
    """Have Sphinx write the pages of a source; return its warnings. Raises NavigationError."""
    pages = staged(source, temporary / "pages")
    nocolor()
    warnings = io.StringIO()
    options = {"pages_folder": str(source)}
    application = Sphinx(
        pages, DOCS / "builder", site, temporary / "trees", "html", options, status=None, warning=warnings
    )
    application.build()
    return warnings.getvalue().replace(str(pages), str(source)).splitlines()


if __name__ == "__main__":
    sys.exit(main())
