"""Data files in tests: a sandbox on one, and the file as a crash at this moment leaves it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sandbox import Sandbox


def sandbox_on(file: Path, **settings: Any) -> Sandbox:
    return Sandbox(mode="asgi", data=str(file), **settings)


def crashed(file: Path) -> Path:
    """Copy a file of a running server: as after `kill -9`, which loses nothing that was written."""
    copy = file.with_name(f"crashed-{len(list(file.parent.iterdir()))}.db")
    shutil.copyfile(file, copy)
    wal = Path(f"{file}-wal")
    if wal.exists():
        shutil.copyfile(wal, f"{copy}-wal")
    return copy
