"""The documentation site that `docs/build.py` built: its files, and the inline elements that its pages may have."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from sandbox.base import datafiles

POLICY = "policy.json"
"""The file with the hashes of the inline scripts and styles of all pages: directive → hashes."""
COMPRESSED = ".gz"
FOLDER = datafiles.path("docs/_site")


class BuiltSite(NamedTuple):
    """A built site: path → file, which is compressed if it ends in `.gz`, and the hashes for the content security
    policy.
    """

    files: dict[str, Path]
    hashes: dict[str, list[str]]


def built_site() -> BuiltSite | None:
    """Return the site that ships with the sandbox; None where it was installed without one."""
    return site_in(FOLDER)


@cache
def site_in(folder: Path) -> BuiltSite | None:
    """Return the site in a folder; None without one."""
    if not (folder / POLICY).is_file():
        return None
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix().removesuffix(COMPRESSED): path for path in paths}
    return BuiltSite(files, datafiles.read_json(files.pop(POLICY)))
