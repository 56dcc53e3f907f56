"""The transaction and batch interactions: `POST [base]` with a Bundle (https://hl7.org/fhir/R4/http.html#transaction).

Entries run in the order that is given, not in FHIR's. What takes long - reading, validating, taking out search values -
is done in slices with other requests in between; a transaction is then written in one go, all or nothing.
Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs and the server product's own pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.errors import Conflict, MethodNotAllowed, NotFound, SandboxError
from sandbox.fhir.customer.drafts import check_id, draft, valid
from sandbox.fhir.customer.entries import Entry, entry_of
from sandbox.fhir.customer.links import relinked
from sandbox.fhir.customer.references import check_references
from sandbox.fhir.feed import Draft, Feed
from sandbox.fhir.interactions import INTERACTIONS, WRITING
from sandbox.fhir.interactions.conditional import the_one
from sandbox.fhir.requests import Answer, Request
from sandbox.fhir.slices import Slices
from sandbox.fhir.validation import InvalidResource, Issue

Json = dict[str, Any]
TRIES = 3
"""A transaction whose conditions mean other resources when it is written is prepared again, so often."""


class Moved(Exception):
    """A condition means another resource than when the transaction was prepared: under this id, at this entry."""

    def __init__(self, number: int, id_: str) -> None:
        super().__init__(number, id_)
        self.number, self.id = number, id_


class Failed(Exception):
    """An entry of a transaction went wrong, and with it everything."""

    def __init__(self, entry: int, error: SandboxError) -> None:
        super().__init__(entry, error)
        self.entry, self.error = entry, error


async def transaction(feed: Feed, bundle: Json) -> list[Answer]:
    """An answer for each entry. Raises Failed, and then nothing has changed."""
    slices = Slices()
    entries = [_entry(feed, "transaction", number, one) for number, one in enumerate(bundle.get("entry", []))]
    ids = {entry.number: planned_id(feed, entry) for entry in entries if entry.resource is not None}
    for _ in range(TRIES):
        drafts = await _drafts(feed, entries, ids, slices)
        try:
            return _write(feed, entries, drafts, ids)
        except Moved as moved:
            ids[moved.number] = moved.id
    raise Failed(0, Conflict("The conditions change too often: send it again", rule="customer.transaction-conflict"))


async def batch(feed: Feed, kind: str, bundle: Json) -> list[Answer | SandboxError]:
    """An answer or an error for each entry, each on its own."""
    slices, answers = Slices(), []
    for number, one in enumerate(bundle.get("entry", [])):
        answers.append(_alone(feed, kind, number, one))
        await slices.pause()
    return answers


def _alone(feed: Feed, kind: str, number: int, one: Any) -> Answer | SandboxError:
    try:
        entry = entry_of(kind, number, one, (feed.base, feed.mount))
        check_offered(feed, entry)
        made = None if entry.resource is None else _draft(feed, entry, {}, entry.request.id or own_id(feed, entry))
        return carried_out(feed, entry.code, entry.carrying(made))
    except SandboxError as error:
        return error


def carried_out(feed: Feed, code: str, request: Request) -> Answer:
    """What comes of one request on its own. Raises what the interaction raises, and then nothing has changed."""
    if code not in WRITING:
        return INTERACTIONS[code](feed, request)
    with feed.store.transaction():
        answer = INTERACTIONS[code](feed, request)
        check_references(feed, answer.changed)
        return answer


def _entry(feed: Feed, kind: str, number: int, one: Any) -> Entry:
    try:
        entry = entry_of(kind, number, one, (feed.base, feed.mount))
        check_offered(feed, entry)
    except SandboxError as error:
        raise Failed(number, error) from error
    return entry


def check_offered(feed: Feed, entry: Entry) -> None:
    """Raises NotFound for a type that there is not, MethodNotAllowed for what the statement does not list on it.

    Raises Forbidden for what the caller has no role for.
    """
    type_ = entry.request.type
    if type_ not in feed.offered.types:
        raise NotFound(f"Resource type {type_} does not exist", rule="customer.unknown-type")
    if entry.code not in feed.offered.types[type_].interactions:
        raise MethodNotAllowed(f"{entry.code} is not offered on {type_}", (), rule="customer.not-offered")
    feed.check_code(entry.code)
    if entry.code in ("create", "update") and entry.resource is None:
        raise InvalidResource((Issue(f"{entry.where}.resource", "missing required property"),))


def planned_id(feed: Feed, entry: Entry) -> str:
    """The id that an entry's resource will have: that of what its criteria find now, its own, or a new one."""
    if entry.request.id:
        return entry.request.id
    try:
        found = the_one(feed, entry.request) if entry.request.criteria else None
    except SandboxError as error:
        raise Failed(entry.number, error) from error
    return found.logical_id if found else own_id(feed, entry)


def own_id(feed: Feed, entry: Entry) -> str:
    """The id in an entry's resource, or a new one."""
    own = entry.resource.get("id") if isinstance(entry.resource, dict) else None
    return own if isinstance(own, str) else feed.workspace.ids.uuid()


async def _drafts(feed: Feed, entries: Sequence[Entry], ids: Mapping[int, str], slices: Slices) -> dict[int, Draft]:
    links = {entry.full_url: f"{entry.request.type}/{ids[entry.number]}" for entry in entries if entry.number in ids}
    links.pop("", None)
    drafts = {}
    for entry in entries:
        if entry.number in ids:
            try:
                drafts[entry.number] = _draft(feed, entry, links, ids[entry.number])
            except SandboxError as error:
                raise Failed(entry.number, error) from error
        await slices.pause()
    return drafts


def _draft(feed: Feed, entry: Entry, links: Mapping[str, str], id_: str) -> Draft:
    resource = relinked(entry.resource, links) if links else entry.resource
    if entry.request.id:
        check_id(resource, id_)
    elif entry.request.criteria and isinstance(resource, dict):
        resource = {**resource, "id": id_}
    return draft(feed.release, valid(feed.release, entry.request.type, resource, id_))


def _write(feed: Feed, entries: Sequence[Entry], drafts: Mapping[int, Draft], ids: Mapping[int, str]) -> list[Answer]:
    answers = []
    with feed.store.transaction():
        for entry in entries:
            try:
                answer = INTERACTIONS[entry.code](feed, entry.carrying(drafts.get(entry.number)))
            except SandboxError as error:
                raise Failed(entry.number, error) from error
            if answer.resource is not None and answer.resource.logical_id != ids.get(
                entry.number, answer.resource.logical_id
            ):
                raise Moved(entry.number, answer.resource.logical_id)
            answers.append(answer)
        _check_references(feed, answers)
    return answers


def _check_references(feed: Feed, answers: Sequence[Answer]) -> None:
    """References to other entries lead somewhere once all are written."""
    for number, answer in enumerate(answers):
        try:
            check_references(feed, answer.changed)
        except SandboxError as error:
            raise Failed(number, error) from error
