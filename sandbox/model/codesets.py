"""Code sets that an organisation has agreed with PKB: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012136"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCode:
    """An entry of a local code set: display name and, optionally, a privacy label."""

    display: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementCode:
    """A measurement that PKB accepts from an organisation: name and units; `pair` is the code of the second value."""

    name: str
    units: tuple[str, ...]
    pair: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSets:
    """One organisation's code sets, each from code to entry; unknown codes are accepted too.

    `measurements` and `semantic_labels` (coding system → code → privacy label) are PKB's own if None.
    """

    hospital_services: Mapping[str, LocalCode] = field(default_factory=dict)
    order_services: Mapping[str, LocalCode] = field(default_factory=dict)
    disciplines: Mapping[str, LocalCode] = field(default_factory=dict)
    measurements: Mapping[str, MeasurementCode] | None = None
    semantic_labels: Mapping[str, Mapping[str, str]] | None = None
    radiology_systems: tuple[str, ...] = ()
    document_types: Mapping[str, str] = field(default_factory=dict)
