"""PKB Sandbox: a local server that behaves like the Patients Know Best APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Sandbox", "Settings", "__version__"]

if TYPE_CHECKING:
    from sandbox.server import Sandbox
    from sandbox.settings import Settings


def __getattr__(name: str) -> Any:
    """Import `Sandbox` and `Settings` on first use, so that the command line starts without loading the server."""
    if name == "Sandbox":
        from sandbox.server import Sandbox

        return Sandbox
    if name == "Settings":
        from sandbox.settings import Settings

        return Settings
    raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
