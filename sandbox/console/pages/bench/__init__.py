"""The bench: the world as an instrument, its clock, faults, states, messages that wait, and what it has sent."""

from __future__ import annotations

from sandbox.console.pages.bench import checkpoints, clock, faults, overview, workspaces

PATH = "/bench"

ROUTES = (*overview.ROUTES, *clock.ROUTES, *faults.ROUTES, *workspaces.ROUTES, *checkpoints.ROUTES)
