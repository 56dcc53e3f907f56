"""All data points of a record by date, filtered by kind, source and label."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from sandbox.console.pages.patients.paging import page_of
from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.describing import LABELS, Describer
from sandbox.console.patients.entries import KIND_OF, entry_of, points_of, source_key
from sandbox.console.patients.resources import resources_of
from sandbox.control.records import patient_of
from sandbox.http.call import Call
from sandbox.model import DataPoint
from sandbox.worlds.attributes.table import tables

SIZE = 50
MOST_RESOURCES = 50
FILTERS = ("kind", "source", "label")


def show_timeline(call: Call) -> Response:
    patient, describer, now = patient_of(call), Describer(call.workspace), call.workspace.clock.now()
    points = points_of(call.workspace.store, patient)
    chosen = {name: call.request.query_params.get(name, "") for name in FILTERS}
    page = page_of(call, [point for point in points if _is_chosen(point, chosen)], SIZE)
    return render_record(
        call,
        patient,
        "patients/timeline.html",
        "",
        describer,
        page=page,
        rows=[entry_of(describer, point, now) for point in page.rows],
        chosen=chosen,
        options=_options(describer, points),
        total=len(points),
        resources=resources_of(call.workspace, patient)[:MOST_RESOURCES],
    )


def _is_chosen(point: DataPoint, chosen: dict[str, str]) -> bool:
    return all(not value or _value(point, name) == value for name, value in chosen.items())


def _value(point: DataPoint, name: str) -> str:
    if name == "kind":
        return KIND_OF[type(point)]
    return source_key(point.source) if name == "source" else point.label


def _options(describer: Describer, points: list[DataPoint]) -> dict[str, list[tuple[str, str]]]:
    """Return the choices of each filter, each with how many entries it has."""
    words: dict[str, Callable[[DataPoint], str]] = {
        "kind": lambda point: tables()[type(point)].name,
        "source": lambda point: describer.place(point.source),
        "label": lambda point: LABELS.get(point.label, "none"),
    }
    return {name: _counted(points, name, text_of) for name, text_of in words.items()}


def _counted(points: list[DataPoint], name: str, text_of: Callable[[DataPoint], str]) -> list[tuple[str, str]]:
    groups: dict[str, list[DataPoint]] = {}
    for point in points:
        groups.setdefault(_value(point, name), []).append(point)
    return [(key, f"{text_of(members[0])} ({len(members)})") for key, members in groups.items()]
