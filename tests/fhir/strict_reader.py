"""A strict reader of what the server writes: the models of `fhir.resources`, the value sets of each release, and the
invariants of Bundle that go by its type.

The value sets that the models leave out stand here: https://hl7.org/fhir/STU3/valueset-issue-type.html ,
https://hl7.org/fhir/R4/valueset-issue-type.html .
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sandbox.fhir.base.releases import release
from sandbox.fhir.base.structure import _unwrapped

Json = dict[str, Any]
ISSUE_TYPES = """invalid structure required value invariant security login unknown expired forbidden suppressed
processing not-supported duplicate not-found too-long code-invalid extension too-costly business-rule conflict
incomplete transient lock-error no-store exception timeout throttled informational"""
VALUE_SETS: dict[tuple[str, str], dict[str, str]] = {
    ("OperationOutcomeIssue", "code"): {"stu3": ISSUE_TYPES, "r4": f"{ISSUE_TYPES} deleted multiple-matches"},
    ("Communication", "status"): {
        "stu3": "preparation in-progress suspended aborted completed entered-in-error unknown",
        "r4": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    },
    ("DiagnosticReport", "status"): dict.fromkeys(
        ("stu3", "r4"),
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown",
    ),
    ("Encounter", "status"): dict.fromkeys(
        ("stu3", "r4"), "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
    ),
    ("Observation", "status"): dict.fromkeys(
        ("stu3", "r4"), "registered preliminary final amended corrected cancelled entered-in-error unknown"
    ),
    ("QuestionnaireItem", "type"): dict.fromkeys(
        ("stu3", "r4"),
        "group display boolean decimal integer date dateTime time string text url choice open-choice attachment"
        " reference quantity",
    ),
    ("CapabilityStatement", "format"): {},
}
"""Model and element → the codes of each release, where the model has none or only the first ones; none: any code."""

WITH_REQUEST = {"batch", "transaction", "history"}
WITH_RESPONSE = {
    "stu3": {"batch-response", "transaction-response"},
    "r4": {"batch-response", "transaction-response", "history"},
}
"""Types of a Bundle whose entries have a request (bdl-3), and a response (bdl-4)."""


def read_strictly(release_name: str, body: Json, own_only: bool = False) -> None:
    """Raises AssertionError for what a strict reader cannot read.

    `own_only` leaves out the resources that clients stored: their codes are their own.
    """
    type_ = body["resourceType"]
    if type_ in release(release_name).unmodelled:
        return
    model = importlib.import_module(release(release_name).package).get_fhir_model_class(type_)
    model.model_validate(body)
    wrong = list(_wrong_codes(release_name, model, body, type_, own_only))
    assert not wrong, wrong
    if type_ == "Bundle":
        _check_bundle(release_name, body)


def _check_bundle(release_name: str, bundle: Json) -> None:
    entries = bundle.get("entry", [])
    for entry in entries:
        assert ("request" in entry) <= (bundle["type"] in WITH_REQUEST), entry
        assert ("response" in entry) == (bundle["type"] in WITH_RESPONSE[release_name]), entry
        assert ("search" in entry) <= (bundle["type"] == "searchset"), entry
        assert {"resource", "request", "response"} & entry.keys(), entry
        assert "fullUrl" in entry or bundle["type"] not in ("searchset", "history"), entry
    assert ("total" in bundle) <= (bundle["type"] in ("searchset", "history"))
    if release_name == "stu3" or bundle["type"] != "history":
        keys = [
            (entry["fullUrl"], entry.get("resource", {}).get("meta", {}).get("versionId"))
            for entry in entries
            if "fullUrl" in entry
        ]
        assert len(keys) == len(set(keys))


@cache
def _value_sets(release_name: str, model: Any) -> Mapping[str, frozenset[str]]:
    """Element → the codes that it may have."""
    value_sets = {}
    for name, field in model.model_fields.items():
        alias = field.alias or name
        listed = VALUE_SETS.get((model.get_resource_type(), alias))
        if listed is not None:
            value_sets[alias] = frozenset(listed.get(release_name, "").split())
        else:
            value_sets[alias] = frozenset((field.json_schema_extra or {}).get("enum_values", ()))
    return {alias: codes for alias, codes in value_sets.items() if codes}


def _wrong_codes(release_name: str, model: Any, node: Json, path: str, own_only: bool) -> Iterator[str]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    sets = _value_sets(release_name, model)
    for name, value in node.items():
        for member in value if isinstance(value, list) else [value]:
            where = f"{path}.{name}"
            if isinstance(member, str) and name in sets and member not in sets[name]:
                yield f"{where}: {member}"
            elif isinstance(member, dict) and "resourceType" in member:
                if not own_only or member["resourceType"] in ("Bundle", "OperationOutcome"):
                    read_strictly(release_name, member, own_only)
            elif isinstance(member, dict) and name in fields and not name.startswith("_"):
                bare, _ = _unwrapped(fields[name].annotation)
                if hasattr(bare, "get_model_klass"):
                    yield from _wrong_codes(release_name, bare.get_model_klass(), member, where, own_only)
