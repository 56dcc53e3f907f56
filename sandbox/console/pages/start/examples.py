"""The example request of each cell: `examples.toml`, filled with values of a world."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from sandbox.access.matrix import ACTIONS
from sandbox.access.organisation import HEADER as ORGANISATION_HEADER
from sandbox.base import datafiles
from sandbox.console.pages.start.stage import CellStage, MissingFromWorld
from sandbox.console.snippets import HttpRequest

BASIC = ("hl7-org", "hl7-partner")
"""Kinds of credential with a user name and password for HTTP Basic; the others have access tokens."""
ENVELOPE = """\
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/">
  <soapenv:Body>
    <wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage>
  </soapenv:Body>
</soapenv:Envelope>
"""
_DELIMITERS = re.compile(r"[|^~\\&\r\n]")
_MEDIA_TYPES = {"rest": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellExample:
    """A request for a cell, with placeholders; `kind` is the kind of credential that sends it."""

    kind: str
    api: str
    text: str
    path: str
    method: str = "GET"
    body: str = ""
    message: str = ""


@cache
def examples() -> dict[str, CellExample]:
    """Read the examples: cell → example."""
    table = datafiles.read_toml(datafiles.beside_code("console/pages/start/examples.toml"))
    return {
        f"{type_}.{api}.{action}": CellExample(kind=kind, api=api, **table["request"][name])
        for type_, rows in table["cell"].items()
        for api, (kind, *names) in rows.items()
        for action, name in zip(ACTIONS, names, strict=True)
    }


def request_of(example: CellExample, stage: CellStage, base_url: str) -> HttpRequest:
    """Return the request, with `${TOKEN}` or `${BASIC}` for its authorisation. Raises MissingFromWorld."""
    if stage.kind == "user-client" and not stage.user:
        raise MissingFromWorld(f"Nobody can sign in to {stage.credential.id}.")
    release = stage.endpoint().release.upper() if example.api == "customer" else ""
    return HttpRequest(
        example.method,
        base_url + stage.filled(example.path, lambda value: quote(value, safe="")),
        tuple(_headers(example, stage).items()),
        _body(example, stage),
        ("TOKEN", "BASIC"),
        release,
    )


def _headers(example: CellExample, stage: CellStage) -> dict[str, str]:
    authorization = "Basic ${BASIC}" if example.kind in BASIC else "Bearer ${TOKEN}"
    headers: dict[str, Any] = {"Authorization": authorization}
    if example.kind == "system-client":
        headers[ORGANISATION_HEADER] = stage.organisation.id
    if example.message:
        return {**headers, "Content-Type": "text/xml;charset=utf-8", "SOAPAction": '""'}
    media_type = _MEDIA_TYPES.get(example.api, "application/fhir+json")
    headers["Accept"] = media_type
    return {**headers, "Content-Type": media_type} if example.body else headers


def _body(example: CellExample, stage: CellStage) -> str:
    """Return the body; of a message its envelope, where a reference to each carriage return survives XML."""
    if not example.message:
        # Without the quotes: a placeholder is a part of a text.
        return stage.filled(example.body, lambda value: json.dumps(value, ensure_ascii=False)[1:-1])
    # A delimiter in a value of the record would change the structure of the message.
    segments = stage.filled(example.message, lambda value: _DELIMITERS.sub(" ", value)).strip().splitlines()
    return ENVELOPE.format("&#13;\n".join(escape(segment) for segment in segments))
