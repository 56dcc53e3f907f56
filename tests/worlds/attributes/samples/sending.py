"""The ways in: HL7 messages, acts of people in the web pages, calls of the Custom REST API."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.journeys.test_four_doors import TOLA_ID
from tests.rest.support import ask
from tests.support import Client

Json = dict[str, Any]
TOLA = "PID|||9991001379^^^NHS^NH{status:01}||Adeyemi^Tola"
PDF = base64.b64encode(b"%PDF-1.4 Willow %%EOF").decode()


@dataclass(frozen=True)
class Sample:
    """One way to send an entity of a kind; `message` is the HL7 message, where it is one."""

    kind: str
    name: str
    send: Callable[[Client], None]
    message: str = ""


def hl7(
    kind: str, type_: str, *segments: str, name: str = "", user: str = "org_northmoor", start: str = "", pid: str = TOLA
) -> Sample:
    """A message that must be accepted; `start` is one that is sent before it."""
    application, facility = ("RADIOLOGY", "NORTHMOOR") if kind == "radiology_report" else ("PAS", "NORTHMOOR")
    facility = "EASTGATE_LB{EASTGATE_LB}" if user == "partner_letterbox" else facility
    text = head(type_, application, facility) + "\r".join(("", pid, *segments))

    def send(pkb: Client) -> None:
        for er7 in filter(None, (start, text)):
            ack = pkb.send(er7, user)
            assert ack.code == "AA", (er7, ack.detail)

    return Sample(kind, name or type_, send, text)


def head(type_: str, application: str = "PAS", facility: str = "NORTHMOOR", at: str = "20260310101702") -> str:
    return f"MSH|^~\\&|{application}|{facility}|HL7API|PKB|{at}||{type_}|sample|P|2.4"


def web(kind: str, act: str, name: str = "", **body: Any) -> Sample:
    """An act of a person in PKB's web pages."""

    def send(pkb: Client) -> None:
        response = pkb.http.post(f"/_sandbox/records/{TOLA_ID}/{act}", json=body)
        assert response.status_code in (200, 201), response.text

    return Sample(kind, name or f"web {act}", send)


def rest(kind: str, method: str, path: str, caller: str = "PATIENT", **body: Any) -> Sample:
    return Sample(kind, f"{method} {path}", lambda pkb: ask(pkb, method, path, caller, json=body) and None)


def then(first: Sample, act: Callable[[Client], None], name: str) -> Sample:
    """Actions after a sample, on the entity that it left."""

    def send(pkb: Client) -> None:
        first.send(pkb)
        act(pkb)

    return Sample(first.kind, name, send)


def relabelled(first: Sample, label: str = "SOCIAL_CARE") -> Sample:
    """The entity that a sample leaves, under another privacy label."""

    def act(pkb: Client) -> None:
        id_ = pkb.control(f"/records/{TOLA_ID}")[f"{first.kind}s".replace("ys", "ies").replace("siss", "ses")][-1]["id"]
        response = pkb.http.post(f"/_sandbox/records/{TOLA_ID}/labels", json={"data_point": id_, "label": label})
        assert response.status_code == 200, response.text

    return then(first, act, f"{first.name} relabelled")


def fields(segment: str, **values: str) -> str:
    """A segment of fields by their numbers: `fields("PV1", f10="ORTHO")`."""
    numbers = {int(name[1:]): value for name, value in values.items()}
    return "|".join([segment, *(numbers.get(number, "") for number in range(1, max(numbers) + 1))])


def accepted(pkb: Client, text: str) -> None:
    ack = pkb.send(text)
    assert ack.code == "AA", ack.detail
