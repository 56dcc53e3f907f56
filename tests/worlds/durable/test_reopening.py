"""What a server on a data file has acknowledged is there after a crash, and after a stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.access.keys import _rings
from sandbox.model import Patient
from tests.hl7.samples import example
from tests.worlds.durable.files import crashed, sandbox_on

NOON = "2026-05-01T12:00:00Z"


@pytest.fixture(params=["stopped", "killed"])
def reopened(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[Callable[[Sandbox], Any]], tuple[Any, Sandbox]]:
    """Returns a function that uses a sandbox, ends it, and starts another one on its file."""
    file = tmp_path / "world.db"

    def use(act: Callable[[Sandbox], Any]) -> tuple[Any, Sandbox]:
        with sandbox_on(file) as first:
            result = act(first)
            left = crashed(file) if request.param == "killed" else file
        second = sandbox_on(left).start()
        request.addfinalizer(second.close)
        return result, second

    return use


def exported(pkb: Sandbox) -> Any:
    """Every entity of every world, in the order of its table."""
    workspaces = pkb._backend._workspaces  # type: ignore[attr-defined]
    return {
        world.name: {name: [row.entity for row in rows.values()] for name, rows in world.store.rows().items()}
        for world in workspaces
    }


def test_messages_tokens_and_every_entity_are_as_they_were(reopened):
    def act(pkb: Sandbox) -> Any:
        assert pkb.send_hl7(example("adt_a28")).code == "AA"
        assert pkb.send_hl7(example("oru_r01_laboratory")).code == "AA"
        patient = pkb.client("customer-system-client").get("/_sandbox/world").json()["patients"][0]["id"]
        tokens = [pkb.token(kind) for kind in ("system-client", "user-client", "customer-system-client")]
        return exported(pkb), pkb.credential("hl7-org"), tokens, patient

    (entities, credential, tokens, _), pkb = reopened(act)
    assert exported(pkb) == entities
    assert pkb.credential("hl7-org") == credential
    http = pkb._http
    bearers = [{"authorization": f"Bearer {token}"} for token in tokens]
    assert http.get("/json/users/self", headers=bearers[1]).status_code == 200
    assert http.get("/fhir/Patient?identifier=x", headers=bearers[0]).status_code != 401
    assert http.get("/aggregated/fhir/Patient?_id=x", headers=bearers[2]).status_code != 401
    assert pkb.send_hl7(example("adt_a28"), credential["username"]).code == "AA"


def test_tokens_outlive_the_process_that_signed_them(tmp_path):
    file = tmp_path / "world.db"
    with sandbox_on(file) as pkb:
        token = pkb.token("system-client")
    # What another process would have: no key at all.
    _rings.pop(False, None)
    with sandbox_on(file) as pkb:
        answer = pkb._http.get("/fhir/Patient?identifier=x", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code != 401
        assert pkb.token("system-client")


def test_clock_faults_checkpoints_and_workspaces_go_on(reopened):
    def act(pkb: Sandbox) -> Any:
        pkb.freeze(NOON)
        checkpoint = pkb.checkpoint("before")
        pkb.advance("PT1H")
        pkb.generate(2, 1)
        random = {"api": "rest", "status": 503, "probability": 0.5, "seed": 3}
        pkb._http.put("/_sandbox/faults", json={"rules": [random, {"api": "hl7", "delay_ms": 1}]})
        pkb.send_hl7(example("adt_a28"))
        codes = [pkb._http.get("/json/users/self").status_code for _ in range(5)]
        other = pkb._http.post("/_sandbox/workspaces", json={"name": "other", "idle_seconds": 500}).json()
        pkb._http.delete("/_sandbox/workspaces/other")
        third = pkb._http.post("/_sandbox/workspaces", json={"name": "other", "world": "default"}).json()
        assert other["credentials"] != third["credentials"]
        rules = pkb._http.get("/_sandbox/faults").json()
        return checkpoint, rules, third, codes, exported(pkb)

    (_, rules, other, _, entities), pkb = reopened(act)
    assert pkb._http.get("/_sandbox/clock").json()["now"] == "2026-05-01T13:00:00Z"
    assert pkb._http.get("/_sandbox/faults").json() == rules
    assert exported(pkb) == entities
    credentials = pkb._http.get("/_sandbox/credentials?workspace=other").json()["credentials"]
    assert [row.get("client_id") for row in credentials] == [row.get("client_id") for row in other["credentials"]]
    added = pkb._http.get("/_sandbox/checkpoints/before/diff").json()["added"]
    assert {row["kind"] for row in added} >= {"patient"}
    pkb._http.delete("/_sandbox/faults")
    assert pkb._http.post("/_sandbox/checkpoints/before/restore").status_code == 200
    assert pkb._http.get("/_sandbox/clock").json()["now"] == NOON
    assert pkb._http.get("/_sandbox/checkpoints/before/diff").json()["added"] == []
    pkb.reset()
    assert pkb._http.get("/_sandbox/clock").json()["mode"] == "real"


def test_a_code_is_exchanged_and_a_session_refreshed_after_a_crash(reopened):
    def act(pkb: Sandbox) -> Any:
        client = pkb.credential("user-client")
        user, redirect = client["users"][0]["id"], client["redirect_uris"][0]
        request = {
            "client_id": client["client_id"],
            "redirect_uri": redirect,
            "scope": "PATIENT",
            "decision": "approve",
        }
        answer = pkb._http.post(f"/_sandbox/users/{user}/approve", json=request).json()
        tokens = pkb.sign_in(user, client["client_id"])
        return client, redirect, answer["redirect"].partition("code=")[2].partition("&")[0], tokens

    (client, redirect, code, tokens), pkb = reopened(act)
    basic = (client["client_id"], client.get("client_secret", ""))
    exchange = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    assert pkb._http.post("/apiToken.action", data=exchange, auth=basic).status_code == 200
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    assert pkb._http.post("/apiToken.action", data=refresh, auth=basic).status_code == 200
    assert pkb._http.post("/apiToken.action", data=refresh, auth=basic).status_code == 400


def test_a_reset_and_checkpoints_leave_no_rows_behind(tmp_path):
    file = tmp_path / "world.db"

    def rows(pkb: Sandbox) -> tuple[int, int]:
        connection = pkb._backend._workspaces.keeper._file._connection  # type: ignore[attr-defined]
        query = "SELECT (SELECT count(*) FROM rows), (SELECT count(*) FROM states)"
        counts: tuple[int, int] = connection.execute(query).fetchone()
        return counts

    with sandbox_on(file) as pkb:
        pkb.reset()
        seeded = rows(pkb)
        pkb.generate(1, 1)
        pkb.checkpoint("one")
        pkb.generate(1, 2)
        pkb._http.post("/_sandbox/checkpoints/one/restore")
        with pkb.workspace() as other:
            other.generate(1, 1)
        pkb._http.delete("/_sandbox/checkpoints/one")
        pkb.reset()
        assert rows(pkb) == seeded


def test_seeded_ids_go_on_where_they_were(tmp_path):
    def ids(pkb: Sandbox) -> list[str]:
        pkb.send_hl7(example("adt_a28"))
        return [row["id"] for row in pkb._http.get("/_sandbox/world").json()["patients"]]

    with sandbox_on(tmp_path / "one.db", seed=4) as pkb:
        pkb.send_hl7(example("siu_s12"))
        expected = ids(pkb)
    with sandbox_on(tmp_path / "two.db", seed=4) as pkb:
        pkb.send_hl7(example("siu_s12"))
    with sandbox_on(tmp_path / "two.db") as pkb:
        assert ids(pkb) == expected


def test_a_world_with_patients_is_not_seeded_again(tmp_path):
    with sandbox_on(tmp_path / "world.db") as pkb:
        store = pkb._backend._workspaces.default.store  # type: ignore[attr-defined]
        before = store.count(Patient)
    with sandbox_on(tmp_path / "world.db") as pkb:
        store = pkb._backend._workspaces.default.store  # type: ignore[attr-defined]
        assert store.count(Patient) == before
