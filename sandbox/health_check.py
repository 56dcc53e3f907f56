"""Ask the server of this container whether it is ready: `python -m sandbox.health_check`. Exit code 0 means that it is.

It reads the settings from the environment, as `serve` does, and loads nothing else of the sandbox.
"""

from __future__ import annotations

import os
import ssl
import sys
import urllib.request

TRUE = ("1", "true", "t", "yes", "y", "on")
"""The words that click takes for true."""
PATIENCE = 2
"""Seconds to wait for an answer."""


def url() -> str:
    """The address of the server of this container."""
    has_tls = os.environ.get("PKB_SANDBOX_TLS", "").lower() in TRUE or bool(os.environ.get("PKB_SANDBOX_TLS_CERT"))
    scheme, port = "https" if has_tls else "http", os.environ.get("PKB_SANDBOX_PORT", "8080")
    return f"{scheme}://127.0.0.1:{port}/_sandbox/health/ready"


def main() -> int:
    """Prints why the server is not ready, and returns the exit code."""
    # Whose certificate it is does not matter: the request stays in this container and carries nothing.
    trust = ssl._create_unverified_context()  # noqa: S323
    try:
        with urllib.request.urlopen(url(), timeout=PATIENCE, context=trust):  # noqa: S310 - the scheme is http or https
            return 0
    except (OSError, ValueError) as error:
        print(f"{url()}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
