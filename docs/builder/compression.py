"""Text of the site as the sandbox keeps and sends it: compressed with gzip, the same bytes in every build."""

from __future__ import annotations

import gzip
from pathlib import Path

TEXT = (".html", ".js", ".css", ".svg")


def compress(site: Path) -> None:
    """Replace each text file of a site by its compressed form, `<name>.gz`."""
    for file in [path for path in site.rglob("*") if path.suffix in TEXT]:
        Path(f"{file}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
        file.unlink()
