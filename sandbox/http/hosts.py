"""PKB's host names: a FHIR endpoint with a host of its own at PKB is available under that name here too, at `/fhir`."""

from __future__ import annotations

import re

from starlette.types import Scope

from sandbox.base.short_cache import short_cache

HOSTS = (
    (re.compile(r"aggregated-fhir\."), "/aggregated/fhir"),
    # Before the general pattern, which would take `aggregated` for the name of a Customer endpoint.
    (re.compile(r"[^.]*aggregated\.fhir-api\."), "/aggregated/fhir"),
    (re.compile(r"(?P<endpoint>[^.]+)\.fhir-api\."), "/customer/{endpoint}/fhir"),
)
"""Prefix of the host name → the prefix for which `/fhir` stands. Token endpoints have their own paths."""


def is_by_host_name(scope: Scope) -> bool:
    """Return whether a request used an endpoint's host name, after its path was found."""
    # `path` has been rewritten by `path_by_host`; `raw_path` is still what the client sent.
    return not scope.get("raw_path", b"").startswith(b"/customer/")


def path_by_host(scope: Scope) -> str:
    """Return the path of a request at this server's single address."""
    path: str = scope["path"]
    if path != "/fhir" and not path.startswith("/fhir/"):
        return path
    for name, value in scope["headers"]:
        if name == b"host":
            return _prefix(value) + path.removeprefix("/fhir")
    return path


@short_cache(256)
def _prefix(host: bytes) -> str:
    """Return the mount that `/fhir` stands for at a host. Cached: a client sends the same host with every request."""
    name = host.decode("latin-1").lower()
    for pattern, prefix in HOSTS:
        match = pattern.match(name)
        if match:
            return prefix.format(**match.groupdict())
    return "/fhir"
