"""Addresses and host names: which ones mean this machine, in any spelling."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from sandbox.base.short_cache import short_cache

LOCALHOST = ("localhost", "localhost.")
"""The name of this machine, also as a fully qualified one (RFC 6761 section 6.3)."""
DEFAULT_PORTS = {"http": 80, "https": 443}


PROXY_HEADERS = ("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip")
PROXY_PREFIXES = ("x-forwarded", "x-original-", "cf-connecting-")
"""Headers that proxies add: names, and prefixes of names."""


@short_cache(256)
def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: a loopback address in either family, or `localhost` in any case."""
    address = _address(host)
    return address.is_loopback if address else host.lower() in LOCALHOST


def is_unspecified(host: str) -> bool:
    """Return whether a host means every address of this machine: `0.0.0.0` or `::`, in any spelling."""
    address = _address(host)
    return address is not None and address.is_unspecified


def normalised(host: str) -> str:
    """Normalise a host to listen on: no brackets, IPv4 not mapped into IPv6, `localhost` in lower case."""
    address = _address(host)
    return str(address) if address else "localhost" if host.lower() in LOCALHOST else host


def without_port(host: str) -> str:
    """Return the name in a `Host` header without its port; the brackets of an IPv6 address stay."""
    name, colon, port = host.rpartition(":")
    # An IPv6 address without brackets ends in digits that are not a port.
    return name if colon and port.isdigit() and (":" not in name or name.endswith("]")) else host


def origin_of(url: str) -> str:
    """Return the origin of a URL as browsers write it: in lower case, without a default port; empty for `null`."""
    try:
        # Scheme and host are case-insensitive; the path, which is not, is no part of an origin.
        parts = urlsplit(url.strip().lower())
        port = parts.port
    except ValueError:
        return ""
    if not parts.scheme or not parts.hostname or any(map(str.isspace, parts.hostname)):
        return ""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = port in (None, DEFAULT_PORTS.get(parts.scheme))
    return f"{parts.scheme}://{name}" if is_default else f"{parts.scheme}://{name}:{port}"


def is_same_origin(url: str, other: str) -> bool:
    return bool(origin_of(url)) and origin_of(url) == origin_of(other)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Parse a host, with or without brackets, as an IP address; an IPv4 address mapped into IPv6 becomes IPv4."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def is_of_a_proxy(header: str) -> bool:
    """Return whether proxies add a header, whose name is in lower case."""
    return header in PROXY_HEADERS or header.startswith(PROXY_PREFIXES)
