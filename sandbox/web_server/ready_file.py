"""The file with the address of a running server: absent until it answers, written in one step, removed at stop."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.errors import Invalid


class ReadyFile:
    """The file of `--ready-file`; an empty path means no file. Raises Invalid for a path that cannot be written."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).resolve() if path else None
        self._text = ""
        if self._path is None:
            return
        if self._path.is_dir() or not self._path.parent.is_dir():
            raise Invalid(f"--ready-file {path}: not a file in a folder that exists")
        if not os.access(self._path.parent, os.W_OK):
            raise Invalid(f"--ready-file {path}: the folder is not writable")
        # An earlier server that was killed may have left one behind.
        self._path.unlink(missing_ok=True)

    def write(self, base_url: str) -> None:
        """Write the base URL and a newline in one step, so that a reader never sees part of it."""
        if self._path is None:
            return
        self._text = f"{base_url}\n"
        # In the same folder, because a file can be renamed in one step only within one file system.
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        draft.write_text(self._text, encoding="utf-8")
        draft.replace(self._path)

    def remove(self) -> None:
        """Remove the file, unless another server has written it since."""
        if self._path is None or not self._text:
            return
        try:
            if self._path.read_text(encoding="utf-8") == self._text:
                self._path.unlink()
        except OSError:
            return  # somebody was faster
