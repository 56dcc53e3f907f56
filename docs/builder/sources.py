"""What the site adds to the Markdown of a page: the navigation to the index, and no links out of `docs/`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from sandbox.console.documentation.library import documents_in, navigation_in
from sandbox.console.documentation.navigation import INDEX, site_name_of

_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")


def staged(source: Path, folder: Path) -> Path:
    """Copy the pages and pictures of a source into a folder, by their names in the site."""
    for name in documents_in(source):
        page = folder / f"{site_name_of(name)}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / f"{name}.md", page)
    for name in ("ci", "pictures"):
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name)
    return folder


def complete(name: str, text: str, source: Path) -> str:
    """Return the text of a page as the site needs it. Raises NavigationError."""
    parts = _FENCED.split(text)
    parts[::2] = [_LINK.sub(lambda match: _link(match, (source / name).parent, source), part) for part in parts[::2]]
    return "\n".join(["".join(parts), *_navigation(name, source)])


def _link(match: re.Match[str], folder: Path, source: Path) -> str:
    """A link to a file of the repository outside `docs/`, which the site does not have, becomes its text."""
    words, path, anchor = match[1], match[2], match[3] or ""
    if not path or ":" in path:
        return match[0]
    target = (folder / path).resolve()
    if not target.is_relative_to(source):
        return words
    name = target.relative_to(source).as_posix().removesuffix(".md")
    return f"[{words}](/{site_name_of(name)}.md{anchor})" if site_name_of(name) != name else match[0]


def _navigation(name: str, source: Path) -> Iterator[str]:
    """The sections below the index, and the pages below a page that has some."""
    for section in navigation_in(source):
        if name == INDEX:
            yield from _toctree(section.title, (entry.page for entry in section.entries))
        for entry in section.entries:
            if site_name_of(entry.page) == name and entry.below:
                yield from _toctree("", entry.below)


def _toctree(title: str, pages: Iterable[str]) -> Iterator[str]:
    yield "```{toctree}"
    yield ":hidden:"
    if title:
        yield f":caption: {title}"
    yield ""
    yield from (f"/{site_name_of(page)}" for page in pages)
    yield "```"
