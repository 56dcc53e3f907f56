"""Configuration of one organisation at PKB: options, local identifier types and code sets, parsed from plain values.

World files and the control API use the same shapes. Code sets are replaced whole, as at PKB, and affect only later
messages. Source: *Code sets*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012136
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from sandbox.domain.patients.soft_matching import COMPONENTS
from sandbox.errors import Invalid
from sandbox.model import CodeSets, LocalCode, MeasurementCode, Options
from sandbox.model.organisation import LABELS

Json = dict[str, Any]
SWITCHES = ("nhs_status_checking", "auto_create", "notify_nhs_app", "notify_sms")
"""Options that are true or false."""


def options(value: Any, before: Options | None = None) -> Options:
    """Update the given options. Raises Invalid with key and value."""
    rows = _object(value, "options", (*SWITCHES, "soft_matching"))
    for key in SWITCHES:
        if not isinstance(rows.get(key, False), bool):
            raise Invalid(f"options.{key} must be true or false, not {rows[key]!r}")
    if "soft_matching" in rows:
        rows["soft_matching"] = _texts(rows["soft_matching"], "options.soft_matching")
        for name in rows["soft_matching"]:
            if name not in COMPONENTS:
                raise Invalid(f"options.soft_matching: {name!r} is not one of: {', '.join(COMPONENTS)}")
    return replace(before or Options(), **rows)


def code_sets(value: Any, before: CodeSets | None = None) -> CodeSets:
    """Replace each given code set and keep the others. Raises Invalid with the entry."""
    rows = _object(value, "code_sets", READERS)
    # A given set replaces the whole set, as at PKB: a missing code is one that was removed.
    return replace(before or CodeSets(), **{key: READERS[key](rows[key], f"code_sets.{key}") for key in rows})


def code_sets_row(sets: CodeSets) -> Json:
    """Code sets as the parsers return them."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(sets).items()
        if not (key in NULLABLE and value is None)
    }


def _local_codes(value: Any, where: str) -> dict[str, LocalCode]:
    return {code: _local_code(entry, f"{where}.{code}") for code, entry in _object(value, where).items()}


def _local_code(entry: Any, where: str) -> LocalCode:
    row = _object(entry, where, ("display", "label"))
    code = LocalCode(**{key: _text(value, f"{where}.{key}") for key, value in row.items()})
    _check_label(code.label, where)
    return code


def _measurements(value: Any, where: str) -> dict[str, MeasurementCode] | None:
    if value is None:
        return None
    return {code: _measurement(entry, f"{where}.{code}") for code, entry in _object(value, where).items()}


def _measurement(value: Any, where: str) -> MeasurementCode:
    row = _object(value, where, ("name", "units", "pair"))
    if not row.get("name") or not row.get("units"):
        raise Invalid(f"{where} needs a name and units")
    return MeasurementCode(
        name=_text(row["name"], f"{where}.name"),
        units=_texts(row["units"], f"{where}.units"),
        pair=_text(row.get("pair", ""), f"{where}.pair"),
    )


def _semantic_labels(value: Any, where: str) -> dict[str, dict[str, str]] | None:
    if value is None:
        return None
    systems = {system: _words(codes, f"{where}.{system}") for system, codes in _object(value, where).items()}
    for system, codes in systems.items():
        for code, label in codes.items():
            _check_label(label, f"{where}.{system}.{code}")
    return systems


def _words(words: Any, where: str) -> dict[str, str]:
    return {key: _text(value, f"{where}.{key}") for key, value in _object(words, where).items()}


def _texts(texts: Any, where: str) -> tuple[str, ...]:
    if not isinstance(texts, (list, tuple)):
        raise Invalid(f"{where} must be a list, not {texts!r}")
    return tuple(_text(value, where) for value in texts)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{where} must be text, not {value!r}")
    return value


def _object(value: Any, where: str, keys: Mapping[str, Any] | tuple[str, ...] | None = None) -> Json:
    if not isinstance(value, dict):
        raise Invalid(f"{where} must be an object, not {value!r}")
    # Without `keys` the object is keyed by codes, and any code is allowed.
    unknown = sorted(set(value) - set(value if keys is None else keys))
    if unknown:
        raise Invalid(f"{where}: unknown key {unknown[0]!r}; allowed: {', '.join(keys or ())}")
    return dict(value)


def _check_label(label: str, where: str) -> None:
    if label and label not in LABELS:
        raise Invalid(f"{where}: {label!r} is not a privacy label; allowed: {', '.join(LABELS)}")


READERS: dict[str, Callable[[Any, str], Any]] = {
    "hospital_services": _local_codes,
    "order_services": _local_codes,
    "disciplines": _local_codes,
    "measurements": _measurements,
    "semantic_labels": _semantic_labels,
    "radiology_systems": _texts,
    "document_types": _words,
}
"""Code set → its parser."""
NULLABLE = ("measurements", "semantic_labels")
"""Code sets for which null means PKB's own."""
