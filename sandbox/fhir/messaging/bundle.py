"""The message Bundle of PKB's unreleased roadmap, accepted with the setting `messaging_bundle`; lenient.

Sources: *create-or-update-patient*,
https://dev.patientsknowbest.com/home/fhir-api/fhir-api-roadmap/messages/create-or-update-patient ; *Process message*
(roadmap), http://dev.patientsknowbest.com/home/fhir-api/fhir-api-roadmap/operations/process-message
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.access import organisation
from sandbox.access.principal import Principal
from sandbox.domain.patients.identifiers import with_number
from sandbox.errors import Conflict, Forbidden, Invalid
from sandbox.fhir.base.body import read_object
from sandbox.fhir.base.endpoints import MESSAGING
from sandbox.fhir.messaging import patient, process_message
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Organisation, ReceivedMessage
from sandbox.store import Store

Json = dict[str, Any]
EVENT = "create-or-update-patient"
ODS_SYSTEMS = ("https://fhir.nhs.uk/Id/ods-organization-code", "https://fhir.nhs.uk/Id/ODS-Code")
"""The coding system of the tag with the organisation: the newest spelling, and an older one."""
RULE = "messaging.bundle"


def route(path: str) -> Route:
    """The operation at one of the paths that clients use, also below the Facade's base."""
    return Route("POST", path, receive, "$process-message")


def receive(call: Call) -> Response:
    """Return 202 without a body after processing the message: the sandbox sends no response to the sender's
    endpoint.
    """
    # The path below the Facade's base belongs to Messaging too, also for the access matrix.
    call.api = MESSAGING.api
    call.authorise("send_data")
    call.rests_on("choice")
    if call.request.query_params.get("async") != "true":
        raise _bad("Messages are accepted only asynchronously, with ?async=true", code="not-supported")
    message = read_object(call, "Bundle")
    resource = process_message.read_patient(_patient(message))
    caller = organisation.acting_principal(call.caller, _organisation(call.workspace.store, resource))
    patient.check_identifiers(resource)
    received = _not_received_before(caller, message)
    with caller.workspace.store.transaction():
        # Lenient: an update needs only the NHS number, and values that are not sent stay.
        if not _is_known(caller, resource):
            patient.check_complete(resource)
        process_message.store_patient(caller, resource)
        if received is not None:
            caller.workspace.store.put(received)
    return Response(status_code=202)


def _patient(message: Json) -> Json:
    """Return the one Patient of a message about patients."""
    if (message.get("resourceType"), message.get("type")) != ("Bundle", "message"):
        raise _bad("The body must be a Bundle of type message")
    entries = message.get("entry")
    resources = (
        [entry.get("resource") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    header, resource = _only_resource(resources, "MessageHeader"), _only_resource(resources, "Patient")
    event = header.get("event")
    if not isinstance(event, dict) or event.get("code") != EVENT:
        raise _bad(f"MessageHeader.event must be {EVENT}", code="not-supported")
    return resource


def _only_resource(resources: list[Any], type_: str) -> Json:
    matches = [
        resource for resource in resources if isinstance(resource, dict) and resource.get("resourceType") == type_
    ]
    if len(matches) != 1:
        raise _bad(f"A message must contain one {type_}, not {len(matches)}")
    return matches[0]


def _organisation(store: Store, resource: Json) -> str:
    """Return the id of the organisation whose ODS code tags the Patient."""
    tags = resource.get("meta", {}).get("tag", [])
    codes = [tag.get("code") for tag in tags if tag.get("system") in ODS_SYSTEMS]
    if not codes:
        raise _bad(
            f"Patient.meta.tag must contain the organisation's ODS code, system {ODS_SYSTEMS[0]}", code="required"
        )
    organisations = store.find(Organisation, "code", codes[0])
    if not organisations:
        raise Forbidden(
            f"Organisation {codes[0]} does not exist or has not granted access",
            code="forbidden",
            rule=RULE,
            instead="the ODS code of an organisation that granted access",
        )
    return organisations[0].id


def _is_known(caller: Principal, resource: Json) -> bool:
    numbers = [
        identifier["value"] for identifier in resource["identifier"] if identifier["system"] == patient.NHS_NUMBER
    ]
    return any(with_number(caller.workspace.store, "NHS", number) for number in numbers)


def _not_received_before(caller: Principal, message: Json) -> ReceivedMessage | None:
    """Return the record of the message, if it has an identifier. Raises Conflict if it was already received."""
    identifier = message.get("identifier")
    if not isinstance(identifier, dict):
        return None
    name = f"{identifier.get('system', '')}|{identifier.get('value', '')}"
    received = ReceivedMessage(
        id=f"{caller.credential.id} {name}", at=caller.workspace.clock.now(), credential=caller.credential.id
    )
    if caller.workspace.store.find_one(ReceivedMessage, received.id) is not None:
        text = f"The message {name} has already been received"
        raise Conflict(text, code="duplicate", rule=RULE, instead="a new Bundle.identifier for a new message")
    return received


def _bad(text: str, code: str = "invalid") -> Invalid:
    return Invalid(text, code=code, rule=RULE, instead="a Bundle of type message: MessageHeader and Patient")
