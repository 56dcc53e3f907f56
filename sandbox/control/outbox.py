"""The outbox: the items that PKB would have sent, and the suppressed ones with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from starlette.responses import Response

from sandbox.base.clock import instant
from sandbox.control.partner_links import PartnerLinks
from sandbox.control.queries import instant_of
from sandbox.control.waiting import Wake, first_matches, seconds_of
from sandbox.domain import due
from sandbox.domain.notifications import outbox
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, parameters
from sandbox.model import OutboxItem, Patient
from sandbox.model.post import CHANNELS, OUTBOX_KINDS
from sandbox.worlds.listeners import Remove

Json = dict[str, Any]
Matches = Callable[[OutboxItem], bool]
SUPPRESSED = {"false": (False,), "true": (True,), "all": (False, True)}
WORDS = {"kind": OUTBOX_KINDS, "channel": CHANNELS, "suppressed": tuple(SUPPRESSED)}
"""Parameter → its allowed values."""
EQUAL = ("exchange", "to", "kind", "channel", "patient")
"""Parameters that must equal the item's attribute of the same name."""


async def _list(call: Call) -> Any:
    """Return the matching items, oldest first; with `wait`, wait for the first."""
    query = parameters(call, (*EQUAL, "since", "suppressed", "wait"))
    matches, seconds = _matches(query), seconds_of(query)
    world = call.workspace
    newest: tuple[str | None, ...] | None = None

    async def look() -> list[OutboxItem]:
        nonlocal newest
        world.catch_up()
        # A waiting call is woken by everything that could matter; the list is only read when an item has come.
        newest, before = _latest(call), newest
        return list(_chosen(call, matches)) if newest != before else []

    def wake_on(wake: Wake) -> Remove:
        return world.mail.add(lambda item: wake() if item is None or matches(item) else None)

    items = await first_matches(call, seconds, look, wake_on, lambda: due.seconds_until_next(world.store, world.clock))
    links = PartnerLinks(call)
    return {"items": [_item_view(call, item, links) for item in items]}


def _latest(call: Call) -> tuple[str | None, ...]:
    """Return the newest sent and suppressed item; a change means that a new item has arrived."""
    store = call.workspace.store
    return tuple(next(store.latest(OutboxItem, "sent", is_sent), None) for is_sent in (True, False))


def _chosen(call: Call, matches: Matches) -> Iterator[OutboxItem]:
    return (item for item in call.workspace.store.all(OutboxItem) if matches(item))


def _matches(query: dict[str, str]) -> Matches:
    """Return the filter of the parameters. Raises Invalid with the parameter."""
    for name, words in WORDS.items():
        if query.get(name, words[0]) not in words:
            raise Invalid(f"{name} must be one of: {', '.join(words)}")
    empty_name = next((name for name in EQUAL if query.get(name) == ""), None)
    if empty_name is not None:
        raise Invalid(f"{empty_name} must not be empty")
    since = instant_of(query["since"]) if "since" in query else None
    wanted = SUPPRESSED[query.get("suppressed", "false")]
    equal = {name: query[name] for name in EQUAL if name in query}

    def matches(item: OutboxItem) -> bool:
        return (
            bool(item.suppressed) in wanted
            and all(getattr(item, name) == value for name, value in equal.items())
            and (since is None or item.at >= since)
        )

    return matches


def _empty(call: Call) -> Response:
    parameters(call, ())
    outbox.empty(call.workspace.record)
    return Response(status_code=204)


def as_json(call: Call, item: OutboxItem) -> Json:
    return _item_view(call, item, PartnerLinks(call))


def _item_view(call: Call, item: OutboxItem, links: PartnerLinks) -> Json:
    return {
        "id": item.id,
        "at": instant(item.at),
        "to": item.to,
        "kind": item.kind,
        "channel": item.channel,
        "patient": item.patient,
        "organisation": item.organisation,
        "about": {"kind": item.about.kind, "id": item.about.id} if item.about else None,
        "exchange": item.exchange,
        "suppressed": item.suppressed or None,
        "text": item.text,
        "links": [_link_address(call, item, link, links) for link in item.links],
    }


def _link_address(call: Call, item: OutboxItem, link: str, links: PartnerLinks) -> str:
    """Complete a link: to PKB with the base URL that the client used, to a partner as the patient would follow it."""
    if link.startswith("/"):
        return call.base_url + link
    patient = call.workspace.store.find_one(Patient, item.patient)
    return links.partner_address(patient, link) if patient and item.to in (patient.id, patient.email) else link


OPERATIONS = (
    ControlOperation(
        "GET", "/outbox", "Lists the items that PKB would have sent and, on request, the suppressed items", _list
    ),
    ControlOperation("DELETE", "/outbox", "Empties the outbox", _empty),
)
