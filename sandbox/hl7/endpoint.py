"""The HL7 endpoint: `POST /services/hl7` with HTTP Basic credentials, and its WSDL.

Source: *HL7 Connection Guidance*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848418
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.credentials import basic, bearer, check, world_of
from sandbox.access.principal import Principal
from sandbox.errors import (
    Invalid,
    MethodNotAllowed,
    NotFound,
    SandboxError,
    TooLarge,
    Unauthenticated,
    WrongMediaType,
)
from sandbox.hl7 import receiver, soap
from sandbox.hl7.profiles import profiles
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Route
from sandbox.worlds.workspaces import Workspaces

PREFIX = "/services/hl7"
XML = "text/xml;charset=utf-8"
KINDS = ("hl7-org", "hl7-partner")


def front_end(workspaces: Workspaces) -> FrontEnd:
    profiles()  # read now, so that the first message need not wait for it
    routes = (Route("POST", "/", _accept, "acceptMessage"), Route("GET", "/", _describe, "wsdl"))
    return FrontEnd(api="hl7", workspaces=workspaces, routes=routes, identify=_identify, dialect=_dialect)


def _identify(call: Call) -> Principal | None:
    """The holder of HL7 credentials; a description of the service needs none."""
    if call.request.method != "POST":
        return None
    header = call.request.headers.get("authorization", "")
    token = bearer(header)
    if token:
        _name_the_cell(call, token)
    user_and_secret = basic(header)
    if user_and_secret:
        call.workspace = world_of(call.workspaces, user_and_secret[0]) or call.workspace
    holder = check(call.workspaces, *user_and_secret) if user_and_secret else None
    if holder is None or holder[1].kind not in KINDS:
        raise Unauthenticated(
            "HTTP Basic credentials of the HL7 API are required",
            rule="access.bearer-at-hl7-401" if token else "access.unknown-credential-401",
            instead="HTTP Basic with HL7 organisation or partner credentials",
        )
    return Principal(workspace=holder[0], credential=holder[1], organisation=holder[1].organisation)


def _name_the_cell(call: Call, token: str) -> None:
    """A live bearer token is as useless here as none, but the answer says which cell it would have been."""
    try:
        caller = call.identify(token)
    except Unauthenticated:
        return
    call.cells.append(f"{caller.integration_type}.hl7.send_data")


def _accept(call: Call) -> Response:
    if call.media_type not in soap.MEDIA_TYPES:
        raise WrongMediaType(
            f"Content-Type must be text/xml, not {call.media_type or 'missing'}", rule="hl7.content-type"
        )
    text = soap.open_envelope(call.body, call.request.headers.get("content-type", ""))
    call.message_digest = hash(text)
    reply = receiver.receive(call.caller, text, call.authorise)
    call.operation, call.patient = reply.operation or "acceptMessage", reply.patient
    call.hl7 = {"type": reply.type, "control_id": reply.control_id, "ack": reply.ack, "text": reply.text}
    call.refusal = reply.error
    for notice in reply.advice:
        call.warn(notice.rule, [str(notice)])
    if reply.standing:
        call.rests_on(reply.standing)
    return Response(soap.reply(reply.text), media_type=XML)


def _describe(call: Call) -> Response:
    if "wsdl" not in {name.lower() for name in call.request.query_params}:
        raise MethodNotAllowed(
            "Send messages with POST; GET ?wsdl describes the service", ("POST",), rule="frontend.other-method"
        )
    return Response(soap.wsdl(f"{call.base_url}{PREFIX}"), media_type=XML)


STATUS: tuple[tuple[type[SandboxError], int], ...] = (
    (NotFound, 404),
    (MethodNotAllowed, 405),
    (TooLarge, 413),
    (WrongMediaType, 415),
)


def _dialect(call: Call, error: SandboxError) -> Response:
    """401 without a body, a SOAP fault for what is no call, plain text for what HTTP itself refuses."""
    if isinstance(error, Unauthenticated):
        return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="PKB HL7 API"'})
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    if isinstance(error, soap.SoapFault):
        return Response(soap.fault(error.text, error.code, error.in_body), 500, media_type=XML)
    if status == 500:
        code = soap.CLIENT if isinstance(error, Invalid) else soap.SERVER
        return Response(soap.fault(error.text, code), 500, media_type=XML)
    headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
    return Response(error.text, status, headers, media_type="text/plain")
