"""What the sandbox's own commands trust when they call a server: the system's authorities and the local one."""

from __future__ import annotations

import os
import ssl

from sandbox.settings import Settings
from sandbox.tls import authority


def client_context() -> ssl.SSLContext:
    """A context that also trusts the local authority, where there is one: by `PKB_SANDBOX_TLS_DIR`, or as `serve`."""
    context = ssl.create_default_context()
    settings = Settings(tls_dir=os.environ.get("PKB_SANDBOX_TLS_DIR", ""), data=os.environ.get("PKB_SANDBOX_DATA", ""))
    file = authority.folder(settings) / authority.CERTIFICATE
    if file.is_file():
        context.load_verify_locations(file)
    return context
