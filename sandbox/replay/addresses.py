"""PKB's host names in a recording, and the paths that stand for them at the one address of the other server."""

from __future__ import annotations

import re

from sandbox.replay.recording import RecordedExchange

_HOSTS = (
    (re.compile(r"//(?:[^./]*aggregated\.fhir-api|aggregated-fhir)\."), "/aggregated/fhir"),
    (re.compile(r"//(?P<endpoint>[^./]+)\.fhir-api\."), "/customer/{endpoint}/fhir"),
)
"""Host names of PKB's endpoints → the path for which `/fhir` stands at one address."""


def addresses(exchange: RecordedExchange, url: str) -> tuple[str, str]:
    """Return what stands before the same paths in the links of the recorded and of the other server."""
    path = exchange.target.partition("?")[0]
    if path == "/fhir" or path.startswith("/fhir/"):
        for host, prefix in _HOSTS:
            match = host.search(exchange.base_url)
            if match:
                return f"{exchange.base_url}/fhir", url + prefix.format(**match.groupdict())
    return exchange.base_url, url
