"""What a caller really gets of a record: the lists of each API by kind, and for each data point why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sandbox.base.ids import aggregated_id, legacy_id
from sandbox.console.doors import requests
from sandbox.console.doors.cards import TITLES, absence_of, ask
from sandbox.console.doors.requests import READ_BY_ID, DoorRequest
from sandbox.console.patients.callers import ChosenCaller
from sandbox.console.patients.entries import Entry
from sandbox.console.patients.reasons import Reason, reason_to_hide, reason_to_see
from sandbox.facts import ledger
from sandbox.http.call import Call
from sandbox.model import DataPoint, LabReport, Patient
from sandbox.rest.catalogue import scopes_by_user_type
from sandbox.worlds.attributes.table import AttributeTable, tables

MOST_READS = 30
"""Entities of a kind that are read one by one, where an API has no list."""
SHOWN, HIDDEN, ABSENT = "shown", "hidden", "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCell:
    """Whether an API shows a data point: `shown`, `hidden`, or `absent` because it never shows the kind."""

    api: str
    state: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRow:
    """A data point, and a cell for each API of the caller: shown or not, and why."""

    entry: Entry
    cells: Sequence[ViewCell]


@dataclass(slots=True)
class _Answers:
    """The ids that an API returned by kind, and the refusal of a kind."""

    ids: dict[tuple[str, type], set[str]] = field(default_factory=dict)
    refusals: dict[tuple[str, type], Reason] = field(default_factory=dict)


async def view(call: Call, caller: ChosenCaller, patient: Patient, entries: Sequence[Entry]) -> list[ViewRow]:
    """Ask every API of a caller for the kinds of some entries, and say of each entry whether it came."""
    answers = _Answers()
    for kind in dict.fromkeys(type(entry.point) for entry in entries):
        points = [entry.point for entry in entries if type(entry.point) is kind]
        for api in caller.apis:
            await _ask(call, caller, patient, api, points, answers)
    return [
        ViewRow(entry=entry, cells=[_cell(caller, patient, api, entry.point, answers) for api in caller.apis])
        for entry in entries
    ]


async def _ask(
    call: Call, caller: ChosenCaller, patient: Patient, api: str, points: list[DataPoint], answers: _Answers
) -> None:
    table, key = tables()[type(points[0])], (api, type(points[0]))
    api_requests = list(_requests(call, caller, patient, api, table, points))
    if not api_requests:
        answers.refusals[key] = Reason(ledger()["rest.wrong-scope"], f"this list is not for {caller.user_type}")
    for request in api_requests:
        response = await ask(call, request, caller)
        if response.status == 200:
            rows = request.pick(response.json()) or []
            rows = rows if isinstance(rows, list) else [rows]
            name = "reportId" if table.entity is LabReport and api == "rest" else "id"
            answers.ids.setdefault(key, set()).update(str(row.get(name)) for row in rows)
        # A 404 of one entity says nothing about the kind; any other refusal is about all of it.
        elif response.status != 404 and response.rule in ledger():
            rule = ledger()[response.rule]
            answers.refusals[key] = Reason(rule, f"the request is refused with {response.status}")
    if _has_requests(call, api, table):
        answers.ids.setdefault(key, set())


def _requests(
    call: Call, caller: ChosenCaller, patient: Patient, api: str, table: AttributeTable, points: list[DataPoint]
) -> Iterator[DoorRequest]:
    if not _has_requests(call, api, table):
        return
    if api == "aggregated":
        is_long = len(call.workspace.store.ids(table.entity, "patient", patient.id)) > requests.MOST
        if is_long:
            yield from (request for point in points for request in requests.aggregated(table, point))
        else:
            yield requests.aggregated_list(table, patient)
    elif api == "rest":
        allowed = scopes_by_user_type().get(caller.user_type, frozenset())
        yield from (row for row in requests.rest_lists(table, patient) if not allowed.isdisjoint(row.scopes))
    elif issubclass(table.entity, READ_BY_ID):
        for point in points[:MOST_READS]:
            yield from requests.facade(table, point)
    else:
        yield requests.facade_list(table, patient)


def _has_requests(call: Call, api: str, table: AttributeTable) -> bool:
    """Return whether an API shows a kind at all."""
    if api == "aggregated":
        is_set = not table.aggregated_with or bool(getattr(call.settings, table.aggregated_with))
        return bool(table.aggregated) and is_set
    return bool(table.rest if api == "rest" else table.facade)


def _cell(caller: ChosenCaller, patient: Patient, api: str, point: DataPoint, answers: _Answers) -> ViewCell:
    key = (api, type(point))
    if key not in answers.ids:
        fact = ledger()[absence_of(point, api)]
        return ViewCell(api=api, state=ABSENT, reason=Reason(fact, f"{TITLES[api]} does not show this kind"))
    id_ = {"aggregated": aggregated_id, "rest": legacy_id}.get(api, str)(point.id)
    if id_ in answers.ids[key]:
        return ViewCell(api=api, state=SHOWN, reason=reason_to_see(caller, patient, point, api))
    if key in answers.refusals:
        return ViewCell(api=api, state=HIDDEN, reason=answers.refusals[key])
    return ViewCell(api=api, state=HIDDEN, reason=reason_to_hide(caller, patient, point, api))
