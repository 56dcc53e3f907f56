"""The HL7 editor: lint while you type, send, and see the acknowledgement and what changed in the record."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.console.browser import check_csrf
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.hl7_fields import laid_out
from sandbox.console.pages.try_it.overview import TABS
from sandbox.console.pages.try_it.result import exchange_in_query, result_values
from sandbox.console.rendering import render_fragment, render_page
from sandbox.console.sending import credential_of, send_hl7
from sandbox.errors import Invalid, SandboxError
from sandbox.hl7.files import examples
from sandbox.hl7.lint import rehearse, sender
from sandbox.hl7.message_log import received_message
from sandbox.http.call import Call
from sandbox.model import Credential
from sandbox.worlds.difference.of_changes import difference_of
from sandbox.worlds.exchange import Exchange

FIRST_EXAMPLE = "siu_s12"
MOST_CREDENTIALS = 200
MEANINGS = {
    "AA": "Application accept: PKB took the message in. A client goes on with its next message.",
    "AR": "Application reject: the message is at fault, and nothing of it was stored. Correct it, then send it.",
    "AE": "Application error: PKB could not read or process the message, and nothing of it was stored.",
    "": "No acknowledgement: a client sends the message again.",
}
"""Acknowledgement code → its meaning for the sender."""


def show_hl7_editor(call: Call) -> Response:
    """Show the editor with the message of `?exchange=`, of `?example=`, or the first example."""
    query = call.request.query_params
    exchange, is_result = exchange_in_query(call)
    text = received_message(exchange) if exchange else examples().get(query.get("example") or FIRST_EXAMPLE, "")
    credential = exchange.client if exchange else query.get("credential", "")
    return _page(call, text, credential, exchange if is_result else None)


def lint_text(call: Call) -> Response:
    """Lint the text of the form: the findings as a fragment for scripts, else the whole page."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    text, credential = value_of(fields, "text"), value_of(fields, "credential")
    if value_of(fields, "_fragment"):
        return render_fragment(call, "try_it/findings.html", **_findings(call, text, credential))
    return _page(call, text, credential, None)


async def send_text(call: Call) -> Response:
    """Send the text of the form, and return to the editor with the result. Raises Invalid."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    credential = credential_of(call.workspace, value_of(fields, "credential"))
    if not credential.kind.startswith("hl7-"):
        raise Invalid("Choose a credential of the HL7 API.")
    exchange = await send_hl7(call, credential, _in_segments(value_of(fields, "text")))
    # A redirect, so that reloading the page does not send the message again.
    return leave(call, f"/try/hl7?exchange={exchange.id}&sent=1#result")


def _page(call: Call, text: str, credential: str, exchange: Exchange | None) -> Response:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return render_page(
        call,
        "try_it/hl7.html",
        title="Try HL7 v2",
        tabs_of_page=TABS,
        text=lines,
        examples=list(examples()),
        example=call.request.query_params.get("example") or "",
        credentials=_credentials(call),
        credential=credential,
        **_findings(call, lines, credential),
        ack_meaning=MEANINGS.get((exchange.hl7 or {}).get("ack", ""), "") if exchange else "",
        **result_values(call, exchange),
    )


def _in_segments(text: str) -> str:
    """The text of a form as a message: segments end with a carriage return."""
    return text.replace("\r\n", "\r").replace("\n", "\r")


def _credentials(call: Call) -> list[Credential]:
    kinds = ("hl7-org", "hl7-partner")
    issued = [credential for kind in kinds for credential in call.workspace.store.find(Credential, "kind", kind)]
    return [credential for credential in issued if not credential.revoked][:MOST_CREDENTIALS]


def _findings(call: Call, text: str, credential: str) -> dict[str, Any]:
    """What the linter says of a text, sent with a credential or else the first one; nothing of an empty text."""
    if not text.strip():
        return {"hl7": None, "expected": None, "meaning": ""}
    try:
        principal = sender(call.workspace, credential or None)
    # A credential of the address may be revoked or unknown: the text can still be linted as the first sender's.
    except SandboxError:
        principal = sender(call.workspace, None)
    message = _in_segments(text)
    rehearsal = rehearse(principal, message)
    return {
        "hl7": laid_out(principal, message, rehearsal),
        "expected": difference_of(call.workspace, rehearsal.changes, api="hl7"),
        "meaning": MEANINGS.get(rehearsal.outcome["ack"], ""),
    }
