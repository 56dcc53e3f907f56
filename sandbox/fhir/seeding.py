"""What endpoints hold from the start: the resources of a generated world, and those that a given statement asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sandbox import model
from sandbox.errors import Invalid
from sandbox.fhir import given
from sandbox.fhir.customer.drafts import draft
from sandbox.fhir.feed import Feed, OnChange
from sandbox.fhir.given import Given
from sandbox.workspace import Workspace

Json = dict[str, Any]
FOLDER = "fhir"
"""The folder of a generated world that holds a folder for each endpoint."""


def seed(workspace: Workspace, on_change: tuple[OnChange, ...] = ()) -> None:
    """Puts into a world what its endpoints start with. Raises Invalid for what cannot be read."""
    settings = workspace.settings
    endpoints = [one for organisation in workspace.store.all(model.Organisation) for one in organisation.endpoints]
    given.check(settings.capability_statement, endpoints)
    populated = dict(given.populated(settings.capability_statement, endpoints))
    for name, one in populated.items():
        _write(_feed(workspace, name, one.release, on_change), _made_for(workspace, one))
    for endpoint in endpoints:
        folder = Path(settings.world) / FOLDER / endpoint.name
        if endpoint.name not in populated and folder.is_dir():
            _write(_feed(workspace, endpoint.name, endpoint.release, on_change), _of_folder(folder))


def _feed(workspace: Workspace, name: str, release: str, on_change: tuple[OnChange, ...]) -> Feed:
    endpoint = model.Endpoint(name=name, release=release)
    return Feed(
        name=name,
        release=release,
        workspace=workspace,
        offered=given.offered(workspace.settings.capability_statement, endpoint),
        base="",
        mount="",
        on_change=() if name in given.MOUNTED else on_change,
    )


def _write(feed: Feed, resources: Iterable[Json]) -> None:
    for resource in resources:
        feed.write(draft(feed.release, resource), "PUT")


def _made_for(workspace: Workspace, one: Given) -> Iterator[Json]:
    """Resources of every type of a statement."""
    from sandbox.fhir.generating.record import of_every_type  # only those who give a statement pay for it

    return of_every_type(one.release, one.capabilities.types, workspace.settings.seed or 1, workspace.clock.now())


def _of_folder(folder: Path) -> Iterator[Json]:
    """The resources of an endpoint in a generated world."""
    for part in sorted(folder.glob("*.ndjson")):
        with part.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield _read(part, number, line)


def _read(part: Path, number: int, line: str) -> Json:
    try:
        resource: Json = json.loads(line)
        if not {"resourceType", "id"} <= resource.keys():
            raise ValueError("no resource with an id")
    except (AttributeError, ValueError) as error:
        raise Invalid(f"{part}, line {number}: {error}") from error
    return resource
