"""PKB Sandbox: a local server that behaves like the Patients Know Best APIs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"
__all__ = ["AsyncSandbox", "Sandbox", "Settings", "__version__"]

if TYPE_CHECKING:
    from sandbox.settings import Settings
    from sandbox.testing.async_sandbox import AsyncSandbox
    from sandbox.testing.sandbox import Sandbox

_HOMES = {
    "AsyncSandbox": "sandbox.testing.async_sandbox",
    "Sandbox": "sandbox.testing.sandbox",
    "Settings": "sandbox.settings",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that the command line starts without loading the server.

    Raises ImportError, which names the extra to install, where httpx is missing.
    """
    if name not in _HOMES:
        raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise ImportError(f"sandbox.{name} needs httpx: pip install 'pkb-sandbox[testing]'") from error
