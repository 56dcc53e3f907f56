"""A small SOAP client for the command line: wraps a message, sends it, gives the acknowledgement."""

from __future__ import annotations

import base64
import re
import urllib.error
import urllib.request
from pathlib import Path
from xml.sax.saxutils import escape

import defusedxml.ElementTree

from sandbox import datafiles

ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>'
    "<wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)


def example(name: str) -> str:
    """The text of a file, or of an example that comes with the sandbox. Raises FileNotFoundError."""
    shipped = datafiles.path(f"fixtures/hl7/{name}.hl7")
    return (shipped if shipped.is_file() else Path(name)).read_text(encoding="utf-8")


def messages(text: str) -> list[str]:
    """The messages of a file: each begins with an MSH at the start of a line."""
    return [message for message in re.split(r"(?:^|(?<=[\r\n]))(?=MSH\|)", text) if message.strip()] or [text]


def post(url: str, user: str, password: str, message: str) -> str:
    """Sends one message and returns the acknowledgement. Raises OSError with the server's words when refused."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url} is not an http address")
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        f"{url.rstrip('/')}/services/hl7",
        ENVELOPE.format(escape(message)).encode(),
        {"Content-Type": "text/xml;charset=utf-8", "Authorization": f"Basic {token}", "SOAPAction": '""'},
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - as above
        root = defusedxml.ElementTree.fromstring(response.read(), forbid_dtd=True)
    return next((str(one.text or "") for one in root.iter("return")), "")
