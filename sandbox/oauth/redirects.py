"""Redirect URIs: the ones to which a response may be sent.

A request may add query parameters to a registered URI; nothing else may differ, and
for `localhost` not even the port (*Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193).
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def is_allowed(requested: str, registered: tuple[str, ...]) -> bool:
    """Return whether a redirect URI is registered, apart from extra query parameters."""
    # RFC 6749 3.1.2 forbids a fragment; browsers drop control characters and read a backslash as a slash.
    if not requested or any(character <= " " or character in "\\#\x7f" for character in requested):
        return False
    return any(_is_registered(requested, uri) for uri in registered)


RESERVED = frozenset({"code", "state", "error", "error_description"})
"""Parameters of the response, which a request must not contain, so that it cannot forge them."""


def _is_registered(requested: str, registered: str) -> bool:
    """Compare the part before the query exactly, then require the registered parameters and none of the response's."""
    place, _, query = requested.partition("?")
    registered_place, _, registered_query = registered.partition("?")
    if "@" in place.partition("://")[2].partition("/")[0]:
        # A user name before the host can disguise the target of an address.
        return False
    added = Counter(_pairs(query)) - Counter(_pairs(registered_query))
    missing = Counter(_pairs(registered_query)) - Counter(_pairs(query))
    return place == registered_place and not missing and RESERVED.isdisjoint(name for name, _ in added)


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def with_parameters(uri: str, parameters: dict[str, str]) -> str:
    """Append parameters to a URI."""
    parts = urlsplit(uri)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
