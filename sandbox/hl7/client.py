"""Send a message from the command line: SOAP with HTTP Basic."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
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
"""Seconds to wait for a response."""


class Unanswered(OSError):
    """No server answered at the URL, or it is not a sandbox; the text says which."""


def post(url: str, user: str, password: str, message: str) -> str:
    """Send one message and return the acknowledgement. Raises Unanswered."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Content-Type": "text/xml;charset=utf-8", "Authorization": f"Basic {token}", "SOAPAction": '""'}
    answer = _post(url, "/services/hl7", ENVELOPE.format(escape(message)).encode(), headers)
    try:
        return acknowledgment_in(answer)
    except ValueError as error:
        raise Unanswered(f"{url} did not return a SOAP response") from error


def acknowledgment_in(envelope: bytes) -> str:
    """Return the acknowledgement in a SOAP response; empty without one. Raises ValueError if it is not XML."""
    try:
        root = defusedxml.ElementTree.fromstring(envelope, forbid_dtd=True)
    except ParseError as error:
        raise ValueError("not XML") from error
    return next((str(element.text or "") for element in root.iter("return")), "")


def _post(url: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    # urllib would also open file: and ftp: URLs.
    if not url.startswith(("http://", "https://")):
        raise Unanswered(f"{url} is not an http or https URL")
    try:
        request = urllib.request.Request(f"{url.rstrip('/')}{path}", body, headers)  # noqa: S310 - the scheme is checked
        with urllib.request.urlopen(request, timeout=PATIENCE, context=_trust(url)) as response:  # noqa: S310 - as above
            content: bytes = response.read()
            return content
    except urllib.error.HTTPError as error:
        with error:
            raise Unanswered(f"{url} answered {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        raise Unanswered(f"{url}: {getattr(error, 'reason', error)}") from error


def _trust(url: str) -> ssl.SSLContext | None:
    """Certificate authorities for the server: the system's, and the local one of `serve --tls`."""
    return client_context() if url.startswith("https://") else None
