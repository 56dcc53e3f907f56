"""The answer of each API about one entity, to the first caller who gets it, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.console.doors import requests
from sandbox.console.doors.data import EntityData
from sandbox.console.doors.marks import marks_of
from sandbox.console.doors.printing import NONE, Token, json_tokens
from sandbox.console.doors.requests import DoorRequest
from sandbox.console.in_process import InnerResponse, send_request
from sandbox.console.patients.callers import ChosenCaller
from sandbox.console.snippets import HttpRequest
from sandbox.facts import Fact, ledger, weakest
from sandbox.http.call import Call
from sandbox.model import CarePlan, Consent, GeneralPractitioner, Message, NextOfKin
from sandbox.rest.catalogue import scopes_by_user_type

MOST_TRIES = 6
"""Callers that are tried until one of them gets the entity."""
TITLES = {"facade": "Facade", "aggregated": "Aggregated", "rest": "Custom REST"}
FIRST = {"facade": "system-client"}
"""Door → the kind of credential that is tried before others."""
RELEASES = {"facade": "STU3", "aggregated": "R4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPart:
    """The entry of an answer: the request, the caller, and the entry as tokens; without an entry, why."""

    line: str
    caller: str
    tokens: Sequence[Token] = ()
    problem: str = ""
    rule: str = ""
    standing: str = ""
    code: HttpRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorCard:
    """A door: its parts, or the fact that it does not show the kind."""

    door: str
    title: str
    subtitle: str
    standing: str
    parts: Sequence[AnswerPart] = ()
    absent: Fact | None = None


async def card_of(call: Call, entity: EntityData, door: str, callers: Sequence[ChosenCaller]) -> DoorCard:
    """Ask a door about an entity, as each caller in turn."""
    door_requests = requests_of(call, entity, door)
    if not door_requests:
        fact = ledger()[absence_of(entity.entity, door)]
        return DoorCard(door=door, title=TITLES[door], subtitle="does not show it", standing=fact.standing, absent=fact)
    ordered = sorted(callers, key=lambda caller: caller.principal.kind != FIRST.get(door))
    parts = [await _part(call, entity, door, request, ordered) for request in door_requests]
    # Refusals are shown only where nothing else is: one is enough to say why.
    good_parts = [part for part in parts if part.tokens] or parts[:1]
    return DoorCard(
        door=door,
        title=TITLES[door],
        subtitle=_subtitle(entity, door),
        standing=weakest(*(part.standing for part in good_parts)),
        parts=good_parts,
    )


def requests_of(call: Call, entity: EntityData, door: str) -> list[DoorRequest]:
    """Return the requests about an entity; none where the door does not show its kind."""
    table = entity.table
    if door == "facade":
        return list(requests.facade(table, entity.entity))
    if door == "rest":
        return list(requests.rest(table, entity.entity, entity.store)) if table.rest else []
    if table.aggregated_with and not getattr(call.settings, table.aggregated_with):
        return []
    return list(requests.aggregated(table, entity.entity))


def absence_of(entity: Any, door: str) -> str:
    """Return the fact by which a door does not show a kind."""
    if isinstance(entity, (GeneralPractitioner, NextOfKin)):
        return "doors.roadmap"
    if door == "aggregated" and isinstance(entity, (CarePlan, Message, Consent)):
        return "doors.aggregated-unlisted"
    return f"doors.{door}"


async def _part(
    call: Call, entity: EntityData, door: str, request: DoorRequest, callers: Iterable[ChosenCaller]
) -> AnswerPart:
    """Ask as the callers who may send the request, until one gets the entry."""
    first: AnswerPart | None = None
    suitable = [caller for caller in callers if door in caller.apis and _may_send(caller, request)]
    for caller in suitable[:MOST_TRIES]:
        response = await ask(call, request, caller)
        part = replace(_read(entity, door, request, caller, response), code=code_of(call, request, caller))
        if part.tokens:
            return part
        first = first or part
    return first or AnswerPart(line=request.line, caller="", problem="None of these callers may send this request.")


def _may_send(caller: ChosenCaller, request: DoorRequest) -> bool:
    return not request.scopes or not scopes_by_user_type().get(caller.user_type, frozenset()).isdisjoint(request.scopes)


def code_of(call: Call, request: DoorRequest, caller: ChosenCaller) -> HttpRequest:
    """Return a request as a client would send it, with its token in an environment variable."""
    headers = {"Authorization": "Bearer ${TOKEN}", **caller.headers}
    headers |= {"Content-Type": request.media_type} if request.media_type else {}
    url, body = call.base_url + request.line.partition(" ")[2], request.body.decode()
    return HttpRequest(request.method, url, tuple(headers.items()), body, variables=("TOKEN",))


async def ask(call: Call, request: DoorRequest, caller: ChosenCaller) -> InnerResponse:
    """Send a request of a door on behalf of a caller."""
    # Any token: the call is made on behalf of the caller, but APIs refuse a request without the header before that.
    headers = {"authorization": "Bearer console", **caller.headers}
    headers |= {"content-type": request.media_type} if request.media_type else {}
    return await send_request(
        call,
        request.method,
        request.path,
        query=request.query,
        headers=headers,
        body=request.body,
        principal=caller.principal,
    )


def _read(
    entity: EntityData, door: str, request: DoorRequest, caller: ChosenCaller, response: InnerResponse
) -> AnswerPart:
    part = AnswerPart(line=request.line, caller=caller.title, standing=response.standing)
    if response.status != 200:
        return replace(part, problem=f"{response.status}: {reason_of(response)}", rule=response.rule)
    if "json" not in response.headers.get("content-type", ""):
        text = f"{len(response.body):,} bytes of {response.headers.get('content-type', 'an unknown type')}"
        return replace(part, tokens=[Token(text, frozenset(_keys_at(entity, door, request.start)))])
    entry = request.pick(response.json())
    if entry is None:
        return replace(part, problem="This caller gets an answer without it.")
    marks = marks_of(entity, door, request.start, entry, request.base)
    return replace(part, tokens=json_tokens(entry, marks))


def _keys_at(entity: EntityData, door: str, place: str) -> Iterable[str]:
    data = (datum for data in entity.by_attribute.values() for datum in data)
    return [datum.key for datum in data if place in getattr(datum.attribute, door)] or NONE


def reason_of(response: InnerResponse) -> str:
    """Return the text of a refusal in any dialect."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:300]
    if not isinstance(body, dict):
        return "refused"
    issue: dict[str, Any] = next(iter(body.get("issue", ())), {})
    details = issue.get("details", {}).get("text", "")
    return str(issue.get("diagnostics") or details or body.get("message") or body.get("code") or "refused")[:300]


def _subtitle(entity: EntityData, door: str) -> str:
    if door == "rest":
        return "JSON"
    type_ = getattr(entity.table, door) or "Consent"
    return f"{type_} · {RELEASES[door]}"
