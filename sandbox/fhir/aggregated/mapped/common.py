"""Common parts of the R4 resources of PKB's own data; references are to PKB entities, `Type/public id`."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.base.clock import moment
from sandbox.model import Code, DataPoint

Json = dict[str, Any]


def without_empty(resource: Json) -> Json:
    """Remove empty elements, which FHIR does not allow."""
    return {name: value for name, value in resource.items() if value not in ("", None, [], {})}


def patient_reference(point: DataPoint) -> Json:
    return {"reference": f"Patient/{point.patient}"}


def external_identifier(point: DataPoint) -> list[Json]:
    """Return the sender's own id of a data point: a value without a system, assigned by the source organisation."""
    if not point.external_id:
        return []
    assigner = f"Organization/{point.source.organisation}" if point.source.organisation else ""
    # aggregated.unmapped-elements (choice): PKB documents no system for these numbers.
    return [without_empty({"value": point.external_id, "assigner": {"reference": assigner} if assigner else {}})]


def concept(code: Code) -> Json:
    """Return a coded value with its alternate; with the text, if any."""
    codings = [
        coding(code.code, code.system, code.text),
        coding(code.alternate_code, code.alternate_system, code.alternate_text),
    ]
    return without_empty(
        {"coding": [entry for entry in codings if "code" in entry], "text": code.text or code.alternate_text}
    )


def coding(code: str, system: str, display: str) -> Json:
    """Return a Coding; a coding system without a known URI is omitted."""
    uri = system if "://" in system or system.startswith("urn:") else code_systems().get(system.casefold(), "")
    return without_empty({"system": uri, "code": code, "display": display})


@cache
def code_systems() -> dict[str, str]:
    """The names of coding systems in HL7 messages, in lower case → their URIs."""
    systems: dict[str, str] = datafiles.read_toml(datafiles.beside_code("fhir/base/code_systems.toml"))["systems"]
    return systems


def date_time(at: datetime | None) -> str:
    """Format a dateTime; empty for None."""
    return moment(at) if at is not None else ""


def period(start: datetime | None, end: datetime | None) -> Json:
    return without_empty({"start": date_time(start), "end": date_time(end)})
