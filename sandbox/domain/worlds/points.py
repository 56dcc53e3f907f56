"""The data points of a world file: one table for each kind below `[[patient]]`, named after the entity.

A row contains the attributes of its entity. `files` adds attachments, whose content is `text` or a
file beside the world file; `versions` adds the differences of earlier versions; a lab report contains its results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox import model

Row = dict[str, Any]
Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An entity, and readers for attributes that are not plain TOML values."""

    entity: type[Any]
    parts: dict[str, Read] = field(default_factory=dict)


def _code(row: Row) -> model.Code:
    return model.Code(**row)


def _participants(rows: list[Row]) -> tuple[model.Participant, ...]:
    return tuple(model.Participant(**{**row, "name": model.Name(**row["name"])}) for row in rows)


def _events(rows: list[Row]) -> tuple[model.EncounterEvent, ...]:
    return tuple(model.EncounterEvent(**{"entered_at": row["at"], **row}) for row in rows)


def _answers(rows: list[Row]) -> tuple[model.Answer, ...]:
    return tuple(model.Answer(question=row["question"], values=tuple(row["values"])) for row in rows)


def _identifier(row: Row) -> model.BusinessIdentifier:
    return model.BusinessIdentifier(**row)


KINDS: dict[str, Kind] = {
    "allergy": Kind(entity=model.Allergy, parts={"allergen": _code, "severity": _code, "reactions": tuple}),
    "appointment": Kind(entity=model.Appointment, parts={"type": _code, "participants": _participants}),
    "care_plan": Kind(entity=model.CarePlan),
    "diagnosis": Kind(entity=model.Diagnosis, parts={"diagnosis": _code}),
    "document": Kind(entity=model.Document),
    "encounter": Kind(entity=model.Encounter, parts={"events": _events}),
    "lab_report": Kind(entity=model.LabReport),
    "lab_result": Kind(
        entity=model.LabResult, parts={"code": _code, "service": _code, "value": Decimal, "unit": _code}
    ),
    "measurement": Kind(
        entity=model.Measurement, parts={"code": _code, "code2": _code, "value": Decimal, "value2": Decimal}
    ),
    "medication": Kind(entity=model.Medication, parts={"substance": _code, "dose_units": _code}),
    "message": Kind(entity=model.Message, parts={"recipients": tuple}),
    "questionnaire_request": Kind(entity=model.QuestionnaireRequest, parts={"identifier": _identifier}),
    "questionnaire_response": Kind(entity=model.QuestionnaireResponse, parts={"answers": _answers}),
    "radiology_report": Kind(entity=model.RadiologyReport),
}
"""Table of a world file → its entity."""


def points(rows: dict[str, list[Row]], patient: str, teams: dict[str, str], folder: Path) -> Iterator[Any]:
    """Parse the data points of one patient, and their files; rows may refer to teams by alias."""
    for name, kind in KINDS.items():
        for row in rows[name]:
            yield from _point(kind, {**row, "patient": patient}, teams, folder)


def _point(kind: Kind, row: Row, teams: dict[str, str], folder: Path) -> Iterator[Any]:
    # A world file need not say when a data point was stored: by default at once.
    own = {"persisted_at": row["entered_at"], **row}
    results, versions = own.pop("result", []), own.pop("versions", [])
    files = [_attachment(own, file, folder) for file in own.pop("files", [])]
    if kind.entity is model.RadiologyReport:
        own["attachments"] = tuple(file.id for file in files)
    elif files:
        own["attachment"] = files[-1].id
    source = dict(own["source"])
    if "team" in source:
        source["team"] = teams.get(source["team"], source["team"])
    own["source"] = model.Source(**source)
    parts = {name: read(own[name]) for name, read in kind.parts.items() if name in own}
    point = kind.entity(**{**own, **parts})
    yield replace(point, versions=_versions(kind, point, versions)) if versions else point
    yield from files
    shared: Row = {key: row[key] for key in ("patient", "source", "label", "entered_at", "external_id") if key in row}
    for result in results:
        yield from _point(KINDS["lab_result"], {**shared, **result, "report": row["id"]}, teams, folder)


def _versions(kind: Kind, point: Any, rows: list[Row]) -> tuple[Any, ...]:
    """Build an earlier version of a data point from the values that differed."""
    read = [{name: kind.parts[name](row[name]) if name in kind.parts else row[name] for name in row} for row in rows]
    return tuple(replace(point, **changes) for changes in read)


def _attachment(point: Row, row: Row, folder: Path) -> model.Attachment:
    content = (folder / row["file"]).read_bytes() if "file" in row else row["text"].encode()
    return model.Attachment(
        id=row["id"],
        patient=point["patient"],
        data_point=point["id"],
        filename=row["filename"],
        media_type=row["media_type"],
        size=len(content),
        content=content,
    )
