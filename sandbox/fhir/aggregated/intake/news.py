"""Notifications to patients about Customers' new resources."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.base.clock import parse_instant
from sandbox.domain.notifications import audience
from sandbox.domain.notifications.news import GENERAL, News
from sandbox.domain.record import Record
from sandbox.fhir.aggregated.output.visibility import records
from sandbox.fhir.base.json import parse
from sandbox.model import About, Patient, Upstream

Json = dict[str, Any]
UNANNOUNCED = ("draft", "entered-in-error")
LABORATORY = "laboratory"
DISCHARGE = "discharge"


def notify_patients(record: Record, row: Upstream) -> None:
    """Notify the patients of a resource that is now in Aggregated."""
    rule = _types().get(row.type)
    patients = list(_patients(record, row)) if rule is not None and row.target else []
    if rule is None or not patients:
        return
    resource = parse(row.text.encode())
    at = _instant(resource, rule["at"]) if "at" in rule else None
    # An Encounter is announced when it ends: the event of PKB's notification is the discharge.
    ended = rule["event"] != DISCHARGE or (resource.get("status") == "finished" and at is not None)
    if resource.get("status") in UNANNOUNCED or not ended:
        return
    news = News(
        event=_event(rule, resource),
        about=About(kind=row.type, id=row.id.rpartition("/")[2]),
        organisation=row.owner,
        label=row.label or GENERAL,
        at=at,
    )
    for patient in patients:
        audience.notify(record, patient, news)


@cache
def _types() -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = datafiles.read_toml(datafiles.beside_code("fhir/aggregated/intake/news.toml"))[
        "type"
    ]
    return rows


def _patients(record: Record, row: Upstream) -> Iterable[Patient]:
    rows = (record.store.find_one(Upstream, id_) for id_ in row.patients)
    targets = dict.fromkeys(entry.target for entry in rows if entry is not None and entry.target)
    return (patient for target in targets for patient in records(record.store, target))


def _event(rule: dict[str, str], resource: Json) -> str:
    """Return the event of an Observation: a result if its category is laboratory, else a measurement. Other types
    have fixed events.
    """
    if resource["resourceType"] != "Observation":
        return rule["event"]
    codings = [coding for category in resource.get("category", ()) for coding in category.get("coding", ())]
    return "result" if any(coding.get("code") == LABORATORY for coding in codings) else rule["event"]


def _instant(resource: Json, path: str) -> datetime | None:
    """Return the time at a path; a date counts from its beginning; a month or a year is ignored."""
    value: Any = resource
    for name in path.split("."):
        value = value.get(name, {})
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except ValueError:
        return None
