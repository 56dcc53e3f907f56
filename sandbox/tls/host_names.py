"""The names for which the server's certificate is valid."""

from __future__ import annotations

import socket
from functools import cache

from sandbox.base import datafiles

LOCAL = ("localhost", "127.0.0.1", "::1")


@cache
def pkb_host_names() -> tuple[str, ...]:
    """The host names in PKB's documentation, or of its pattern; `*.` is a wildcard."""
    return tuple(row["name"] for row in datafiles.read_toml(datafiles.beside_code("tls/host_names.toml"))["host"])


def server_host_names(host: str, further: tuple[str, ...]) -> tuple[str, ...]:
    """Return PKB's names, those of this machine, and further ones, each once. `host` is the listening address."""
    names = (
        *LOCAL,
        *pkb_host_names(),
        socket.gethostname(),
        *further,
        *([host] if host not in ("0.0.0.0", "::") else []),  # noqa: S104
    )
    return tuple(dict.fromkeys(names))
