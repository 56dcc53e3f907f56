"""The items that PKB would have sent, as they would look, and those that it would not have sent, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs, urlsplit

from starlette.responses import Response

from sandbox.console.pages.bench.commands import command
from sandbox.console.pages.patients.paging import page_of
from sandbox.console.patients.describing import Describer
from sandbox.console.rendering import link, render_page
from sandbox.domain.notifications.suppression import reasons
from sandbox.domain.patients.invitations import JOIN
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import OutboxItem, Patient
from sandbox.model.post import CHANNELS, OUTBOX_KINDS
from sandbox.store import Store

SIZE = 20
STATES = (("", "sent"), ("true", "not sent"), ("all", "all"))
"""Value of `?suppressed=` → the items that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedLink:
    """A link in an item: its address, and the page of the console in place of PKB's page, if there is one."""

    address: str
    page: str
    title: str


def show_outbox(call: Call) -> Response:
    query = {name: value.strip() for name, value in call.request.query_params.items()}
    page = page_of(call, list(matches(call.workspace.store, query)), SIZE)
    return render_page(
        call,
        "bench/outbox.html",
        title="Outbox",
        page=page,
        rows=[_row(call, Describer(call.workspace), item) for item in page.rows],
        query={name: query.get(name, "") for name in ("kind", "channel", "to", "patient", "suppressed")},
        kinds=OUTBOX_KINDS,
        channels=CHANNELS,
        states=STATES,
        total=call.workspace.store.count(OutboxItem),
        command=partial(command, call),
    )


def matches(store: Store, query: Mapping[str, str]) -> Iterator[OutboxItem]:
    """Return the items that fit the filters, newest first. `to` and `patient` may be parts of an address or a name."""
    kind, channel, to, patient = (query.get(name, "") for name in ("kind", "channel", "to", "patient"))
    for item in _items(store, query.get("suppressed", "")):
        is_alike = (not kind or item.kind == kind) and (not channel or item.channel == channel)
        if is_alike and to.casefold() in item.to.casefold() and (not patient or _is_about(store, item, patient)):
            yield item


def linked_page(call: Call, item: OutboxItem, address: str) -> FollowedLink:
    """Return the page of the console in place of a page of PKB; for links to other sites there is none."""
    if not address.startswith("/"):
        return FollowedLink(address=address, page="", title="")
    parts = urlsplit(address)
    if parts.path.startswith(f"{JOIN}/") or parts.path == JOIN:
        codes = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return FollowedLink(address=call.base_url + address, page=link(call, "/join", **codes), title="Register")
    page = link(call, f"/patients/{item.patient}")
    return FollowedLink(address=call.base_url + address, page=page, title="Open the record")


def _items(store: Store, suppressed: str) -> Iterator[OutboxItem]:
    if suppressed == "all":
        yield from reversed(list(store.all(OutboxItem)))
        return
    for id_ in store.latest(OutboxItem, "sent", suppressed != "true"):
        yield store.get(OutboxItem, id_)


def _is_about(store: Store, item: OutboxItem, words: str) -> bool:
    patient = store.find_one(Patient, item.patient)
    name = patient.name.display if patient is not None else ""
    return item.patient == words.lower() or words.casefold() in name.casefold()


def _row(call: Call, describer: Describer, item: OutboxItem) -> dict[str, object]:
    return {
        "item": item,
        "recipient": describer.recipient(item),
        "patient": describer.person(item.patient),
        "organisation": describer.organisation(item.organisation) if item.organisation else "",
        "reason": reasons().get(item.suppressed, item.suppressed),
        "links": [linked_page(call, item, address) for address in item.links],
    }


ROUTES = (Route("GET", "/bench/outbox", show_outbox, "Outbox"),)
