"""`Questionnaire/[id]/$send-questionnaire-request` in R4: a team asks patients to answer a questionnaire.

Source: *Advanced Questionnaires API Specification*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox import facts
from sandbox.domain.patients.identifiers import with_number
from sandbox.errors import Invalid
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID
from sandbox.fhir.aggregated.output.visibility import records
from sandbox.fhir.base.identifiers import national_types
from sandbox.fhir.base.json import parse
from sandbox.model import BusinessIdentifier, Patient
from sandbox.store import Store

Json = dict[str, Any]
FEWEST_TARGETS, MOST_TARGETS = facts.value("aggregated.questionnaire-request")
NO_EMAIL = "DISABLE_PATIENT_EMAIL_NOTIFICATION"
OLDER_FLAG = "true"
"""Parameters of the first revision of the page, which are ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The content of the Parameters."""

    targets: tuple[Json, ...]
    identifier: BusinessIdentifier | None = None
    email_patient: bool = True


def parse_request(body: bytes) -> Wanted:
    """Parse the Parameters. Raises Invalid with the parameter; Unreadable for invalid JSON."""
    content = parse(body)
    if not isinstance(content, dict) or content.get("resourceType") != "Parameters":
        raise _bad("The body must be a Parameters resource", "")
    parameters = content.get("parameter")
    if not isinstance(parameters, list) or not all(isinstance(parameter, dict) for parameter in parameters):
        raise _bad("parameter must be a list of named values", "parameter")
    targets = tuple(
        _object(parameter, "valueReference", "target") for parameter in parameters if parameter.get("name") == "target"
    )
    named = [
        _object(parameter, "valueIdentifier", "additionalIdentifier")
        for parameter in parameters
        if _is_named(parameter, "additionalIdentifier")
    ]
    flags = [_flag(parameter) for parameter in parameters if _is_named(parameter, "notificationFlag")]
    _check_request(targets, named, flags, parameters)
    return Wanted(
        targets=targets,
        identifier=BusinessIdentifier(system=named[0]["system"], value=named[0]["value"]) if named else None,
        email_patient=NO_EMAIL not in flags,
    )


def _check_request(targets: tuple[Json, ...], named: list[Json], flags: list[str], parameters: list[Json]) -> None:
    allowed = ("target", "additionalIdentifier", "notificationFlag")
    other = next((str(parameter.get("name")) for parameter in parameters if parameter.get("name") not in allowed), None)
    if other is not None:
        raise _bad(f"Unknown parameter {other}", other)
    if not FEWEST_TARGETS <= len(targets) <= MOST_TARGETS:
        raise _bad(f"target must occur {FEWEST_TARGETS} to {MOST_TARGETS} times", "target")
    if len(named) > 1 or any(not _complete(identifier) for identifier in named):
        raise _bad("additionalIdentifier may occur once, with a system and a value", "additionalIdentifier")
    if len(flags) > 1 or any(flag not in (NO_EMAIL, OLDER_FLAG) for flag in flags):
        raise _bad(f"notificationFlag may occur once, with the value {NO_EMAIL}", "notificationFlag")
    for target in targets:
        reference = target.get("reference")
        by_reference = isinstance(reference, str) and reference.startswith("Patient/")
        if not by_reference and not (reference is None and _complete(target.get("identifier"))):
            raise _bad("target must be a reference Patient/<id>, or an identifier with system and value", "target")


def patients(store: Store, targets: tuple[Json, ...], organisation: str) -> Iterator[Patient]:
    """Return the patients of the organisation among the targets; others are skipped."""
    for target in targets:
        matches = (
            records(store, target["reference"]) if "reference" in target else _numbered(store, target["identifier"])
        )
        yield from (patient for patient in matches if organisation in patient.organisations)


def _numbered(store: Store, identifier: Json) -> list[Patient]:
    return by_identifier(store, identifier["system"], identifier["value"])


def by_identifier(store: Store, system: str, value: str) -> list[Patient]:
    """Return the records with a national number or public id."""
    if system in PUBLIC_ID:
        patient = store.find_one(Patient, value.lower())
        return [patient] if patient is not None else []
    type_ = national_types().get(system, system.removeprefix("urn:uuid:"))
    return with_number(store, type_, value)


def render_references(targets: list[str]) -> Json:
    """Build the Parameters of the response: a reference to each request. FHIR does not allow empty lists."""
    parameters = [{"name": "request", "valueReference": {"reference": target}} for target in targets]
    return {"resourceType": "Parameters", **({"parameter": parameters} if parameters else {})}


def _is_named(parameter: Json, name: str) -> bool:
    return parameter.get("name") == name


def _flag(parameter: Json) -> str:
    # The first revision of the page had a boolean here, the newest has a code.
    return str(parameter.get("valueCode", parameter.get("valueBoolean", ""))).replace("True", OLDER_FLAG)


def _object(parameter: Json, key: str, name: str) -> Json:
    value = parameter.get(key)
    if not isinstance(value, dict):
        raise _bad(f"{name} must have a {key}", name)
    return value


def _complete(identifier: Any) -> bool:
    return isinstance(identifier, dict) and all(
        isinstance(identifier.get(part), str) and identifier[part] for part in ("system", "value")
    )


def _bad(text: str, where: str) -> Invalid:
    return Invalid(text, code="invalid", where=where, rule="aggregated.questionnaire-request")
