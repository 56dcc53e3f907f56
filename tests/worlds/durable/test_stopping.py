"""A server that stops while it writes: the file has what was written in memory, and the log no trace."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.app import create_app
from sandbox.model import Patient
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces


def opened(file: Path) -> Workspaces:
    workspaces = Workspaces(Settings(data=str(file)))
    create_app(workspaces)
    return workspaces


@pytest.mark.parametrize("is_written_late", [False, True], ids=["while it stops", "after the loop has ended"])
def test_batches_that_are_under_way_are_finished(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_written_late: bool
):
    workspaces, gate = opened(tmp_path / "world.db"), threading.Event()
    world, keeper = workspaces.default, workspaces.keeper
    assert keeper is not None
    patients = list(world.store.all(Patient))[:3]
    waiting: list[asyncio.Future[None]] = []
    names = ["First", "Second", "Third"]

    async def write_and_stop() -> None:
        keeper._executor.submit(gate.wait)  # the disk takes its time
        for patient, name in zip(patients, names, strict=False):
            world.store.put(replace(patient, phone=name))
            waiting.append(asyncio.ensure_future(keeper.settle(world)))
            await asyncio.sleep(0)
        if not is_written_late:
            gate.set()

    asyncio.run(write_and_stop())
    gate.set()
    workspaces.close()
    again = opened(tmp_path / "world.db")
    stored = [again.default.store.get(Patient, patient.id).phone for patient in patients]
    again.close()
    assert stored == names
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []
