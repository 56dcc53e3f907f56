"""Messages held for review."""

from __future__ import annotations

from tests.support import Client
from tests.worlds.attributes.samples.sending import Sample
from tests.worlds.attributes.samples.visits import APPOINTMENT


def _held(pkb: Client) -> None:
    organisation = pkb.organisation()
    options = {"options": {"soft_matching": ["family_name"]}}
    assert pkb.http.put(f"/_sandbox/organisations/{organisation}/configuration", json=options).status_code == 200
    text = APPOINTMENT.message.replace("Adeyemi^Tola", "Quaye^Tola")
    assert pkb.send(text).code == "AA"


def _decided(pkb: Client) -> None:
    _held(pkb)
    id_ = pkb.control("/hl7/review")["held"][0]["id"]
    assert pkb.http.post(f"/_sandbox/hl7/review/{id_}/approve").status_code == 200


HELD = [
    Sample("held_message", "soft matching", _held, APPOINTMENT.message),
    Sample("held_message", "decided", _decided, APPOINTMENT.message),
]
