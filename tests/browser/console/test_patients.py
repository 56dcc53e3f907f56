"""A walk through the pages of a patient in Chromium: doors that light up together, a view that hides, a freeze."""

from __future__ import annotations

from dataclasses import replace

from sandbox.model import Name, Patient
from tests.browser.console.walking import in_a_browser, walk
from tests.console.patients.support import TOLA, page
from tests.hl7.samples import example
from tests.journeys.test_four_doors import BRIGHT
from tests.support import Client

pytestmark = in_a_browser
NAME = "<img src=x onerror=alert(1)>"


def test_from_a_message_to_every_door_and_to_who_sees_it(pkb: Client):
    page(pkb, "patients")
    message = example("siu_s12").replace("9998120012", "9991001379").replace("NM00901", "NM00401")
    assert pkb.send(message).code == "AA"
    record = pkb.control(f"/records/{TOLA}")
    appointment = record["appointments"][-1]
    body = {"data_point": record["allergies"][0]["id"], "label": "SEXUAL_HEALTH"}
    assert pkb.http.post(f"/_sandbox/records/{TOLA}/labels", json=body).status_code == 200
    store = pkb.server.workspaces.default.store
    other = store.get(Patient, pkb.patient("can be invited by letter")["id"])
    store.put(replace(other, name=Name(family=NAME), reason="<script>alert(1)</script>"))
    argument = {"patient": TOLA, "name": "Adeyemi", "subject": appointment["subject"], "hostile": other.id,
                "caller": f"stepwise-clinic/{BRIGHT}"}  # fmt: skip
    result = walk("patients.mjs", pkb.server.base_url, argument)
    assert result["findings"] == []
    assert [title.split("\n")[0] for title in result["doors"]] == ["HL7 v2", "Facade", "Aggregated", "Custom REST"]
    start = {row["door"]: row["text"] for row in result["hovered"]}
    assert set(start) >= {"hl7", "facade", "aggregated", "model"}
    assert start["facade"].startswith(appointment["start_at"][:16])
    assert result["left"] == []
    assert {row["text"] for row in result["focused"]} == {appointment["subject"]}
    assert {row["door"] for row in result["focused"]} >= {"hl7", "facade", "aggregated"}
    assert "SIU^S12" in result["exchange"]
    assert any("access.visibility-consent" in text for text in result["hidden"]), result["hidden"]
    assert result["notice"] == "Access is frozen."
    assert "access frozen" in result["chips"]
    assert "access.frozen" in result["rule"]
    assert result["hostileHeading"] == NAME
    assert result["elements"] == 0
