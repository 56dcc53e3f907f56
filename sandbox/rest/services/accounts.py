"""UserService, writing: create, change, invite, sign in to a browser, and deactivate users.

Sources: *Entity: Patient*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3749543951 ; *Mass registration*,
http://dev.patientsknowbest.com/home/developer-tutorial/mass-registration-implementation-guide/custom-rest-apis ;
*Single sign-on*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363995698
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.domain.data_points.labels import GENERAL
from sandbox.domain.patients import accounts, invitations
from sandbox.domain.patients.national_ids import national_id_types, normalised
from sandbox.domain.record import Sender
from sandbox.errors import Conflict, Forbidden, Invalid, Unauthenticated
from sandbox.http.call import Call
from sandbox.model import Demographics, Patient, SentIdentifier, User
from sandbox.rest import user_json
from sandbox.rest.body import read_body
from sandbox.rest.caller import Caller, by_id, caller_of, not_found
from sandbox.rest.services.users import national_type, render_patient
from sandbox.rest.user_json import GENDERS, Json, as_v1
from sandbox.rest.values import instant

GENDER = {letter: gender for gender, letter in GENDERS.items()}
TEXTS = {
    "family": "lastName",
    "given": "firstName",
    "title": "title",
    "phone": "phone",
    "line1": "address1",
    "line2": "address2",
    "city": "city",
    "state": "state",
    "postcode": "postalCode",
    "country": "country",
}
"""Attribute of the domain → its key."""


def create(call: Call) -> Json:
    """Create a patient in the coordinator's team, or a carer of the calling patient."""
    caller = caller_of(call)
    demographics = _demographics(read_body(call, "user-sent"))
    if caller.patient is not None:
        carer = accounts.add_carer(caller.record, caller.patient, demographics, (GENERAL,))
        # rest.carers-shown: the carer may be an existing user, whose other data the patient may not see.
        return as_v1(user_json.patient(caller, carer, user_json.Body(), has_details=False))
    if not demographics.identifiers:
        raise Invalid("nationalIds is missing", rule="rest.user-created", instead="a national number of the patient")
    return as_v1(render_patient(caller, accounts.create_patient(caller.record, _sender(caller), demographics)))


def update(call: Call) -> Json:
    """Update the caller or, as a coordinator, a patient. Raises Forbidden for a professional."""
    caller = caller_of(call)
    fields = read_body(call, "user-changed")
    if by_id(caller.store, User, fields["id"]) is not None and caller.patient is None:
        raise Forbidden(
            "Professionals cannot be changed through this API", rule="rest.user-changed", instead="the id of a patient"
        )
    patient = caller.patient_in_care(fields["id"])
    if caller.patient is not None and patient.id != caller.patient.id:
        raise not_found("user")
    return as_v1(render_patient(caller, accounts.update_patient(caller.record, patient, _demographics(fields))))


def deactivate(call: Call) -> Response:
    """End the account of a patient in the coordinator's care, or of a professional of the team."""
    caller = caller_of(call)
    id_ = call.params["userId"]
    user: User | None = by_id(caller.store, User, id_)
    if user is not None and caller.team is not None and user.team == caller.team.id:
        account: User | Patient = user
    else:
        account = caller.patient_in_care(id_)
    # Deactivation ends an account; the record of a patient remains.
    if isinstance(account, Patient) and not account.registered:
        raise Conflict("The user has no account", rule="rest.deactivated", instead="a registered user")
    accounts.deactivate(caller.record, account)
    return Response(status_code=204)


def record_access_token(call: Call) -> Json:
    """Issue a new invitation code and secret token; earlier ones stay valid until they expire."""
    caller = caller_of(call)
    patient, organisation = caller.patient_in_care(call.params["patientId"]), caller.organisation
    # The first organisation is the one that created the record.
    creator = next(iter(patient.organisations), None)
    if organisation is None or creator != organisation.id:
        raise Unauthenticated(
            "The record was created by another organisation",
            code="RECORD_OF_ANOTHER_ORGANISATION",
            rule="errors/error.RECORD_OF_ANOTHER_ORGANISATION",
            instead="a patient whose record your organisation created",
        )
    if patient.registered or patient.deceased:
        raise Conflict(
            "The patient cannot be invited", rule="rest.invited-whom", instead="a patient who is not registered"
        )
    if invitations.is_child(caller.record, patient.date_of_birth):
        text = "A patient under 16 can be invited only by e-mail"
        raise Conflict(text, rule="invitations.children", instead="a patient of 16 or more")
    invitation = invitations.invite(caller.record, patient, organisation)
    return {"code": invitation.id, "token": invitation.access_code, "expiry": instant(invitation.expires_at)}


def one_time_password(call: Call) -> Json:
    """Issue a password for /otp.action, valid once within a minute. A tethered client has no user to sign in."""
    caller = caller_of(call)
    workspace = caller.principal.workspace
    if caller.principal.user is None:
        raise Forbidden("A session of scope SITE has no user", rule="rest.otp-of-user", instead="a session of a user")
    password = workspace.sessions.issue_one_time_password(caller.principal.user, caller.now)
    return {"otpToken": password, "expiresIn": int(workspace.sessions.PASSWORD_LIFE.total_seconds())}


def _sender(caller: Caller) -> Sender:
    """Return the coordinator's organisation and team, in which new records are created."""
    organisation = caller.organisation
    if organisation is None or caller.team is None:
        raise Forbidden(
            "A record must be created in a team", rule="rest.user-created", instead="a coordinator of a team"
        )
    partner = caller.principal.credential.partner
    return Sender(organisation=organisation, creating_team=caller.team, partner=partner)


def _demographics(fields: Json) -> Demographics:
    """Return the sent attributes: omitted ones stay; null and an empty text clear the value."""
    gender, email = fields.get("gender"), fields.get("email")
    texts: dict[str, Any] = {ours: fields[theirs] or "" for ours, theirs in TEXTS.items() if theirs in fields}
    return Demographics(
        identifiers=tuple(_identifier(number) for number in fields.get("nationalIds") or ()),
        date_of_birth=fields.get("dob"),
        gender=GENDER[gender] if gender else None,
        emails=(email,) if email else (),
        **texts,
    )


def _identifier(number: Json) -> SentIdentifier:
    """Return a national number in the form of a message's identifier. Raises Invalid for an unknown type or a bad
    number.
    """
    type_ = national_id_types()[national_type(number["name"])]
    problem = type_.problem(normalised(type_.code, number["value"]))
    if problem:
        text = f"nationalIds: {number['value']} is not a valid {type_.name}: {problem}"
        raise Invalid(text, rule="matching.nhs-number-check", instead=f"a valid {type_.name}, or none")
    return SentIdentifier(
        value=number["value"], assigning_authority=type_.assigning_authority, type_code=type_.type_code
    )
