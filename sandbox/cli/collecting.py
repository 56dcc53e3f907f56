"""How the process of `serve` collects garbage: rarely, and never for long.

A record grows, and little in it is ever garbage: what a world consists of has no cycles, so it is freed without a
collection when nobody refers to it any more. A collection holds up every request, half a second for a million
objects, so it looks only at what is new; what stays is set aside for good. This is for our own process: a test, and a
program that starts a sandbox within itself, keep their settings.
"""

from __future__ import annotations

import gc
from typing import Any

NEW_OBJECTS = 10_000
"""Number of new objects that starts a collection of the youngest generation. Collecting for each few hundred costs a
tenth of the time of a laboratory message.
"""

OLDER = 2
"""Collections of a generation after which the next older one is collected too."""

MOST_LEFT = 10_000
"""Number of old objects that later collections still look at; more are set aside."""


def collect_rarely() -> None:
    """Collect the garbage of this process from now on; what there is already is set aside."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, OLDER, OLDER)
    if _set_aside not in gc.callbacks:
        gc.callbacks.append(_set_aside)
    gc.enable()


def _set_aside(phase: str, info: dict[str, Any]) -> None:
    """After a collection, take the old objects out of those that are looked at, if they have become many."""
    if phase == "stop" and info["generation"] > 0 and len(gc.get_objects(generation=2)) > MOST_LEFT:
        gc.freeze()
