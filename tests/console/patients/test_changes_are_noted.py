"""A world whose pages a person opens notes its changes, with and without checkpoints."""

from __future__ import annotations

from tests.console.patients.support import TOLA, page
from tests.hl7.samples import example
from tests.support import Client


def test_changes_are_noted_once_a_page_is_opened_and_after_the_last_checkpoint_goes(pkb: Client):
    world = pkb.server.workspaces.default
    page(pkb, f"patients/{TOLA}")
    pkb.http.post("/_sandbox/checkpoints", json={"name": "only"})
    pkb.http.delete("/_sandbox/checkpoints/only")
    assert world.checkpoints.notes_changes
    assert pkb.send(example("siu_s12").replace("9998120012", "9991001379").replace("NM00901", "NM00401")).code == "AA"
    assert [step.api for step in world.checkpoints.changes()][-1] == "hl7"


def test_a_reset_begins_anew(pkb: Client):
    world = pkb.server.workspaces.default
    page(pkb, f"patients/{TOLA}")
    pkb.http.post(f"/_sandbox/records/{TOLA}/freeze", json={"frozen": True})
    assert list(world.checkpoints.changes())
    pkb.http.post("/_sandbox/reset")
    assert list(world.checkpoints.changes()) == []
