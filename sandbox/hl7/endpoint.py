"""The HL7 endpoint: `POST /services/hl7` with HTTP Basic credentials, and its WSDL.

Source: *HL7 Connection Guidance*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848418
"""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress

from starlette.responses import Response

from sandbox.access.credentials import authenticate, basic, bearer, world_of
from sandbox.access.principal import Principal
from sandbox.errors import (
    Injected,
    Invalid,
    MethodNotAllowed,
    NotFound,
    NotStored,
    SandboxError,
    TooLarge,
    Unauthenticated,
    WrongMediaType,
)
from sandbox.hl7 import faults, receiver, soap
from sandbox.hl7.receiver import Reply
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call
from sandbox.http.faults import FaultWords, broken
from sandbox.http.front_end import FrontEnd
from sandbox.http.prefixes import HL7
from sandbox.http.routes import Route
from sandbox.worlds.slices import LARGE, in_thread
from sandbox.worlds.turns import in_turns
from sandbox.worlds.workspaces import Workspaces

XML = "text/xml;charset=utf-8"
KINDS = ("hl7-org", "hl7-partner")


def front_end(workspaces: Workspaces) -> FrontEnd:
    routes = (Route("POST", "/", _accept, "acceptMessage"), Route("GET", "/", _describe, "wsdl"))
    return FrontEnd(
        api="hl7",
        workspaces=workspaces,
        routes=routes,
        identify=_identify,
        subject_of=lambda call: _head(call).patient if call.principal else "",
        words=WORDS,
        dialect=_dialect,
    )


def _identify(call: Call) -> Principal | None:
    """Return the caller with HL7 credentials; the service description needs none."""
    if call.request.method != "POST":
        return None
    header = call.first_header(b"authorization")
    user_and_secret = basic(header)
    token = None if user_and_secret else bearer(header)
    if token:
        _add_cell_of_token(call, token)
    if user_and_secret:
        # The user's world, even if the password is wrong: its developers find the refusal in their journal.
        call.workspace = world_of(call.workspaces, user_and_secret[0]) or call.workspace
    holder = authenticate(call.workspaces, *user_and_secret) if user_and_secret else None
    if holder is None or holder[1].kind not in KINDS:
        raise Unauthenticated(
            "HTTP Basic credentials of the HL7 API are required",
            rule="access.bearer-at-hl7-401" if token else "access.unknown-credential-401",
            instead="HTTP Basic with HL7 organisation or partner credentials",
        )
    return Principal(workspace=holder[0], credential=holder[1], organisation=holder[1].organisation)


def _add_cell_of_token(call: Call, token: str) -> None:
    """Refuse a bearer token like missing credentials, but with the cell that its client would need."""
    try:
        caller = call.identify(token)
    except Unauthenticated:
        return
    call.cells.append(f"{caller.integration_type}.hl7.send_data")


def _accept(call: Call) -> Response | Awaitable[Response]:
    if call.media_type not in soap.MEDIA_TYPES:
        raise WrongMediaType(
            f"Content-Type must be text/xml, not {call.media_type or 'missing'}", rule="hl7.content-type"
        )
    # A thread costs more than a usual message takes. A large file in a usual envelope is read sooner than one begins.
    is_large = len(call.body) >= LARGE
    usual = soap.open_usual(call.body, call.first_header(b"content-type")) if is_large else None
    if is_large and usual is None:
        return _accept_large(call)
    text = _text(call) if usual is None else _noted(call, usual)
    return _accept_long(call, text) if receiver.is_long(text) else _processed(call, text)


def _processed(call: Call, text: str) -> Response:
    return _answered(call, receiver.receive(call.caller, text, call.authorise))


async def _accept_large(call: Call) -> Response:
    """Open a large envelope in a thread, while others are answered."""
    try:
        text = await in_thread(lambda: _text(call))
    except SandboxError:
        call.foreseen = faults.MessageHead()
        raise
    return await _accept_long(call, text)


async def _accept_long(call: Call, text: str) -> Response:
    """Process a long message in turns with the requests of other worlds."""
    reply = await receiver.receive_in_turns(call.caller, text, call.authorise)
    call.foreseen = None if reply.patient else await in_turns(lambda: faults.describe_message(call.principal, text))
    return _answered(call, reply)


