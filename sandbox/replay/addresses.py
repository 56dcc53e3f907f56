"""PKB's host names in a recording, and the paths that stand for them at the one address of the other server."""

from __future__ import annotations

import re

from sandbox.replay.recording import RecordedExchange

_HOSTS = (
    # First, because the second pattern would take `aggregated.fhir-api.` for an endpoint of a Customer.
    (re.compile(r"//(?:[^./]*aggregated\.fhir-api|aggregated-fhir)\."), "/aggregated/fhir"),
    (re.compile(r"//(?P<endpoint>[^./]+)\.fhir-api\."), "/customer/{endpoint}/fhir"),
)
"""Host names of PKB's endpoints → the path for which `/fhir` stands at one address."""


def addresses(exchange: RecordedExchange, url: str) -> tuple[str, str]:
    """Return what stands before the same paths in the links of the recorded and of the other server."""
    prefix = _prefix(exchange)
    return (f"{exchange.base_url}/fhir", url + prefix) if prefix else (exchange.base_url, url)


def path_of(exchange: RecordedExchange) -> str:
    """Return the path of a request at the one address of the other server."""
    prefix, path = _prefix(exchange), exchange.path
    is_by_host = bool(prefix) and (path == "/fhir" or path.startswith("/fhir/"))
    return prefix + path.removeprefix("/fhir") if is_by_host else path


def _prefix(exchange: RecordedExchange) -> str:
    """Return the path for which `/fhir` stands at the host of a request to an endpoint; empty for any other."""
    if exchange.api not in ("customer", "aggregated"):
        return ""
    for host, prefix in _HOSTS:
        match = host.search(exchange.base_url)
        if match:
            return prefix.format(**match.groupdict())
    return ""
