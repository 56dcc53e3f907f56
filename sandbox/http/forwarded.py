"""The base URL of this server for the client: by the `Host` header, and by headers of proxies.

`Forwarded` is RFC 7239; `X-Forwarded-Proto`, `-Host`, `-Port` and `-Prefix` are its older, still common
alternatives. The first member of a list counts: that of the proxy next to the client. An invalid value is
ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.base.short_cache import short_cache
from sandbox.base.whole_numbers import parse_digits

_HOST = re.compile(r"(?P<name>[A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~%:@-]+)+")
_PAIR = re.compile(r'\s*([A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*')
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_LONGEST_PREFIX = 500


_OF_PROXIES = ("forwarded", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix")
_NAMES = ("host", *_OF_PROXIES)
"""The headers on which the base depends."""


def base_url(scheme: str, own_address: str, headers: Mapping[str, str], *, is_proxy_trusted: bool) -> str:
    """Return scheme, host and possibly a path, without a trailing slash; `own_address` applies without a `Host`."""
    if not is_proxy_trusted or not is_forwarded(headers):
        return f"{scheme}://{_host(headers.get('host', '')) or own_address}"
    # No value of a header contains a line break, so the joined text is unambiguous.
    return _base_url("\n".join([headers.get(name, "") for name in _NAMES]), scheme, own_address)


def is_forwarded(headers: Mapping[str, str]) -> bool:
    """Return whether a proxy describes the client's address."""
    return not headers.keys().isdisjoint(_OF_PROXIES)


@short_cache(256)
def _base_url(values: str, scheme: str, own_address: str) -> str:
    """Compute the base from the values of the headers, with a cache, because clients repeat them."""
    headers = dict(zip(_NAMES, values.split("\n"), strict=True))
    host = _host(headers["host"]) or own_address
    forwarded = _forwarded(headers["forwarded"])
    sent_scheme = forwarded.get("proto") or _first(headers, "x-forwarded-proto")
    scheme = sent_scheme.lower() if sent_scheme.lower() in _DEFAULT_PORTS else scheme
    # The host of `Forwarded` includes its port (RFC 7239 section 5.3), so `X-Forwarded-Port` does not change it.
    named = _host(forwarded.get("host", ""))
    if not named:
        host = _host(_first(headers, "x-forwarded-host")) or host
        named = _with_port(scheme, host, _first(headers, "x-forwarded-port"))
    return f"{scheme}://{named}{_prefix(_first(headers, 'x-forwarded-prefix'))}"


def is_base_url(text: str) -> bool:
    """Return whether a text is a valid base URL: scheme, host, optional port and path."""
    scheme, _, rest = text.rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return scheme in _DEFAULT_PORTS and bool(_host(host)) and _prefix(f"/{path}") == slash + path


def _first(headers: Mapping[str, str], name: str) -> str:
    return headers[name].split(",")[0].strip()


@short_cache(256)
def _host(text: str) -> str:
    """Return a valid host as sent, with its port; empty for an invalid one."""
    match = _HOST.fullmatch(text)
    return text if match and (match["port"] is None or _is_port(match["port"])) else ""


def _is_port(text: str) -> bool:
    return 0 < (parse_digits(text, 5) or 0) < 65536


def _with_port(scheme: str, host: str, port: str) -> str:
    """Return the host with another port, omitted if it is the scheme's default."""
    match = _HOST.fullmatch(host)
    if match is None or not _is_port(port):
        return host
    return match["name"] if _DEFAULT_PORTS.get(scheme) == str(int(port)) else f"{match['name']}:{int(port)}"


def _prefix(text: str) -> str:
    """Return the path that a proxy removed, such as `/pkb`; empty for one that would lead elsewhere."""
    path = text.rstrip("/")
    # `%2e` too: browsers resolve an encoded dot segment like a plain one.
    is_plain = len(path) <= _LONGEST_PREFIX and _PREFIX.fullmatch(path)
    return path if is_plain and not {".", ".."} & set(path.lower().replace("%2e", ".").split("/")) else ""


def _forwarded(text: str) -> dict[str, str]:
    """Parse the first element of `Forwarded`, names in lower case; empty if it is invalid."""
    pairs: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PAIR.match(text, position)
        # One invalid pair discards the element: it cannot be known what its proxy meant.
        if match is None or match[1].lower() in pairs:
            return {}
        pairs[match[1].lower()] = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        position = match.end()
        separator = text[position : position + 1]
        if separator == ",":
            break
        if separator not in ("", ";"):
            return {}
        position += 1
    return pairs
