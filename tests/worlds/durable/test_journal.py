"""The journal in the data file, with the setting `data_journal`: the same after a stop and a crash, and as bounded."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandbox import Sandbox
from sandbox.cli import main
from sandbox.settings import Settings
from sandbox.store.durable.states import DropPart, WriteItem
from sandbox.worlds.durable.journal_keeper import EXCHANGE, JournalKeeper
from sandbox.worlds.durable.stored_exchanges import APART, NOT_KEPT, PLAIN
from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import example
from tests.worlds.durable.files import crashed, sandbox_on

A28 = example("adt_a28")


def journaled(file: Path, **settings: Any) -> Sandbox:
    return sandbox_on(file, data_journal=True, **settings)


def workspaces(pkb: Sandbox) -> Workspaces:
    return pkb._backend._workspaces  # type: ignore[attr-defined]


def wait_until_written(pkb: Sandbox) -> None:
    """Wait until the file has every exchange: no answer does."""
    keeper, deadline = workspaces(pkb).keeper, time.monotonic() + 30
    assert keeper is not None
    while keeper._has_journal or keeper._running is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def send_of_every_kind(pkb: Sandbox) -> None:
    """Requests that are accepted, refused, broken, binary, cut, with secrets, and in another world."""
    http, token = pkb._http, pkb.token("customer-system-client")
    pkb.send_hl7(A28)
    pkb.send_hl7(A28)
    pkb.send_hl7(A28.replace("PID|||", "PID||||||"))
    http.get("/fhir/Patient/1?identifier=a&access_token=secret-in-the-query")
    http.post("/api/oauth/token", data={"client_secret": "secret-in-the-form", "scope": "é"})
    headers = {"authorization": f"Bearer {token}", "X-Api-Key": "secret-in-a-header"}
    http.post("/customer/northmoor-r4/fhir/Binary", content=b"\xff\xfe\x00%PDF" * 30_000, headers=headers)
    http.post("/customer/northmoor-r4/fhir/Basic", json={"password": "secret-in-json"}, headers=headers)
    http.put("/_sandbox/faults", json={"rules": [{"api": "facade", "status": 503}]})
    http.get("/fhir/metadata", headers={"PKB-Sandbox-Scenario": "faulted"})
    http.delete("/_sandbox/faults")
    other = http.post("/_sandbox/workspaces", json={"name": "other"}).json()["credentials"]
    client = next(row for row in other if row["kind"] == "hl7-org")
    http.post("/services/hl7", content=b"<", auth=(client["username"], client["password"]))


def listed(pkb: Sandbox) -> dict[str, Any]:
    """What the control API says of every exchange of both worlds."""
    rows: dict[str, Any] = {}
    for name in ("default", "other"):
        journal = pkb._http.get(f"/_sandbox/exchanges?workspace={name}").json()
        explanations = [pkb._http.get(row["explain"]).json() for row in journal["exchanges"] if row["explain"]]
        rows[name] = (journal, explanations)
    return rows


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_exchanges_are_as_they_were(tmp_path: Path, end: str):
    file = tmp_path / "world.db"
    with journaled(file) as pkb:
        send_of_every_kind(pkb)
        before = listed(pkb)
        if end == "killed":
            wait_until_written(pkb)
            file = crashed(file)
    with journaled(file) as again:
        assert listed(again) == before
        assert len(before["default"][0]["exchanges"]) > 8
        assert len(before["other"][0]["exchanges"]) == 1
        pkb_sends_again = again.send_hl7(A28)
        newest = again.exchanges[-1]
        assert (pkb_sends_again.code, newest["repeats"]) == ("AA", before["default"][0]["exchanges"][3]["id"])
    assert b"secret-in" not in file.read_bytes()


def items(file: Path) -> list[tuple[str, str]]:
    """World and id of each exchange in a file."""
    with closing(sqlite3.connect(crashed(file))) as connection:
        return connection.execute("SELECT world, key FROM items WHERE part = 'exchange' ORDER BY seq").fetchall()


def test_what_the_journal_drops_leaves_the_file(tmp_path: Path):
    file = tmp_path / "world.db"
    with journaled(file, journal_exchanges=5) as pkb:
        for number in range(12):
            pkb._http.get(f"/fhir/Patient/{number}")
        wait_until_written(pkb)
        kept = [row["id"] for row in pkb.exchanges]
        assert [id_ for _, id_ in items(file)] == kept
    with journaled(file, journal_exchanges=3) as fewer:
        journal = fewer._http.get("/_sandbox/exchanges").json()
        assert ([row["id"] for row in journal["exchanges"]], journal["dropped"]) == (kept[2:], 9)
    assert [id_ for _, id_ in items(file)] == kept[2:]


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/exchanges"), ("POST", "/reset"), ("DELETE", "/workspaces/other")]
)
def test_what_empties_the_journal_empties_the_file(tmp_path: Path, method: str, path: str):
    file = tmp_path / "world.db"
    with journaled(file) as pkb:
        send_of_every_kind(pkb)
        if "workspaces" not in path:
            wait_until_written(pkb)
        assert pkb._http.request(method, f"/_sandbox{path}").is_success
        pkb._http.get("/fhir/Patient/later")
        wait_until_written(pkb)
        expected = [(world.key, exchange.id) for world in workspaces(pkb) for exchange in world.exchanges]
        assert sorted(items(file)) == sorted(expected)
    with journaled(file) as again:
        assert again.exchanges[-1]["request"]["path"] == "/fhir/Patient/later"


def test_without_the_setting_the_journal_in_the_file_is_neither_read_nor_changed(tmp_path: Path):
    file = tmp_path / "world.db"
    with journaled(file) as pkb:
        pkb._http.get("/fhir/Patient/1")
        (id_,) = [row["id"] for row in pkb.exchanges]
    with sandbox_on(file) as without:
        assert without.exchanges == []
        without._http.get("/fhir/Patient/2")
        without.reset()
    with journaled(file) as again:
        assert [row["id"] for row in again.exchanges] == [id_]


def test_a_full_disk_keeps_what_is_written_later(tmp_path: Path):
    file = tmp_path / "world.db"
    with journaled(file) as pkb:
        keeper = workspaces(pkb).keeper
        assert keeper is not None
        connection = keeper._file._connection
        pkb._http.get("/_sandbox/clock")
        wait_until_written(pkb)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        large = A28.replace("Penicillin", "x" * 30_000)
        assert pkb.send_hl7(large + "\rNTE|1||" + "y" * 60_000).code == "AE"
        connection.execute("PRAGMA max_page_count = 1000000")
        pkb.send_hl7(A28)
        wait_until_written(pkb)
        before = pkb.exchanges
        assert [row["hl7"]["ack"] for row in before] == ["AE", "AA"]
    with journaled(file) as again:
        assert again.exchanges == before


def test_it_is_exported_and_checked(tmp_path: Path):
    file = tmp_path / "world.db"
    with journaled(file) as pkb:
        pkb.send_hl7(A28)
        (id_,) = [row["id"] for row in pkb.exchanges]
    printed = CliRunner().invoke(main, ["data", "export", str(file)]).output
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["key"] for row in rows if row.get("part") == "exchange"] == [id_]
    assert CliRunner().invoke(main, ["data", "check", str(file)]).exit_code == 0
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE items SET value = '{\"id\":\"x\"}' WHERE part = 'exchange'")
    refused = CliRunner().invoke(main, ["data", "check", str(file)])
    assert (refused.exit_code, refused.output.count("\n")) == (4, 1)
    assert "damaged" in refused.output, refused.output


def test_the_option_needs_a_file():
    result = CliRunner().invoke(main, ["serve", "--data-journal"])
    assert result.exit_code == 2
    assert "--data-journal: needs --data FILE" in result.output


def test_every_attribute_of_an_exchange_is_kept_or_listed_as_not_kept():
    assert {field.name for field in fields(Exchange)} == {*PLAIN, *APART, *NOT_KEPT}
    assert len(PLAIN) + len(APART) + len(NOT_KEPT) == len(fields(Exchange))
    assert set(Passed._fields) == {"head", "body", "media_type", "length", "digest"}


def exchange(id_: str) -> Exchange:
    return Exchange(id=id_, at=datetime(2026, 1, 1, tzinfo=UTC), api="facade", method="GET", path="/x")


def test_what_could_not_be_written_gives_way_to_what_is_newer():
    worlds = Workspaces(Settings())
    first, second = worlds.default, worlds.create("second")
    keeper = JournalKeeper(lambda: None)
    keeper.follow(first)
    keeper.follow(second)
    first.exchanges.add(exchange("a"))
    second.exchanges.add(exchange("b"))
    _, unwritten = keeper.take()
    assert not keeper.has_changes
    first.exchanges.clear()
    second.exchanges.drop_oldest()
    first.exchanges.add(exchange("c"))
    keeper.put_back(unwritten)
    changes, _ = keeper.take()
    dropped = [change.world for change in changes if isinstance(change, DropPart)]
    written = [
        (row.world, row.key, row.value) for row in changes if isinstance(row, WriteItem) and row.part == EXCHANGE
    ]
    assert dropped == [first.key]
    assert [(world, key, value is None) for world, key, value in written] == [
        (second.key, "b", True),
        (first.key, "c", False),
    ]
    keeper.forget(first)
    first.exchanges.add(exchange("d"))
    assert not keeper.has_changes
