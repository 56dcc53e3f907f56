"""Seed the endpoints of a world: most worlds have nothing for them, and then FHIR is not loaded."""

from __future__ import annotations

from pathlib import Path

from sandbox.worlds.workspace import Workspace

FOLDER = "fhir"
"""The folder of a generated world with a folder for each endpoint."""


def seed(workspace: Workspace) -> None:
    """Load the initial resources of a world's endpoints, if there are any. Raises Invalid for a file that cannot be
    read.
    """
    settings = workspace.settings
    if settings.capability_statement or (Path(settings.world) / FOLDER).is_dir():
        from sandbox.synthetic import endpoint_resources  # it needs all of FHIR

        endpoint_resources.load_resources(workspace)
