"""Send the request of an exchange again, in the name of the same client."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.principal import Principal
from sandbox.console.browser import check_csrf
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.sending import HL7_PATH, basic, exchange_of, people_of, principal_of, send, send_hl7
from sandbox.errors import Invalid
from sandbox.hl7.message_log import sent_text
from sandbox.http.call import Call
from sandbox.model import Credential
from sandbox.worlds.exchange import Exchange

LEFT_OUT = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "cookie", "origin"}
)
"""Headers that belong to the connection or to the browser of the first time, not to the request."""
# Fetch Metadata, which a browser adds by itself.
FETCH_METADATA = "sec-"


def reason_against(exchange: Exchange) -> str:
    """Return why a request cannot be sent again; empty if it can."""
    if exchange.request.length > len(exchange.request.body):
        return "The journal has only the beginning of its body."
    return ""


async def send_again(call: Call) -> Response:
    """Send the request again, and return to the page of the new exchange. Raises NotFound, Invalid."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    exchange = exchange_of(call, call.params["id"])
    if reason := reason_against(exchange):
        raise Invalid(f"The request cannot be sent again. {reason}")
    again = await _sent_again(call, exchange)
    return leave(call, f"/traffic/{again.id}", "Sent again: this is the new exchange.")


async def _sent_again(call: Call, exchange: Exchange) -> Exchange:
    credential = call.workspace.store.find_one(Credential, exchange.client)
    if exchange.scheme == "mllp":
        if credential is None:
            raise Invalid("The request cannot be sent again: its credential is not in this world.")
        return await send_hl7(call, credential, sent_text(exchange))
    headers = _headers(exchange)
    if credential is not None and (exchange.path.startswith(HL7_PATH) or _needs_basic(exchange)):
        headers["authorization"] = basic(credential)
    principal = _principal(call, exchange, credential)
    return await send(
        call,
        exchange.method,
        exchange.path,
        query=exchange.query,
        headers=headers,
        body=exchange.request.body,
        principal=principal,
    )


def _headers(exchange: Exchange) -> dict[str, str]:
    decoded = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in exchange.request.headers)
    kept = {name: value for name, value in decoded if name not in LEFT_OUT and not name.startswith(FETCH_METADATA)}
    # The journal does not keep it: the call is made on behalf of the caller, or with the credential's own secret.
    kept.pop("authorization", None)
    return kept


def _needs_basic(exchange: Exchange) -> bool:
    """Return whether a token request came without its client's id in the form."""
    return exchange.api == "oauth" and b"client_id" not in exchange.request.body


def _principal(call: Call, exchange: Exchange, credential: Credential | None) -> Principal | None:
    """Return the caller of the first time; of an app, the patient whom the request was about, or the first person."""
    if credential is None or credential.revoked or exchange.api in ("hl7", "oauth") or not exchange.credential:
        return None
    persons = people_of(call.workspace, credential) if credential.kind == "user-client" else []
    is_of_patient = any(person.id == exchange.patient for person in persons)
    return principal_of(call.workspace, credential, exchange.patient if is_of_patient else "")
