"""The certificate authorities that the sandbox's own commands trust: the system's and the local one."""

from __future__ import annotations

import os
import ssl

from sandbox.settings import Settings
from sandbox.tls import authority


def client_context() -> ssl.SSLContext:
    """Build a context that also trusts the local authority, if there is one: of `PKB_SANDBOX_TLS_DIR`, or of
    `serve`.
    """
    context = ssl.create_default_context()
    # From the environment only: these commands do not have the options of `serve`.
    settings = Settings(tls_dir=os.environ.get("PKB_SANDBOX_TLS_DIR", ""), data=os.environ.get("PKB_SANDBOX_DATA", ""))
    file = authority.folder(settings) / authority.CERTIFICATE
    if file.is_file():
        context.load_verify_locations(file)
    return context
