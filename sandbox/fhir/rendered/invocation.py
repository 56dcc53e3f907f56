"""One call of an operation: caller, operation, and its definition's parameters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from starlette.responses import Response

from sandbox.base import datafiles
from sandbox.domain.record import Record
from sandbox.fhir.base.capability import Capabilities, FhirOperation
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.sources import ResourceSource
from sandbox.http.call import Call
from sandbox.model import Organisation

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A call of an operation by a permitted caller. `base` is the endpoint's URL without a trailing slash."""

    call: Call
    viewer: Viewer
    operation: FhirOperation
    definition: Json
    offered: Capabilities
    sources: Mapping[str, ResourceSource]
    base: str

    @property
    def record(self) -> Record:
        return self.viewer.workspace.record

    @property
    def organisation(self) -> Organisation:
        """The organisation of a System Client. Raises NotFound for callers without one."""
        return self.viewer.store.get(Organisation, self.viewer.caller.organisation or "")


OperationHandler = Callable[[Invocation], Response | Awaitable[Response]]


@cache
def definition(statement: str, id_: str) -> Json:
    """Return an operation's OperationDefinition, from the folder with the name of its endpoint's statement."""
    resource: Json = datafiles.read_json(datafiles.path(f"capability_statements/operations/{statement}/{id_}.json"))
    return resource
