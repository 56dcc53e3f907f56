"""What the tests of clinical messages share: the patient of the examples, small messages, and the record."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox.control.record_view import KINDS
from sandbox.domain.worlds import loading
from sandbox.store import Store
from tests.hl7.samples import example
from tests.support import Client

ADEYEMI = "9991001379"
"""The patient whom the clinical examples are about: Tola Adeyemi, of Northmoor."""
PID = next(line for line in example("siu_s12").splitlines() if line.startswith("PID|"))
NOBODY = PID.replace(ADEYEMI, "9998120039")


def message(type_: str, *segments: str, app: str = "PAS", at: str = "20260310101500") -> str:
    return "\r".join((f"MSH|^~\\&|{app}|ANY|HL7API|PKB|{at}||{type_}|c-1|P|2.4", PID, *segments))


SENT = ("appointments", "encounters", "lab_reports", "lab_results", "radiology_reports", "documents", "attachments")
"""Kinds that clinical messages create, as the control API names them."""


@cache
def _seeded() -> frozenset[str]:
    store = Store()
    loading.load_world(store, "default")
    return frozenset(entity.id for kind in KINDS.values() for entity in store.all(kind))


def record(pkb: Client, patient: str = ADEYEMI) -> dict[str, Any]:
    """A patient's record without what messages could have made of it before the test began."""
    content: dict[str, Any] = pkb.control(f"/records/{patient}")
    return {
        key: [entry for entry in value if entry["id"] not in _seeded()] if key in SENT else value
        for key, value in content.items()
    }


def accepted(pkb: Client, *texts: str) -> None:
    for text in texts:
        ack = pkb.send(text)
        assert ack.code == "AA", ack.text


def refused(pkb: Client, text: str, detail: str) -> None:
    """The message is AR with exactly that detail, and the record is as it was."""
    before = record(pkb)
    ack = pkb.send(text)
    assert (ack.code, ack.detail) == ("AR", f"Parsing or validation error: {detail}")
    assert record(pkb) == before


def configure(pkb: Client, **parts: Any) -> None:
    path = f"/_sandbox/organisations/{pkb.organisation()}/configuration"
    response = pkb.http.put(path, json=parts)
    assert response.status_code == 200, response.text
