"""The `meta` of aggregated resources.

Source: *Aggregated Appointment*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077229 ; *FHIR FAQs*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.fhir.aggregated.intake import labels

Json = dict[str, Any]

STRUCTURE = "http://fhir.patientsknowbest.com/structuredefinition"
CODES = "http://fhir.patientsknowbest.com/codesystem"
CREATED_AT = "ex:createdAt"
SOURCES = (
    ("organisation", "source-organization", "Organization"),
    ("team", "source-team", "Organization"),
    ("practitioner", "source-practitioner", "Practitioner"),
    ("patient", "source-patient", "Patient"),
)
DENORMALISED = "Denormalized source information"


def format_microseconds(at: datetime) -> str:
    """Format a time with microseconds, as this server does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def format_milliseconds(at: datetime) -> str:
    """Format a time with milliseconds and offset, as PKB's own services do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def of_merged(created_at: datetime, persisted_at: datetime) -> Json:
    """Build the meta of a merged resource: no source, no label."""
    return {"extension": _stamps(created_at, persisted_at)}


def of_copied(
    sender_meta: Json,
    *,
    created_at: datetime,
    persisted_at: datetime,
    recorded: str,
    route: str,
    label: str,
    sources: dict[str, str],
) -> Json:
    """Build the meta of a copied resource: the sender's parts, and PKB's. `sources` is role → `Type/id`."""
    kept = {name: value for name, value in sender_meta.items() if name in ("profile", "source", "tag")}
    recorded_date = [{"url": f"{STRUCTURE}/recorded-date", "valueDateTime": recorded}] if recorded else []
    access_route = {"url": f"{STRUCTURE}/access-route", "valueCoding": _route(route)}
    # Codes of PKB's own systems are left out of the sender's: aggregation decides label and source.
    own = [
        coding
        for coding in sender_meta.get("security", ())
        if not str(coding.get("system", "")).startswith(f"{CODES}/")
    ]
    security = own + ([{"system": labels.SYSTEM, "code": label}] if label else []) + _codes(sources)
    return {
        **kept,
        "extension": [*recorded_date, *_references(sources), access_route, *_stamps(created_at, persisted_at)],
        **({"security": security} if security else {}),
    }


def _route(code: str) -> Json:
    display = _displays().get(code)
    return {"system": f"{CODES}/access-route", "code": code, **({"display": display} if display else {})}


@cache
def _displays() -> dict[str, str]:
    """Access route → display."""
    rows = datafiles.read_toml(datafiles.beside_code("fhir/aggregated/intake/access_routes.toml"))["route"]
    return {row["code"]: row["display"] for row in rows}


def _codes(sources: dict[str, str]) -> list[Json]:
    return [
        {"system": f"{CODES}/{system}", "code": sources[role].split("/")[1], "display": DENORMALISED}
        for role, system, _ in SOURCES
        if role in sources
    ]


def _references(sources: dict[str, str]) -> list[Json]:
    """Return the sources as references: the organisation, and team and person if known."""
    urls = {"organisation": "source-organisation", "team": "source-team"}
    return [
        {"url": f"{STRUCTURE}/{urls.get(role, 'source-person')}", "valueReference": {"reference": sources[role]}}
        for role, _, _ in SOURCES
        if role in sources
    ]


def _stamps(created_at: datetime, persisted_at: datetime) -> list[Json]:
    """Return the times: when this version was stored, then when this server created the resource, in the order of
    PKB's samples.
    """
    return [
        {"url": f"{STRUCTURE}/version-persisted", "valueDateTime": format_milliseconds(persisted_at)},
        {"url": CREATED_AT, "valueInstant": format_microseconds(created_at)},
    ]