def _text(call: Call) -> str:
    """Return the message in an envelope. Raises SoapFault."""
    return _noted(call, soap.open_envelope(call.body, call.first_header(b"content-type")))


def _noted(call: Call, text: str) -> str:
    """Note the hash of a message, by which the journal recognises when its sender repeats it."""
    call.message_digest = hash(text)
    return text


def _answered(call: Call, reply: Reply) -> Response:
    """Wrap the reply in an envelope, and record it in the journal."""
    call.operation, call.patient = reply.operation or "acceptMessage", reply.patient
    call.hl7 = {"type": reply.type, "control_id": reply.control_id, "ack": reply.ack, "text": reply.text}
    call.refusal = reply.error
    for notice in reply.advice:
        call.warn(notice.rule, [str(notice)])
    if reply.standing:
        call.rests_on(reply.standing)
    return BytesResponse(soap.reply(reply.text), XML)


def _head(call: Call) -> faults.MessageHead:
    """Describe the message of a request that has not been processed; empty without a message."""
    if call.foreseen is not None:
        head: faults.MessageHead = call.foreseen
        return head
    with suppress(SandboxError):
        return faults.describe_message(call.principal, _text(call))
    return faults.MessageHead()


def _operation_of(call: Call) -> str:
    return _head(call).operation or call.operation


def _note_message_key(call: Call) -> None:
    """Record the key of a message that is not processed, so that the journal recognises when its sender repeats it."""
    head = _head(call)  # which notes the hash of the message, too
    if head.type:
        call.hl7 = {"type": head.type, "control_id": head.control_id, "ack": "", "text": ""}


def _acknowledge(call: Call, code: str) -> Response:
    return _answered(call, faults.refusal(call.caller, _text(call), code))


def _break_acknowledgment(call: Call, body: bytes) -> bytes:
    """Break an acknowledgement by removing MSA; cut any other XML in half."""
    text = faults.without_msa((call.hl7 or {}).get("text", ""))
    if call.hl7 is None or not text:
        return broken(body)
    call.hl7["text"] = text
    return soap.reply(text)


WORDS = FaultWords(
    operation_of=_operation_of, note=_note_message_key, acknowledge=_acknowledge, broken=_break_acknowledgment
)


def _describe(call: Call) -> Response:
    if "wsdl" not in {name.lower() for name in call.request.query_params}:
        raise MethodNotAllowed(
            "Send messages with POST; GET ?wsdl describes the service", ("POST",), rule="frontend.other-method"
        )
    return Response(soap.wsdl(f"{call.base_url}{HL7}"), media_type=XML)


STATUS: tuple[tuple[type[SandboxError], int], ...] = (
    (NotFound, 404),
    (MethodNotAllowed, 405),
    (TooLarge, 413),
    (WrongMediaType, 415),
)


def _dialect(call: Call, error: SandboxError) -> Response:
    """Answer with 401 without a body, a SOAP fault for an invalid call, or plain text for an error of HTTP itself."""
    if isinstance(error, Unauthenticated):
        # Without a body: authentication is HTTP's matter, and comes before any SOAP.
        return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="PKB HL7 API"'})
    if isinstance(error, NotStored) and call.hl7 is not None:
        return _answered(call, faults.refusal(call.caller, _text(call), "AE", error))
    if isinstance(error, Injected):
        code = soap.SERVER if error.status >= 500 else soap.CLIENT
        return Response(soap.fault(error.text, code), error.status, media_type=XML)
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    # SOAP 1.1, 6.2: a fault is sent with 500, also where the client is at fault.
    if isinstance(error, soap.SoapFault):
        return Response(soap.fault(error.text, error.code, error.in_body), 500, media_type=XML)
    if status == 500:
        code = soap.CLIENT if isinstance(error, Invalid) else soap.SERVER
        return Response(soap.fault(error.text, code), 500, media_type=XML)
    headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, MethodNotAllowed) else {}
    return Response(error.text, status, headers, media_type="text/plain")
