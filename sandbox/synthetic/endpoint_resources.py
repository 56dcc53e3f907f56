"""The initial resources of endpoints: those of a generated world, and those for a custom statement."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import model
from sandbox.domain.worlds import loading
from sandbox.errors import Invalid
from sandbox.fhir.base import given_statements
from sandbox.fhir.base.given_statements import GivenStatement
from sandbox.fhir.mounts import ON_START
from sandbox.fhir.resources.drafts import without_warnings
from sandbox.fhir.resources.repository import OnChange, Repository
from sandbox.synthetic.seeding import FOLDER
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]
log = logging.getLogger("sandbox.world")
LOG_EVERY = 1000
"""Number of resources between two lines of the log, which are a few seconds apart."""


def load_resources(workspace: Workspace) -> None:
    """Load the initial resources of a world's endpoints. Raises Invalid for a file that cannot be read."""
    settings = workspace.settings
    endpoints = [
        endpoint for organisation in workspace.store.all(model.Organisation) for endpoint in organisation.endpoints
    ]
    given_statements.check_endpoints(settings.capability_statement, endpoints)
    populated = dict(given_statements.populated(settings.capability_statement, endpoints))
    for name, statement in populated.items():
        put_resources(feed(workspace, name, statement.release), _made_for(workspace, statement))
    replaced = sorted(populated.keys() & {endpoint.name for endpoint in endpoints})
    if replaced and loading.is_file_of_world(settings.world):
        raise Invalid(
            f"--capability-statement {replaced[0]}: the world file {settings.world} contains the resources "
            "of this endpoint; serve a folder instead"
        )
    folders = {
        endpoint: Path(settings.world) / FOLDER / endpoint.name
        for endpoint in endpoints
        if endpoint.name not in populated
    }
    progress = _Progress(sum(map(_size, folders.values())))
    for endpoint, folder in folders.items():
        put_resources(feed(workspace, endpoint.name, endpoint.release), progress.each(_of_folder(folder)))


def feed(workspace: Workspace, name: str, release: str, on_change: tuple[OnChange, ...] = ON_START) -> Repository:
    """Return an endpoint as a server has it, for resources that a world starts with."""
    endpoint = model.Endpoint(name=name, release=release)
    return Repository(
        name=name,
        release=release,
        workspace=workspace,
        offered=given_statements.offered(workspace.settings.capability_statement, endpoint),
        base="",
        mount="",
        on_change=() if name in given_statements.MOUNTED else on_change,
    )


def put_resources(repository: Repository, resources: Iterable[Json]) -> None:
    """Store valid resources at an endpoint."""
    for resource in resources:
        repository.write(without_warnings(resource), "PUT")


def _made_for(workspace: Workspace, statement: GivenStatement) -> Iterator[Json]:
    """Generate resources of every type of a statement."""
    from sandbox.synthetic.fhir.record import of_every_type  # only those who give a statement pay for it

    return of_every_type(
        statement.release, statement.capabilities.types, workspace.settings.seed or 1, workspace.clock.now()
    )


@dataclass(slots=True)
class _Progress:
    """Log progress while a large world is read: loaded and total resources."""

    total: int
    done: int = 0

    def each(self, resources: Iterable[Json]) -> Iterator[Json]:
        for resource in resources:
            yield resource
            self.done += 1
            if self.done % LOG_EVERY == 0:
                log.info("%s of %s resources loaded into Customer endpoints", f"{self.done:,}", f"{self.total:,}")


def _size(folder: Path) -> int:
    """Count the resources in a folder, one per line; a folder that does not exist has none."""
    lines = 0
    for part in folder.glob("*.ndjson"):
        with part.open("rb") as file:
            lines += sum(1 for _ in file)
    return lines


def _of_folder(folder: Path) -> Iterator[Json]:
    """Iterate over the resources of an endpoint in a generated world."""
    for part in sorted(folder.glob("*.ndjson")):
        with part.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                yield _read(part, number, line)


def _read(part: Path, number: int, line: str) -> Json:
    try:
        resource: Json = json.loads(line)
        if not {"resourceType", "id"} <= resource.keys():
            raise ValueError("the line is not a resource with an id")
    except (AttributeError, ValueError) as error:
        raise Invalid(f"{part}, line {number}: {error}") from error
    return resource
