"""Messages that the tests of the HL7 API share, and how to make small ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from sandbox.hl7.lint import FOLLOWS
from sandbox.model import Patient
from sandbox.store.schema import TABLES
from tests.support import SOAP, Client

FIXTURES = Path(__file__).parents[2] / "fixtures/hl7"
PREFIX_AR = "Parsing or validation error: "
PREFIX_AE = "Unexpected error while processing: "


def example(name: str) -> str:
    return (FIXTURES / f"{name}.hl7").read_text(encoding="utf-8")


A28 = example("adt_a28")
A31 = example("adt_a31")
NHS, LOCAL = "9998120012", "NM00901"
"""The numbers of the patient whom the examples create."""
IDS = f"{NHS}^^^NHS^NH{{status:01}}~{LOCAL}^^^NORTHMOOR^MR"
NEW = "9998120039"
"""An NHS number that the default world does not have."""

ORGANISATIONS = {
    "northmoor": "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e",
    "eastgate": "771c41ae-3218-4492-a2a3-f5b7aae8ec3d",
}
NORTHMOOR_NUMBER = "00b6e67a-7a2a-4c2b-8180-60a7da1de808"
TEAMS = {
    "northmoor_default": "ab37b23d-c031-4ced-86aa-2691c368e777",
    "northmoor_renal": "b1fca6de-884d-4803-b760-ebd7f8cac475",
    "northmoor_sexual": "6384e0b3-7b55-4bcb-91f1-20682cc85dc0",
    "eastgate_default": "fb819b38-e035-4e65-b4ea-ae5076a82518",
    "eastgate_diabetes": "2c753854-647e-425b-af7c-17507335f501",
    "eastgate_wellbeing": "31677ba0-5257-4de0-949c-d5401aa941a4",
}


def header(type_: str = "ADT^A28", control_id: str = "m-1", at: str = "20260310101500", facility: str = "ANY") -> str:
    return f"MSH|^~\\&|PAS|{facility}|HL7API|PKB|{at}||{type_}|{control_id}|P|2.4"


def pid(ids: str = IDS, name: str = "Khatun^Rina", fields: Mapping[int, str] | None = None) -> str:
    """A PID with identifiers, name and any other fields by their numbers."""
    filled = {3: ids, 5: name, **(fields or {})}
    return "|".join(["PID", *(filled.get(number, "") for number in range(1, max(filled) + 1))])


def message(*segments: str, **head: str) -> str:
    return "\r".join((header(**head), *segments))


def state(pkb: Client) -> dict[str, dict[str, Any]]:
    """Everything that the record holds, by table and id; what Aggregated makes of it is its own."""
    store = pkb.server.workspaces.default.store
    tables = {name: kind for kind, (name, _) in TABLES.items() if kind not in FOLLOWS}
    rows: dict[str, list[Any]] = {name: list(store.all(kind)) for name, kind in tables.items()}
    return {name: {entity.id: entity for entity in entities} for name, entities in rows.items()}


def stored(pkb: Client, number: str = NHS) -> Patient:
    """The one patient with an NHS number."""
    (patient,) = pkb.server.workspaces.default.store.find(Patient, "identifier", ("NHS", number))
    return patient


def explanation(pkb: Client, text: str, user: str = "org_northmoor") -> dict[str, str]:
    """Send a message and return its explanation; empty when there is none."""
    response = pkb.post_soap(SOAP.format(escape(text)), user)
    path = response.headers.get("pkb-sandbox-explain", "")
    explained: dict[str, str] = pkb.http.get(path).json() if path else {}
    return explained
