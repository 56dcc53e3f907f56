"""The authorize page in Chromium: by keyboard only, with scripts off and on, and as axe sees it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import Client

NODE, CHROMIUM = os.environ.get("PKB_SANDBOX_TEST_NODE"), os.environ.get("PKB_SANDBOX_TEST_CHROMIUM")
SCRIPT = Path(__file__).with_name("authorize.mjs")
DONE, STATE = "http://localhost:8400/done", "q7 Zt&"
ASKED = {"response_type": "code", "client_id": "stepwise-diary", "scope": "PATIENT", "state": STATE}
SHOTS = 9

pytestmark = [
    pytest.mark.own_environment("chromium"),
    pytest.mark.skipif(
        not NODE or not CHROMIUM,
        reason="no browser is at hand: PKB_SANDBOX_TEST_CHROMIUM names no Chromium, "
        "or PKB_SANDBOX_TEST_NODE no folder with node_modules",
    ),
]


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: a folder that may be chosen, to look at them afterwards."""
    chosen = os.environ.get("PKB_SANDBOX_TEST_SHOTS")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def seen(running: Client, shots: Path) -> dict[str, Any]:
    """The outcome of every visit."""
    assert running.http.post("/_sandbox/reset").status_code == 200
    page = f"{running.server.base_url}/apiAuthorize.action?"
    right = page + urlencode({**ASKED, "redirect_uri": DONE})
    wrong = page + urlencode({**ASKED, "redirect_uri": "https://evil.example/done"})
    user = next(u for u in running.credential("stepwise-diary")["users"] if u["email"].startswith("tola."))
    visitor = json.dumps({"email": user["email"], "password": user["password"], "redirect": DONE})
    ran = subprocess.run(
        ["node", str(SCRIPT), right, wrong, visitor, str(shots)], capture_output=True, text=True, timeout=180
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


both = pytest.mark.parametrize("scripts", ["without_scripts", "with_scripts"])


def answer(visit: dict[str, Any]) -> dict[str, str]:
    """The request that the app received, once."""
    assert visit["trouble"] == []
    assert visit["title"] == "Done"
    (parameters,) = visit["answers"]
    return parameters


@both
@pytest.mark.parametrize("how", ["approve_by_button", "approve_by_enter", "asserted"])
def test_a_patient_approves_by_keyboard(seen: dict[str, Any], running: Client, scripts: str, how: str):
    parameters = answer(seen[scripts][how])
    assert parameters.keys() == {"code", "state"}
    assert parameters["state"] == STATE
    form = {"grant_type": "authorization_code", "client_id": "stepwise-diary", "code": parameters["code"]}
    exchanged = running.http.post("/apiToken.action", data={**form, "redirect_uri": DONE})
    assert exchanged.status_code == 200, exchanged.text


@both
@pytest.mark.parametrize("how", ["deny", "deny_at_once", "wrong_password"])
def test_whoever_denies_or_fails_is_sent_back_without_a_code(seen: dict[str, Any], scripts: str, how: str):
    parameters = answer(seen[scripts][how])
    assert "code" not in parameters
    assert (parameters["error"], parameters["state"]) == ("access_denied", STATE)


@both
def test_nothing_is_sent_while_the_form_is_empty(seen: dict[str, Any], scripts: str):
    visit = seen[scripts]["nothing_typed"]
    assert visit["stays"]
    assert visit["answers"] == []


@both
def test_the_keyboard_goes_through_the_form_from_top_to_bottom(seen: dict[str, Any], scripts: str):
    assert seen[scripts]["order"]["focused"] == ["email", "password", "approve", "deny"]
    assert seen[scripts]["asserted"]["focused"] == ["approve", "deny"]


@both
def test_a_request_at_fault_ends_on_the_error_page(seen: dict[str, Any], scripts: str):
    visit = seen[scripts]["error_page"]
    assert (visit["status"], visit["stays"], visit["forms"], visit["answers"]) == (400, True, 0, [])
    assert visit["heading"]
    assert visit["trouble"] == []


PAGES = ["page", "page_on_a_phone", "page_in_the_dark", "asserted", "error", "error_on_a_phone"]


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_at_fault(seen: dict[str, Any], page: str):
    audit = seen["axe"][page]
    assert (audit["violations"], audit["unsure"]) == ([], [])
    assert audit["passes"] > 10
    assert not audit["wide"], "a person has to scroll sideways"


def test_every_page_was_photographed(seen: dict[str, Any], shots: Path):
    assert len([shot for shot in shots.glob("*.png") if shot.stat().st_size > 1000]) >= SHOTS
