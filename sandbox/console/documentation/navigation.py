"""The navigation of the documentation, from `docs/navigation.toml`: every page of `docs/` exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

INDEX = "index"
"""The first page, which shows the navigation itself."""
_FOLDER_PAGE = "/README"
_SITE_NAMES = {"search": "search-parameters"}
"""Pages with another name in the site: `search.html` is the page of its search."""


def site_name_of(page: str) -> str:
    """Return the name of a page in the site; that of a folder is `index` there."""
    if page.endswith(_FOLDER_PAGE):
        return f"{page.removesuffix(_FOLDER_PAGE)}/{INDEX}"
    return _SITE_NAMES.get(page, page)


class NavigationEntry(NamedTuple):
    """A page, and the pages that stand one level below it."""

    page: str
    below: tuple[str, ...] = ()


class NavigationSection(NamedTuple):
    """A heading of the navigation with its entries, in order."""

    title: str
    entries: tuple[NavigationEntry, ...]

    @property
    def pages(self) -> Iterator[str]:
        for entry in self.entries:
            yield entry.page
            yield from entry.below


class NavigationError(Exception):
    """A page is missing in the navigation, stands there twice, or does not exist."""


def arranged(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> tuple[NavigationSection, ...]:
    """Arrange pages as the rows of a navigation say: `[[section]]` with `title` and `pages`, each a page, a pattern, or
    a table of `page` and `below`. A pattern takes the pages that nothing else names, in the order of `names`.

    Raises NavigationError unless every page but the index has one place.
    """
    listed = [name for row in rows for place in row["pages"] for name in _named(place)]
    twice = sorted({name for name in listed if listed.count(name) > 1})
    missing = sorted(set(listed) - set(names))
    waiting = [name for name in names if name not in listed and name != INDEX]

    def matches_of(pattern: str) -> tuple[str, ...]:
        if not _is_pattern(pattern):
            return (pattern,)
        matches = tuple(name for name in waiting if fnmatchcase(name, pattern))
        # In place: the next pattern sees only the pages that are left.
        waiting[:] = [name for name in waiting if name not in matches]
        return matches

    def entries(place: str | dict[str, Any]) -> Iterator[NavigationEntry]:
        if isinstance(place, str):
            yield from map(NavigationEntry, matches_of(place))
        else:
            yield NavigationEntry(
                place["page"], tuple(name for pattern in place["below"] for name in matches_of(pattern))
            )

    sections = tuple(
        NavigationSection(row["title"], tuple(entry for place in row["pages"] for entry in entries(place)))
        for row in rows
    )
    for problem, pages in (("stands there twice", twice), ("has no file", missing), ("is missing", waiting)):
        if pages:
            raise NavigationError(f"The navigation (docs/navigation.toml): {', '.join(pages)} {problem}")
    return tuple(section for section in sections if section.entries)


def _named(place: str | dict[str, Any]) -> Iterator[str]:
    """The pages that a place names literally."""
    patterns = [place] if isinstance(place, str) else [place["page"], *place["below"]]
    return (pattern for pattern in patterns if not _is_pattern(pattern))


def _is_pattern(text: str) -> bool:
    return "*" in text
