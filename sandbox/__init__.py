"""PKB Sandbox: a local server that behaves as the Patients Know Best APIs do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Sandbox", "Settings", "__version__"]

if TYPE_CHECKING:
    from sandbox.server import Sandbox
    from sandbox.settings import Settings


def __getattr__(name: str) -> Any:
    """`Sandbox` and `Settings`, imported when first asked for: the command line answers without loading the server."""
    if name == "Sandbox":
        from sandbox.server import Sandbox

        return Sandbox
    if name == "Settings":
        from sandbox.settings import Settings

        return Settings
    raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
