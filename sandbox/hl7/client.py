"""What the command line asks of a running sandbox: to take a message in by SOAP, or to lint it."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

import defusedxml.ElementTree

from sandbox.tls.trust import client_context

ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>'
    "<wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)
PATIENCE = 60
"""Seconds to wait for an answer."""


class Unanswered(OSError):
    """There is no server at the address, or it is none that answers this; the text says which."""


def post(url: str, user: str, password: str, message: str) -> str:
    """Sends one message and returns the acknowledgement. Raises Unanswered."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Content-Type": "text/xml;charset=utf-8", "Authorization": f"Basic {token}", "SOAPAction": '""'}
    answer = _post(url, "/services/hl7", ENVELOPE.format(escape(message)).encode(), headers)
    try:
        root = defusedxml.ElementTree.fromstring(answer, forbid_dtd=True)
    except (ParseError, ValueError) as error:
        raise Unanswered(f"{url} did not return a SOAP response") from error
    return next((str(element.text or "") for element in root.iter("return")), "")


def ask_linter(url: str, message: str, user: str | None, admin_token: str | None) -> dict[str, Any]:
    """What the linter of a running sandbox says of one message. Raises Unanswered."""
    body = {"text": message, **({"credential": user} if user else {})}
    headers = {"Content-Type": "application/json"}
    if admin_token:
        headers["Authorization"] = f"Bearer {admin_token}"
    answer = _post(url, "/_sandbox/hl7/lint", json.dumps(body).encode(), headers)
    try:
        outcome = json.loads(answer)
    except ValueError:
        outcome = None
    if not isinstance(outcome, dict) or "findings" not in outcome:
        raise Unanswered(f"{url} is not a PKB Sandbox")
    return outcome


def _post(url: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise Unanswered(f"{url} is not an http or https URL")
    try:
        request = urllib.request.Request(f"{url.rstrip('/')}{path}", body, headers)  # noqa: S310 - the scheme is checked
        with urllib.request.urlopen(request, timeout=PATIENCE, context=_trust(url)) as response:  # noqa: S310 - as above
            content: bytes = response.read()
            return content
    except urllib.error.HTTPError as error:
        with error:
            raise Unanswered(f"{url} answered {error.code} {error.reason}{_detail(error.read())}") from error
    except (OSError, ValueError) as error:
        raise Unanswered(f"{url}: {getattr(error, 'reason', error)}") from error


def _trust(url: str) -> ssl.SSLContext | None:
    """What the server's certificate is held against: the system's authorities, and the local one of `serve --tls`."""
    return client_context() if url.startswith("https://") else None


def _detail(body: bytes) -> str:
    """What a problem document of the control API says, behind the status."""
    try:
        detail = json.loads(body).get("detail", "")
    except (ValueError, AttributeError):
        return ""
    return f": {detail}" if detail else ""
