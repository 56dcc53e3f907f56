"""The bench: pages that operate a world, such as its clock, faults, checkpoints, held messages and outbox."""

from __future__ import annotations

from sandbox.console.pages.bench import (
    checkpoints,
    clock,
    conformance,
    faults,
    generate,
    held,
    join,
    outbox,
    overview,
    workspaces,
)

PATH = "/bench"

ROUTES = tuple(
    route
    for page in (overview, clock, faults, checkpoints, held, outbox, join, workspaces, generate, conformance)
    for route in page.ROUTES
)
