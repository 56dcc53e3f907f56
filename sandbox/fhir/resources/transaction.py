"""The transaction and batch interactions: `POST [base]` with a Bundle
(https://hl7.org/fhir/R4/http.html#transaction).

Entries are processed in their order, not in FHIR's. Long work - reading, validating, extracting search values -
is done in slices, so that the server answers other requests in between. A transaction is written in slices too, and
meanwhile the other requests of its world wait.
Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs and the server product's own pages.
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import Conflict, MethodNotAllowed, NotFound, SandboxError
from sandbox.fhir.base.validation import InvalidResource, Issue
from sandbox.fhir.resources.entries import BundleEntry, entry_of
from sandbox.fhir.resources.interactions import INTERACTIONS, WRITING
from sandbox.fhir.resources.interactions.conditional_references import targets
from sandbox.fhir.resources.interactions.search_type import search_stored_in_slices
from sandbox.fhir.resources.interactions.transaction_plan import (
    Failed,
    Failures,
    TransactionPlan,
    draft_of,
    links_of,
    own_id,
    planned_id,
    prepared,
)
from sandbox.fhir.resources.links import conditional
from sandbox.fhir.resources.patches import PatchLimits
from sandbox.fhir.resources.references import check_written
from sandbox.fhir.resources.repository import Draft, Repository
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.worlds.slices import Slices

Json = dict[str, Any]
SMALL_ENTRY = 2000
"""Bytes of an entry of a batch that is prepared without a thread."""

SEARCH = "search-type"

TRIES = 3
"""Maximum number of preparations of a transaction whose conditions match other resources when it is written."""


class Moved(Exception):
    """A condition matches another resource than when the transaction was prepared: under this id, at this entry."""

    def __init__(self, number: int, id_: str) -> None:
        super().__init__(number, id_)
        self.number, self.id = number, id_


class Stale(Exception):
    """A conditional reference matches another resource than when the transaction was prepared."""


async def transaction(repository: Repository, bundle: Json, size: int) -> list[InteractionResult]:
    """Return a result for each entry of a Bundle of a size in bytes.

    Raises Failed with every invalid entry, and then nothing has changed.
    """
    slices, unread = Slices(), Failures()
    entries: list[BundleEntry] = []
    for number, content in enumerate(bundle.get("entry", [])):
        with unread.at(number):
            entries.append(_entry(repository, "transaction", number, content))
        await slices.pause()
    ids: dict[int, str] = {}
    for entry in entries:
        if entry.resource is not None:
            with unread.at(entry.number):
                ids[entry.number] = planned_id(repository, entry)
        await slices.pause()
    # Prepared without a lock, so that a large Bundle does not stop the server; what has changed meanwhile is tried
    # again.
    for _ in range(TRIES):
        failures = Failures(dict(unread.errors))
        plan = await prepared(repository, entries, ids, slices, failures, size)
        try:
            return await _write_all(repository, plan, failures, slices)
        except Moved as moved:
            ids[moved.number] = moved.id
        except Stale:
            continue
    raise Failed(
        {
            0: Conflict(
                "Conditions changed while the transaction was prepared; please send it again",
                rule="customer.transaction-conflict",
            )
        }
    )


async def batch(repository: Repository, kind: str, bundle: Json, size: int) -> list[InteractionResult | SandboxError]:
    """Return a result or an error for each entry of a Bundle of a size in bytes, processed separately."""
    slices, answers = Slices(), []
    contents = bundle.get("entry", [])
    # A large Bundle may consist of one large entry; a thread for each of many small ones would cost more than them.
    size_of_each = size if size > SMALL_ENTRY * len(contents) else 0
    for number, content in enumerate(contents):
        answers.append(await _batch_result(repository, kind, number, content, slices, size_of_each))
        await slices.pause()
    return answers


async def _batch_result(
    repository: Repository, kind: str, number: int, content: Any, slices: Slices, size: int
) -> InteractionResult | SandboxError:
    try:
        entry = entry_of(
            kind, number, content, (repository.base, repository.mount), PatchLimits.of(repository.workspace.settings)
        )
        check_offered(repository, entry)
        draft = None if entry.resource is None else await _batch_draft(repository, entry, slices, size)
        return await carry_out_in_slices(repository, entry.code, entry.carrying(draft))
    except SandboxError as error:
        # Its traceback would keep what the entry was working on, such as a parsed query, until the answer is written.
        return error.with_traceback(None)


async def _batch_draft(repository: Repository, entry: BundleEntry, slices: Slices, size: int) -> Draft:
    """Build the draft of an entry of a batch: only its references that are searches are replaced."""
    references = dict(conditional(repository.release, entry.resource, (repository.base, repository.mount)))
    links = links_of(references, targets(repository, references) if references else {})
    id_ = entry.request.id or own_id(repository, entry)
    return await slices.aside(size, lambda: draft_of(repository, entry, links, id_))


def carry_out(repository: Repository, code: str, request: Request) -> InteractionResult:
    """Return the result of one request. Raises what the interaction raises, and then nothing has changed."""
    # Reads take no transaction: they would only pay for its bookkeeping.
    if code not in WRITING:
        return INTERACTIONS[code](repository, request)
    with repository.store.transaction():
        answer = INTERACTIONS[code](repository, request)
        check_written(repository, answer.changed)
        return answer


async def carry_out_in_slices(repository: Repository, code: str, request: Request) -> InteractionResult:
    """Return the result of one request; a search works in slices. Raises what the interaction raises."""
    if code == SEARCH:
        return await search_stored_in_slices(repository, request)
    return carry_out(repository, code, request)


def _entry(repository: Repository, kind: str, number: int, content: Any) -> BundleEntry:
    entry = entry_of(
        kind, number, content, (repository.base, repository.mount), PatchLimits.of(repository.workspace.settings)
    )
    check_offered(repository, entry)
    return entry


def check_offered(repository: Repository, entry: BundleEntry) -> None:
    """Raise NotFound for an unknown type, MethodNotAllowed for an interaction that the statement does not list.

    Raises Forbidden without the caller's role.
    """
    type_ = entry.request.type
    if type_ not in repository.offered.types:
        raise NotFound(f"Resource type {type_} does not exist", rule="customer.unknown-type")
    if entry.code not in repository.offered.types[type_].interactions:
        raise MethodNotAllowed(f"{entry.code} is not offered on {type_}", (), rule="customer.not-offered")
    repository.check_code(entry.code)
    if entry.code in ("create", "update") and entry.resource is None:
        raise InvalidResource((Issue(f"{entry.where}.resource", "missing required property"),))


async def _write_all(
    repository: Repository, plan: TransactionPlan, failures: Failures, slices: Slices
) -> list[InteractionResult]:
    """Write all entries in slices, while the other requests of the world wait. Raises Failed if an entry fails or has
    failed before, after trying all the others.
    """
    answers: list[InteractionResult] = []
    async with repository.workspace.in_flight.alone():
        # Other requests run between the slices of a preparation; only then can a reference mean something else.
        if repository.last_version != plan.version:
            _check_still_meant(repository, plan)
        with repository.store.transaction():
            for entry in plan.entries:
                if entry.number not in failures.errors:
                    with failures.at(entry.number):
                        answers.append(_write_entry(repository, plan, entry))
                await slices.pause()
            failures.check()
            for number, answer in enumerate(answers):
                # References between entries have their targets once all entries are written.
                with failures.at(number):
                    check_written(repository, answer.changed)
                await slices.pause()
            failures.check()
    return answers


def _check_still_meant(repository: Repository, plan: TransactionPlan) -> None:
    """Raise Stale if a conditional reference has another match now."""
    now = targets(repository, plan.references, plan.coming)
    if any(str(now[text]) != str(target) for text, target in plan.targets.items()):
        raise Stale


def _write_entry(repository: Repository, plan: TransactionPlan, entry: BundleEntry) -> InteractionResult:
    """Write one entry. Raises Moved, and what the interaction raises."""
    answer = INTERACTIONS[entry.code](repository, entry.carrying(plan.drafts.get(entry.number)))
    id_ = answer.resource.logical_id if answer.resource is not None else ""
    if id_ and id_ != plan.ids.get(entry.number, id_):
        raise Moved(entry.number, id_)
    return answer
