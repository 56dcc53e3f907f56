"""`Patient/$process-message`: creates or updates a patient from one bare Patient resource, and sends invitations.

It has only its name in common with FHIR's operation. Source: *Process message*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077610
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.responses import Response

from sandbox.access.organisation import sender_for
from sandbox.access.principal import Principal
from sandbox.domain.patients import contacts, intake
from sandbox.domain.patients.intake import RecordMatch
from sandbox.domain.patients.membership import TeamChange
from sandbox.domain.record import Record, Sender
from sandbox.errors import Invalid, Unprocessable, Unreadable
from sandbox.fhir.base.body import read_object
from sandbox.fhir.base.endpoints import MESSAGING
from sandbox.fhir.base.outcome import operation_outcome, outcome_issue
from sandbox.fhir.base.responses import fhir_response
from sandbox.fhir.base.validation import InvalidResource, check_structure
from sandbox.fhir.messaging import patient
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.fhir.rendered.read import check_parameters
from sandbox.model import Demographics

Json = dict[str, Any]


def run(invocation: Invocation) -> Response:
    """Return 201 for a new patient, 200 for a known one; with a warning for an address that belongs to another
    record.
    """
    check_parameters(invocation.call)
    resource = read_patient(read_object(invocation.call, "Patient"))
    patient.check_identifiers(resource)
    patient.check_complete(resource)
    created, warnings = store_patient(invocation.viewer.caller, resource)
    notice = outcome_issue("information", "informational", f"Patient {'created' if created else 'updated'}")
    return fhir_response(invocation.call, operation_outcome([notice, *warnings]), 201 if created else 200)


def read_patient(resource: Json) -> Json:
    """Parse a structurally valid Patient. Raises Invalid."""
    type_ = resource.get("resourceType")
    if type_ != "Patient":
        text = f"The body must be one Patient resource, not {type_!r}"
        raise Invalid(text, code="invalid", rule="messaging.bare-patient", instead="a Patient without a Bundle")
    try:
        check_structure(MESSAGING.release, resource)
    except InvalidResource as error:
        text = f"{error.where}: {error.text}"
        raise Unreadable(text, code="structure", rule="fhir.body-structure") from error
    return resource


def store_patient(principal: Principal, resource: Json) -> tuple[bool, list[Json]]:
    """Store the patient; return whether it is new, and the ignored address. Raises Unprocessable without changing
    anything.
    """
    record, sender = principal.workspace.record, sender_for(principal)
    demographics, aliases = patient.demographics(resource), patient.team_aliases(resource)
    _check_default_team(sender, aliases)
    with record.store.transaction():
        try:
            match = intake.look_up(record, sender, intake.sort_identifiers(record, sender, demographics).recognised)
            demographics, warnings = _without_taken(record, match, demographics)
            intake.accept(record, sender, demographics, match, TeamChange(add=aliases), _entered_at(record, match))
        except Invalid as error:
            rule, instead = error.rule, error.instead
            raise Unprocessable(error.text, code="business-rule", rule=rule, instead=instead) from error
    return match.patient is None, warnings


def _entered_at(record: Record, match: RecordMatch) -> datetime:
    """Return the time of the message: never older than the record, because a Patient states no time."""
    now = record.now()
    # messaging.update: the message always counts as newer than the record.
    return now if match.patient is None else max(now, match.patient.entered_at)


def _check_default_team(sender: Sender, aliases: tuple[str, ...]) -> None:
    default = sender.creating_team
    if aliases and default is not None and default.alias not in aliases:
        text = "The team aliases must include the default team"
        raise Unprocessable(
            text,
            expressions=("Patient.extension",),
            code="business-rule",
            rule="messaging.team-alias",
            instead=f"{default.alias} among the aliases, or no aliases",
        )


def _without_taken(record: Record, match: RecordMatch, demographics: Demographics) -> tuple[Demographics, list[Json]]:
    """Remove addresses that another record has; the patient is still accepted."""
    taken_emails = [email for email in demographics.emails if contacts.is_taken(record, match.patient, email)]
    text = "Patient email address [{}] already active in PKB; it was not added"
    warnings = [outcome_issue("warning", "business-rule", text.format(email)) for email in taken_emails]
    return replace(
        demographics, emails=tuple(email for email in demographics.emails if email not in taken_emails)
    ), warnings
