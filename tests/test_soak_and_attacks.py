"""The long measurements: a soak of a second without an error, shapes of request smuggling, and the table of attacks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from benchmarks.attacks import page
from benchmarks.attacks.attacked import Attacked, counted
from benchmarks.attacks.heads import HEADS
from benchmarks.latency_client import Client
from benchmarks.soak import journal, minutes
from benchmarks.soak.load import Load, Record
from benchmarks.soak.requests import REQUESTS, mllp, prepare
from benchmarks.soak.wire import Wire
from benchmarks.soak.worlds import LIVE, Worlds
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from tests.hl7.test_mllp import free_port

ROW = page.Row(name="a | b", answer="2 x 400", longest=12.3, processor=4.4, peak=6.7, after=-1.0)


async def _soak(port: int, mllp_port: int) -> tuple[list[str], Record, Worlds]:
    worlds = Worlds(Wire(port), prepare)
    await worlds.begin()
    http, by_mllp = Wire(port), Wire(mllp_port)
    problems = []
    for ask in REQUESTS:
        with worlds.use() as world:
            problems.append(await ask(http, world))
    with worlds.use() as world:
        problems.append(await mllp(by_mllp, world))
    await worlds.replace()
    load = Load(port, mllp_port, worlds, 5)
    record = await load.run(0.5, 40)
    for part in (load, http, by_mllp, worlds):
        part.close()
    await asyncio.sleep(0)
    return problems, record, worlds


def test_every_request_of_the_soak_is_answered_as_expected_and_worlds_are_replaced():
    with SandboxServer(port=0, mllp_port=free_port()) as server:
        problems, record, worlds = asyncio.run(_soak(server.port, server.mllp_port))
        names = [workspace.name for workspace in server.workspaces]
    assert list(filter(None, problems)) == []
    assert (record.errors, record.requests) == ({}, 20)
    assert (worlds.created, worlds.deleted, len(names)) == (LIVE + 1, 1, LIVE + 1)
    assert "soak-0" not in names


def test_the_journal_is_full_before_the_soak():
    async def fill(port: int) -> float:
        await journal.fill(port, 35)
        wire = Wire(port)
        size = await journal.journal_bytes(wire)
        wire.close()
        await asyncio.sleep(0)
        return size

    with SandboxServer(Settings(port=0, journal_exchanges=30)) as server:
        size = asyncio.run(fill(server.port))
        journals = server.workspaces.journal_budget
        assert (journals.exchanges, journals.size) == (30, size)


def test_the_slope_is_that_after_the_first_third():
    samples = [(float(second), 100.0 if second < 60 else 80 + second / 60) for second in range(180)]
    assert minutes.slope_of(samples, 3) == "memory after 1.0 minutes: 81 MB, in the end 83 MB, +1.00 MB a minute"
    assert minutes.slope_of(samples[:2], 3) == ""


def test_no_shape_of_request_smuggling_is_two_requests(tmp_path: Path):
    with SandboxServer(port=0) as server:
        attacked = Attacked(server.port, 0, 0, tmp_path / "log", Client(server.port))
        assert asyncio.run(HEADS["16 shapes of request smuggling"](attacked)) == "16 x 400"  # type: ignore[arg-type]
        assert attacked.memory() == 0


def test_answers_are_counted():
    assert counted(["400", "200", "400"]) == "2 x 400, 200"


def test_the_table_of_attacks_is_written_between_the_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    page.PAGE.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n", encoding="utf-8")
    page.write([ROW])
    text = page.PAGE.read_text(encoding="utf-8")
    assert "| a \\| b | 2 x 400 | 12 | 4 | +7, -1 |" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert str(ROW).startswith("a | b")
