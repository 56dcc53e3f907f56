"""Send one HL7 message over SOAP and read its acknowledgement.

Source: *HL7 SOAP API*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848418
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx

from partner_appointments.connection import Connection

ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Header/><soapenv:Body>'
    "<wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)


class Lost(Exception):
    """No acknowledgement came: PKB may have applied the message, or not."""


@dataclass(frozen=True)
class Acknowledgement:
    """`code` is MSA-1: AA, AE or AR; `reason` is MSA-3."""

    code: str
    control_id: str
    reason: str
    text: str


class Hl7Client:
    """Sends messages as the partner's HL7 user."""

    def __init__(self, connection: Connection) -> None:
        self._http = httpx.Client(
            base_url=connection.url, auth=(connection.hl7_user, connection.hl7_password), timeout=30
        )

    def close(self) -> None:
        self._http.close()

    def send(self, message: str) -> Acknowledgement:
        """Send a message once. Raises Lost, and HTTPStatusError for wrong credentials."""
        try:
            response = self._http.post(
                "/services/hl7",
                content=ENVELOPE.format(escape(message, {"\r": "&#xD;"})),
                headers={"Content-Type": "text/xml;charset=utf-8"},
            )
        except httpx.TransportError as error:
            raise Lost(str(error)) from error
        if response.status_code >= 500 or response.status_code == 429:
            raise Lost(f"status {response.status_code}")
        response.raise_for_status()
        return _acknowledgement(response.content)


def _acknowledgement(body: bytes) -> Acknowledgement:
    """Read the acknowledgement in a SOAP answer. Raises Lost if there is none."""
    try:
        text = ElementTree.fromstring(body).findtext(".//return", "")  # noqa: S314 PKB's own answer
        msa = next(line for line in text.splitlines() if line.startswith("MSA|")).split("|")
    except (ElementTree.ParseError, StopIteration) as error:
        raise Lost("the answer has no acknowledgement") from error
    return Acknowledgement(msa[1], msa[2] if len(msa) > 2 else "", msa[3] if len(msa) > 3 else "", text)
