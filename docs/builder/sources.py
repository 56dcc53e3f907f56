"""What the site adds to the Markdown of a page: the navigation to the index, and no links out of `docs/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sandbox.console.documentation.library import navigation_in
from sandbox.console.documentation.navigation import INDEX

_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")


def complete(name: str, text: str, folder: Path) -> str:
    """Return the source of a page as the site needs it. Raises NavigationError."""
    parts = _FENCED.split(text)
    parts[::2] = [_LINK.sub(lambda match: _link(match, folder / name, folder), part) for part in parts[::2]]
    return "\n".join(["".join(parts), *_navigation(name, folder)])


def _link(match: re.Match[str], page: Path, folder: Path) -> str:
    """A link to a file of the repository outside `docs/`, which the site does not have, becomes its text."""
    words, path = match[1], match[2]
    if not path or ":" in path or (page.parent / path).resolve().is_relative_to(folder):
        return match[0]
    return words


def _navigation(name: str, folder: Path) -> Iterator[str]:
    """The sections below the index, and the pages below a page that has some."""
    for section in navigation_in(folder):
        if name == INDEX:
            yield from _toctree(section.title, (entry.page for entry in section.entries))
        for entry in section.entries:
            if entry.page == name and entry.below:
                yield from _toctree("", entry.below)


def _toctree(title: str, pages: Iterable[str]) -> Iterator[str]:
    yield "```{toctree}"
    yield ":hidden:"
    if title:
        yield f":caption: {title}"
    yield ""
    yield from (f"/{page}" for page in pages)
    yield "```"
