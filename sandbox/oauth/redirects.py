"""Redirect URIs: which one an answer may go to.

A registered URI may be asked for with more query parameters than it was registered with; nothing else may differ, and
for `localhost` not even the port (*Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193).
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit


def allowed(requested: str, registered: tuple[str, ...]) -> bool:
    """Whether a redirect URI is a registered one, perhaps with extra query parameters."""
    if not requested or any(character <= " " or character in "\\\x7f" for character in requested):
        return False
    try:
        wanted = urlsplit(requested)
        return any(_same(wanted, urlsplit(known)) for known in registered)
    except ValueError:
        return False


def _same(wanted: SplitResult, known: SplitResult) -> bool:
    """Character for character but for the query; a user name or a fragment never matches, however harmless it looks."""
    if wanted.fragment or "#" in wanted.geturl() or "@" in wanted.netloc:
        return False
    exact = (wanted.scheme, wanted.netloc, wanted.path) == (known.scheme, known.netloc, known.path)
    missing = Counter(_pairs(known.query)) - Counter(_pairs(wanted.query))
    return exact and not missing


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def with_parameters(uri: str, parameters: dict[str, str]) -> str:
    """The URI with parameters added behind those that it has."""
    parts = urlsplit(uri)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
