"""PKB's host names: a FHIR endpoint with a host of its own at PKB is available under that name here too, at `/fhir`."""

from __future__ import annotations

import re

from starlette.types import Scope

HOSTS = (
    (re.compile(r"aggregated-fhir\."), "/aggregated/fhir"),
    (re.compile(r"[^.]*aggregated\.fhir-api\."), "/aggregated/fhir"),
    (re.compile(r"(?P<endpoint>[^.]+)\.fhir-api\."), "/customer/{endpoint}/fhir"),
)
"""Prefix of the host name → the prefix for which `/fhir` stands. Token endpoints have their own paths."""


def by_host(scope: Scope) -> bool:
    """Return whether a request used an endpoint's host name, after its path was found."""
    return not scope.get("raw_path", b"").startswith(b"/customer/")


def path_by_host(scope: Scope) -> str:
    """Return the path of a request at this server's single address."""
    path: str = scope["path"]
    if path != "/fhir" and not path.startswith("/fhir/"):
        return path
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    for pattern, prefix in HOSTS:
        match = pattern.match(host)
        if match:
            return prefix.format(**match.groupdict()) + path.removeprefix("/fhir")
    return path
