"""The transaction and batch interactions: `POST [base]` with a Bundle (https://hl7.org/fhir/R4/http.html#transaction).

Entries run in the order that is given, not in FHIR's. What takes long - reading, validating, taking out search values -
is done in slices with other requests in between; a transaction is then written in one go, all or nothing.
Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs and the server product's own pages.
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import Conflict, MethodNotAllowed, NotFound, SandboxError
from sandbox.fhir.customer.entries import Entry, entry_of
from sandbox.fhir.customer.links import conditional
from sandbox.fhir.customer.references import check_references
from sandbox.fhir.feed import Draft, Feed
from sandbox.fhir.interactions import INTERACTIONS, WRITING
from sandbox.fhir.interactions.conditional_references import targets
from sandbox.fhir.interactions.transaction_plan import (
    Failed,
    Failures,
    Plan,
    draft_of,
    links_of,
    own_id,
    planned_id,
    prepared,
)
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


class Stale(Exception):
    """A conditional reference means another resource than when the transaction was prepared."""


async def transaction(feed: Feed, bundle: Json) -> list[Answer]:
    """An answer for each entry. Raises Failed with every entry that went wrong, and then nothing has changed."""
    slices, unread = Slices(), Failures()
    entries: list[Entry] = []
    for number, one in enumerate(bundle.get("entry", [])):
        with unread.at(number):
            entries.append(_entry(feed, "transaction", number, one))
    ids: dict[int, str] = {}
    for entry in entries:
        if entry.resource is not None:
            with unread.at(entry.number):
                ids[entry.number] = planned_id(feed, entry)
    for _ in range(TRIES):
        failures = Failures(dict(unread.errors))
        plan = await prepared(feed, entries, ids, slices, failures)
        try:
            return _write(feed, plan, failures)
        except Moved as moved:
            ids[moved.number] = moved.id
        except Stale:
            continue
    raise Failed({0: Conflict("The conditions change too often: send it again", rule="customer.transaction-conflict")})


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
        draft = None if entry.resource is None else _draft_alone(feed, entry)
        return carried_out(feed, entry.code, entry.carrying(draft))
    except SandboxError as error:
        return error


def _draft_alone(feed: Feed, entry: Entry) -> Draft:
    """The draft of an entry whose references lead to nothing in its Bundle, unless they are searches."""
    references = dict(conditional(feed.release, entry.resource, (feed.base, feed.mount)))
    links = links_of(references, targets(feed, references) if references else {})
    return draft_of(feed, entry, links, entry.request.id or own_id(feed, entry))


def carried_out(feed: Feed, code: str, request: Request) -> Answer:
    """What comes of one request on its own. Raises what the interaction raises, and then nothing has changed."""
    if code not in WRITING:
        return INTERACTIONS[code](feed, request)
    with feed.store.transaction():
        answer = INTERACTIONS[code](feed, request)
        check_references(feed, answer.changed)
        return answer


def _entry(feed: Feed, kind: str, number: int, one: Any) -> Entry:
    entry = entry_of(kind, number, one, (feed.base, feed.mount))
    check_offered(feed, entry)
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


def _write(feed: Feed, plan: Plan, failures: Failures) -> list[Answer]:
    """Raises Failed, when an entry goes wrong or has gone wrong before, once all the others were tried."""
    if feed.last_version != plan.version:
        _check_still_meant(feed, plan)
    answers: list[Answer] = []
    with feed.store.transaction():
        for entry in plan.entries:
            if entry.number not in failures.errors:
                with failures.at(entry.number):
                    answers.append(_written(feed, plan, entry))
        failures.check()
        for number, answer in enumerate(answers):
            # References to other entries lead somewhere once all are written.
            with failures.at(number):
                check_references(feed, answer.changed)
        failures.check()
    return answers


def _check_still_meant(feed: Feed, plan: Plan) -> None:
    """Raises Stale when a conditional reference means something else by now."""
    now = targets(feed, plan.references, plan.coming)
    if any(str(now[text]) != str(target) for text, target in plan.targets.items()):
        raise Stale


def _written(feed: Feed, plan: Plan, entry: Entry) -> Answer:
    """Raises Moved, and what the interaction raises."""
    answer = INTERACTIONS[entry.code](feed, entry.carrying(plan.drafts.get(entry.number)))
    id_ = answer.resource.logical_id if answer.resource is not None else ""
    if id_ and id_ != plan.ids.get(entry.number, id_):
        raise Moved(entry.number, id_)
    return answer
