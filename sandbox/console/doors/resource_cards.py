"""What the doors have of a resource that a Customer sent: its own endpoint as it was sent, Aggregated in R4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sandbox.console.doors.cards import TITLES, AnswerPart, DoorCard, ask, code_of, reason_of
from sandbox.console.doors.places import Path
from sandbox.console.doors.printing import json_tokens
from sandbox.console.doors.requests import DoorRequest
from sandbox.console.patients.callers import ChosenCaller
from sandbox.console.patients.resources import CustomerResource
from sandbox.facts import ledger
from sandbox.fhir.base.endpoints import AGGREGATED
from sandbox.http.call import Call
from sandbox.model import Organisation

Json = dict[str, Any]
MOST_TRIES = 6
"""Maximum number of callers as which a door is asked."""


async def cards_of(call: Call, resource: CustomerResource, callers: Sequence[ChosenCaller]) -> list[DoorCard]:
    """Return the cards of all doors; the values that the endpoint and Aggregated have at the same path are one fact."""
    type_, id_ = resource.resource.type, resource.resource.logical_id
    own = DoorRequest(path=f"/customer/{resource.resource.endpoint}/fhir/{type_}/{id_}", pick=_whole_body, start="")
    owners = [caller for caller in callers if caller.principal.credential.organisation == resource.owner]
    part, stored = await _first_answer(call, own, [caller for caller in owners if caller.principal.kind == CUSTOMER])
    aggregated, merged = await _aggregated(call, resource, callers)
    keys = {path: _key(path) for path, value in _scalars(stored, ()) if _value_at(merged, path) == value}
    marks = {path: frozenset({key}) for path, key in keys.items()}
    endpoint = DoorCard(
        door="customer",
        title="Customer FHIR",
        subtitle=f"{resource.resource.endpoint} · {_release(call, resource)} · version {resource.resource.version}",
        standing=part.standing,
        parts=[replace(part, tokens=json_tokens(stored, marks) if stored else ())],
    )
    r4 = DoorCard(
        door="aggregated",
        title=TITLES["aggregated"],
        subtitle=f"{resource.row.target.partition('/')[0] or type_} · R4",
        standing=aggregated.standing,
        parts=[replace(aggregated, tokens=json_tokens(merged, marks) if merged else ())],
    )
    absent = [("hl7", "HL7 v2"), ("facade", TITLES["facade"]), ("rest", TITLES["rest"])]
    return [endpoint, r4, *(_absent_card(door, title) for door, title in absent)]


CUSTOMER = "customer-system-client"


async def _aggregated(
    call: Call, resource: CustomerResource, callers: Sequence[ChosenCaller]
) -> tuple[AnswerPart, Json | None]:
    if not resource.row.target:
        reason = resource.row.reason or "it is not of a type that Aggregated shows"
        return AnswerPart(line="", caller="", problem=f"Skipped: {reason}.", standing="documented"), None
    request = DoorRequest(path=f"{AGGREGATED.prefix}/{resource.row.target}", pick=_whole_body, start="")
    suitable = [caller for caller in callers if "aggregated" in caller.apis]
    ordered = sorted(suitable, key=lambda caller: caller.principal.credential.organisation != resource.owner)
    return await _first_answer(call, request, ordered)


async def _first_answer(
    call: Call, request: DoorRequest, callers: Sequence[ChosenCaller]
) -> tuple[AnswerPart, Json | None]:
    """Ask as each caller until one gets the resource."""
    part = AnswerPart(line=request.line, caller="", problem="No credential of this world may read it.")
    for caller in callers[:MOST_TRIES]:
        response = await ask(call, request, caller)
        code = code_of(call, request, caller)
        part = AnswerPart(line=request.line, caller=caller.title, standing=response.standing, code=code)
        if response.status == 200:
            return part, response.json()
        part = replace(part, problem=f"{response.status}: {reason_of(response)}", rule=response.rule)
    return part, None


def _absent_card(door: str, title: str) -> DoorCard:
    fact = ledger()[f"doors.{door}"]
    return DoorCard(door=door, title=title, subtitle="does not show it", standing=fact.standing, absent=fact)


def _release(call: Call, resource: CustomerResource) -> str:
    organisation = call.workspace.store.find_one(Organisation, resource.owner)
    endpoints = organisation.endpoints if organisation is not None else ()
    name = resource.resource.endpoint
    return next((endpoint.release.upper() for endpoint in endpoints if endpoint.name == name), "")


def _whole_body(body: Any) -> Any:
    return body


def _scalars(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _scalars(part, (*path, name))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _scalars(item, (*path, position))
    # Each endpoint has ids and meta of its own: equal values there are no common fact.
    elif path and path[0] not in ("id", "meta", "resourceType"):
        yield path, value


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _key(path: Path) -> str:
    return ".".join(map(str, path))
