"""A request, or an entry of a Bundle, to an endpoint with stored resources, and its result.

The names are those of `Bundle.entry.request` and `Bundle.entry.response` (https://hl7.org/fhir/R4/bundle.html).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.base.quick_init import quick_init
from sandbox.fhir.base.preconditions import NONE, Preconditions
from sandbox.fhir.resources.repository import Draft, Repository
from sandbox.fhir.resources.requirements import Unmet
from sandbox.model import Resource


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `criteria` replace the id in a conditional one, `query` is the whole query string; `draft` is
    the resource to write, `patch` the patch to apply.
    """

    method: str
    type: str
    id: str = ""
    version: str = ""
    query: tuple[tuple[str, str], ...] = ()
    criteria: tuple[tuple[str, str], ...] = ()
    preconditions: Preconditions = NONE
    draft: Draft | None = None
    patch: Callable[[Any], Any] | None = None
    strict: bool = False
    remove_all: bool = False

    @property
    def no_content(self) -> bool:
        return ("_no-content", "true") in self.query

    @property
    def written(self) -> Draft:
        """The draft, for an interaction that has one."""
        assert self.draft is not None, "what writes comes with a draft"  # noqa: S101
        return self.draft


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionResult:
    """The result: a status, and its version, or the text of a Bundle.

    `read` means that nothing was to be written. `changed` are the written versions, `gone` says that they are
    deletions; `tag` is the ETag of a Bundle. `warnings` are about the written versions.
    """

    status: int
    resource: Resource | None = None
    bundle: str = ""
    tag: str = ""
    read: bool = False
    changed: tuple[Resource, ...] = ()
    warnings: tuple[Unmet, ...] = ()
    gone: bool = False


Interaction = Callable[[Repository, Request], InteractionResult]
