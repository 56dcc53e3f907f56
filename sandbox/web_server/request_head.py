"""Rules for the head of a request (RFC 9112), the same whichever parser reads it.

The parsers accept different requests. What only one of them accepts is refused here for both, as far as the other
shows it; and the absolute form of a target, which clients of proxies send, becomes the origin form.
"""

from __future__ import annotations

import re

from sandbox import facts

Headers = list[tuple[bytes, bytes]]
"""Names in lower case, and values, as ASGI has them."""

LONGEST: int = facts.value("frontend.head-limit")
"""Bytes of a request line and its headers."""
VERSIONS = ("1.1", "1.0")
METHODS = frozenset((
    "ACL", "BIND", "CHECKOUT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "M-SEARCH", "MERGE",
    "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND",
    "PROPPATCH", "PURGE", "PUT", "QUERY", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "TRACE",
    "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
))  # fmt: skip
"""What httptools reads as a method, without CONNECT: there is no other server to connect to."""

_ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/?#@]+)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class BadHead(ValueError):
    """The head of a request is not what RFC 9112 allows."""


def origin_form(target: bytes, headers: Headers) -> bytes:
    """Return a target as path and query. The authority of an absolute form replaces `Host` (RFC 9112 section 3.2.2).

    Raises BadHead for any other form, and for a fragment, which no client sends.
    """
    if target.startswith(b"/") and b"#" not in target:
        return target
    # The asterisk form, which OPTIONS uses for the whole server (RFC 9112 section 3.2.4).
    if target == b"*":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise BadHead("target")
    headers[:] = [(b"host", absolute["authority"]), *(pair for pair in headers if pair[0] != b"host")]
    return (absolute["path"] or b"/") + (absolute["query"] or b"")


def check_framing(version: str, headers: Headers) -> None:
    """Raise BadHead for no `Host` or two, for a length that can be read in two ways, and for another version."""
    names = [name for name, _ in headers]
    hosts = names.count(b"host")
    # HTTP/1.0 has no `Host` header; from 1.1 on exactly one is required (RFC 9112 section 3.2).
    if hosts != 1 and (hosts > 1 or version == "1.1"):
        raise BadHead("host")
    if b"transfer-encoding" in names:
        _check_coding(headers, names)
    if version not in VERSIONS:
        raise BadHead("version")


def _check_coding(headers: Headers, names: list[bytes]) -> None:
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    # Two lengths let a proxy and this server see different requests: request smuggling (RFC 9112 section 6.1).
    if b"content-length" in names or [coding.strip().lower() for coding in codings] != [b"chunked"]:
        raise BadHead("transfer-encoding")


def check_method(method: str) -> None:
    """Raise BadHead for a method that httptools does not read."""
    if method not in METHODS:
        raise BadHead("method")


def check_size(target: bytes, headers: Headers) -> None:
    """Raise BadHead for a head over the limit."""
    if len(target) + sum(len(name) + len(value) + 4 for name, value in headers) > LONGEST:
        raise BadHead("size")


def check_values(headers: Headers) -> None:
    """Raise BadHead for a control character in a value, which could end the header for another reader."""
    if any(_CONTROL.search(value) for _, value in headers):
        raise BadHead("value")
