"""A STU3 Patient for Messaging: its required elements, and its conversion to PKB's demographics.

Source: *Process message*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077610
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sandbox.base.clock import HOME, LocalDay
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.errors import Unprocessable
from sandbox.fhir.base.identifiers import national_types, problem_of
from sandbox.fhir.rendered.elements import STRUCTURE
from sandbox.model import Demographics, SentIdentifier

Json = dict[str, Any]
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
TEAM_ALIAS = f"{STRUCTURE}/team-alias"
GENDERS = {"male": "MALE", "female": "FEMALE", "other": "INDETERMINATE", "unknown": "UNKNOWN"}


def check_identifiers(resource: Json) -> None:
    """Raise Unprocessable unless every identifier has system and value, one is an NHS number, and each is valid."""
    identifiers = resource.get("identifier", [])
    for number, identifier in enumerate(identifiers):
        missing = [key for key in ("system", "value") if not _text(identifier.get(key))]
        if missing:
            where = tuple(f"Patient.identifier[{number}].{key}" for key in missing)
            text = f"Identifier without {' and '.join(missing)}"
            raise _refused("exception", text, where, "facade.identifier-needs-system-and-value")
    if not any(identifier["system"] == NHS_NUMBER for identifier in identifiers):
        raise _missing(["Patient.identifier"], "an NHS number")
    for number, identifier in enumerate(identifiers):
        problem, reason = problem_of(identifier)
        if problem:
            where = (f"Patient.identifier[{number}].value",)
            raise _refused("value", problem, where, "messaging.nhs-number", f"another number: {reason}")


def check_complete(resource: Json) -> None:
    """Raise Unprocessable unless names, gender and a full date of birth are present."""
    name = _first(resource, "name")
    needed = {
        "Patient.name.given": _first_text(name, "given"),
        "Patient.name.family": _text(name.get("family")),
        "Patient.gender": _text(resource.get("gender")),
        "Patient.birthDate": _text(resource.get("birthDate")),
    }
    missing = [path for path, value in needed.items() if not value]
    if missing:
        raise _missing(missing, ", ".join(path.removeprefix("Patient.") for path in missing))


def demographics(resource: Json) -> Demographics:
    """Return the sent demographics, as any feed does; a value that is not sent is None. Raises Unprocessable for a
    bad value.
    """
    name, address = _first(resource, "name"), _first(resource, "address")
    given_names, line = name.get("given", []), address.get("line", [])
    deceased, died_at = _death(resource)
    return Demographics(
        # messaging.update: other national numbers are accepted, local numbers and other identifiers are ignored.
        identifiers=tuple(
            _number(identifier) for identifier in resource["identifier"] if identifier["system"] in national_types()
        ),
        family=_text(name.get("family")),
        given=_first_text(name, "given"),
        middle=" ".join(filter(None, map(_text, given_names[1:]))) or None,
        title=_first_text(name, "prefix"),
        date_of_birth=_date(resource),
        gender=_gender(resource),
        line1=_text(line[0]) if line else None,
        line2=_text(line[1]) if len(line) > 1 else None,
        city=_text(address.get("city")),
        state=_text(address.get("state")),
        postcode=_text(address.get("postalCode")),
        country=_text(address.get("country")),
        phone=next(iter(telecom(resource, "phone")), None),
        # messaging.one-email: PKB processes the first of several.
        emails=tuple(telecom(resource, "email")[:1]),
        deceased=deceased,
        died_at=died_at,
    )


def team_aliases(resource: Json) -> tuple[str, ...]:
    """Return the aliases of the patient's teams, each once."""
    values = [
        extension.get("valueString")
        for extension in resource.get("extension", [])
        if extension.get("url") == TEAM_ALIAS
    ]
    return tuple(dict.fromkeys(text for value in values if (text := _text(value))))


def telecom(resource: Json, system: str) -> list[str]:
    """Return the values of one system of `telecom`, in the order sent."""
    values = [_text(contact.get("value")) for contact in resource.get("telecom", []) if contact.get("system") == system]
    return [value for value in values if value]


def _number(identifier: Json) -> SentIdentifier:
    """Return a national number in the form of a message's identifier."""
    kind = national_id_types()[national_types()[identifier["system"]]]
    return SentIdentifier(
        value=identifier["value"], assigning_authority=kind.assigning_authority, type_code=kind.type_code
    )


def _date(resource: Json) -> date | None:
    value = _text(resource.get("birthDate"))
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        where = ("Patient.birthDate",)
        raise _refused("value", "birthDate must be a full date, YYYY-MM-DD", where, "messaging.value") from error


def _gender(resource: Json) -> str | None:
    code = _text(resource.get("gender"))
    if code and code not in GENDERS:
        text = f"gender must be one of: {', '.join(GENDERS)}"
        raise _refused("code-invalid", text, ("Patient.gender",), "messaging.value")
    return GENDERS[code] if code else None


def _death(resource: Json) -> tuple[bool | None, datetime | None]:
    """Return whether and when the patient died: a time, or the day, month or year in Europe/London."""
    value = _text(resource.get("deceasedDateTime"))
    if not value:
        return resource.get("deceasedBoolean"), None
    try:
        return True, datetime.fromisoformat(value) if "T" in value else LocalDay.parse(value, HOME)
    except ValueError as error:
        text, where = "deceasedDateTime must be a date, or a time with its zone", ("Patient.deceasedDateTime",)
        raise _refused("value", text, where, "messaging.value") from error


def _first(node: Json, key: str) -> Json:
    element: Json = next(iter(node.get(key, [])), {})
    return element


def _first_text(node: Json, key: str) -> str | None:
    return _text(next(iter(node.get(key, [])), None))


def _text(value: Any) -> str | None:
    """Strip a text; None if nothing is left."""
    return (value.strip() or None) if isinstance(value, str) else None


def _missing(where: list[str], what: str) -> Unprocessable:
    return _refused("required", f"A Patient must have {what}", tuple(where), "messaging.required")


def _refused(code: str, text: str, where: tuple[str, ...], rule: str, instead: str = "") -> Unprocessable:
    return Unprocessable(text, expressions=where, code=code, rule=rule, instead=instead)
