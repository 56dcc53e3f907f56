"""All data points of a record by date, filtered by kind, source and label."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from sandbox.console.pages.patients.paging import page_of
from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.describing import LABELS, Describer
from sandbox.console.patients.entries import Entry, entries_of
from sandbox.control.records import patient_of
from sandbox.http.call import Call

SIZE = 50
FILTERS = ("kind", "source", "label")


def show(call: Call) -> Response:
    patient, describer = patient_of(call), Describer(call.workspace)
    entries = entries_of(describer, patient, call.workspace.clock.now())
    chosen = {name: call.request.query_params.get(name, "") for name in FILTERS}
    matches = [entry for entry in entries if _is_chosen(entry, chosen)]
    return render_record(
        call,
        patient,
        "patients/timeline.html",
        "",
        describer,
        page=page_of(call, matches, SIZE),
        chosen=chosen,
        options=_options(entries),
        total=len(entries),
    )


def _is_chosen(entry: Entry, chosen: dict[str, str]) -> bool:
    values = {"kind": entry.kind, "source": entry.source_key, "label": entry.point.label}
    return all(not value or values[name] == value for name, value in chosen.items())


def _options(entries: list[Entry]) -> dict[str, list[tuple[str, str]]]:
    """Return the choices of each filter, each with how many entries it has."""
    return {
        "kind": _counted((entry.kind, entry.name) for entry in entries),
        "source": _counted((entry.source_key, entry.source) for entry in entries),
        "label": _counted((entry.point.label, LABELS.get(entry.point.label, "none")) for entry in entries),
    }


def _counted(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    counts: dict[str, tuple[str, int]] = {}
    for key, text in pairs:
        counts[key] = (counts.get(key, (text, 0))[0], counts.get(key, ("", 0))[1] + 1)
    return [(key, f"{text} ({number})") for key, (text, number) in counts.items()]
