"""A prepared transaction: the ids of its resources, the targets of its references, and the drafts to write.

Long work is done in slices, so that the server answers other requests in between; errors of entries are collected.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.errors import SandboxError
from sandbox.fhir.base.json import size_of
from sandbox.fhir.resources.drafts import build_draft, check_id, validated_resource
from sandbox.fhir.resources.entries import BundleEntry
from sandbox.fhir.resources.interactions.conditional import only_match
from sandbox.fhir.resources.interactions.conditional_references import NOTHING, Coming, Targets, targets
from sandbox.fhir.resources.links import conditional, relinked
from sandbox.fhir.resources.repository import Draft, Repository
from sandbox.fhir.resources.searchable import check_values, may_have_too_many
from sandbox.fhir.search import values_of
from sandbox.model import Resource
from sandbox.worlds.slices import Slices


class Failed(Exception):
    """Errors of entries, which make the whole transaction fail: number → error."""

    def __init__(self, errors: Mapping[int, SandboxError]) -> None:
        super().__init__(errors)
        self.errors = dict(sorted(errors.items()))


@dataclass(frozen=True, slots=True)
class Failures:
    """The errors so far, the first one of each entry."""

    errors: dict[int, SandboxError] = field(default_factory=dict)

    @contextmanager
    def at(self, number: int) -> Iterator[None]:
        """Record an error of an entry, and continue."""
        try:
            yield
        except SandboxError as error:
            self.errors.setdefault(number, error.with_traceback(None))  # without what the entry was working on

    def check(self) -> None:
        """Raise Failed if there is one."""
        if self.errors:
            raise Failed(self.errors)


def planned_id(repository: Repository, entry: BundleEntry) -> str:
    """Return the id of an entry's resource: that of the match of its criteria, its own, or a new one."""
    if entry.request.id:
        return entry.request.id
    existing = only_match(repository, entry.request) if entry.request.criteria else None
    return existing.logical_id if existing else own_id(repository, entry)


def own_id(repository: Repository, entry: BundleEntry) -> str:
    """Return the id in an entry's resource, or a new one."""
    own = entry.resource.get("id") if isinstance(entry.resource, dict) else None
    return own if isinstance(own, str) else repository.workspace.ids.uuid()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionPlan:
    """A prepared transaction: entries, ids and drafts of those that write, and targets of conditional references.

    `coming` and `version` are the state in which the targets were found.
    """

    entries: Sequence[BundleEntry]
    ids: Mapping[int, str]
    drafts: Mapping[int, Draft]
    references: Mapping[str, str]
    targets: Targets
    coming: Coming
    version: int


async def prepared(
    repository: Repository,
    entries: Sequence[BundleEntry],
    ids: Mapping[int, str],
    slices: Slices,
    failures: Failures,
    size: int,
) -> TransactionPlan:
    """Prepare the entries of a Bundle of a size in bytes."""
    links = {entry.full_url: f"{entry.request.type}/{ids[entry.number]}" for entry in entries if entry.number in ids}
    # Nothing can refer to an entry without a fullUrl.
    links.pop("", None)
    conditions: dict[int, dict[str, str]] = {}
    for entry in entries:
        if entry.number in ids:
            mounts = (repository.base, repository.mount)
            conditions[entry.number] = dict(conditional(repository.release, entry.resource, mounts))
            await slices.pause()
    references = {text: query for queries in conditions.values() for text, query in queries.items()}
    version = repository.last_version
    coming = await _coming(repository, entries, ids, references, slices) if references else NOTHING
    resolved: dict[str, str | SandboxError] = {}
    for text, query in references.items():
        resolved |= targets(repository, {text: query}, coming)
        await slices.pause()
    drafts: dict[int, Draft] = {}

    def draft_all() -> None:
        for number, id_ in ids.items():
            with failures.at(number):
                own = links_of(conditions[number], resolved)
                drafts[number] = draft_of(repository, by_number[number], ChainMap(own, links) if own else links, id_)

    by_number = {entry.number: entry for entry in entries}
    await slices.aside(size, draft_all)
    return TransactionPlan(
        entries=entries,
        ids=ids,
        drafts=drafts,
        references=references,
        targets=resolved,
        coming=coming,
        version=version,
    )


async def _coming(
    repository: Repository,
    entries: Sequence[BundleEntry],
    ids: Mapping[int, str],
    references: Mapping[str, str],
    slices: Slices,
) -> Coming:
    """Return the resources that the entries will have written of the types in references, the last of each id, and
    deleted ones.
    """
    types = {query.partition("?")[0] for query in references.values()}
    written: dict[str, Resource] = {}
    replaced: set[str] = set()
    for entry in entries:
        type_ = entry.request.type
        name = f"{type_}/{ids.get(entry.number) or entry.request.id}"
        before = repository.newest(type_, name.partition("/")[2])
        # A conditional create with a match changes nothing, and a create with an id in use fails.
        is_kept = entry.code == "create" and before is not None and not before.deleted
        if type_ not in types or is_kept:
            continue
        if entry.code == "delete":
            replaced.add(name)
            written.pop(name, None)
        elif entry.number in ids and isinstance(entry.resource, dict) and entry.resource.get("resourceType") == type_:
            replaced.add(name)
            written[name] = _as_coming(repository, entry, ids[entry.number])
            await slices.pause()
    return Coming(tuple(written.values()), frozenset(replaced))


def _as_coming(repository: Repository, entry: BundleEntry, id_: str) -> Resource:
    now = repository.workspace.clock.now()
    return Resource(
        endpoint=repository.name,
        type=entry.request.type,
        logical_id=id_,
        version=0,
        created_at=now,
        updated_at=now,
        method=entry.request.method,
        values=values_of(repository.release, {**entry.resource, "id": id_}),
    )


def draft_of(repository: Repository, entry: BundleEntry, links: Mapping[str, str], id_: str) -> Draft:
    resource = relinked(repository.release, entry.resource, links, entry.base) if links else entry.resource
    if entry.request.id:
        check_id(resource, id_)
    content = validated_resource(repository.release, entry.request.type, resource, id_)
    most = repository.workspace.settings.max_searchable_values
    # Measured no further than needed: most entries are small.
    if may_have_too_many(size_of(content, most), most):
        check_values(repository.release, content, most)
    return build_draft(content)


def links_of(references: Iterable[str], resolved: Targets) -> dict[str, str]:
    """Return the targets of conditional references. Raises the error of the first one without a target."""
    links: dict[str, str] = {}
    for text in references:
        target = resolved[text]
        if isinstance(target, SandboxError):
            raise target
        links[text] = target
    return links
