"""Runs tests against faults in forks of one process that has imported and collected everything already."""

from __future__ import annotations

import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants import patching
from tests.mutants.sites import Mutant

HANGS = 100.0
"""Seconds after which one test counts as a run that does not end."""
BEGUN, FAILED, PASSED, UNFIT = "begun ", "failed ", "passed", "unfit"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What noticed a fault, empty if nothing did, and how many tests ran.

    `is_fit` is False for a fault that cannot be put into living code.
    """

    noticed_by: str
    ran: int
    is_fit: bool = True


class Warm:
    """A pytest plugin: in place of the collected tests `work` runs, which asks for tests against faults."""

    def __init__(self, work: Callable[[Warm], None]) -> None:
        self._work = work
        self._items: dict[str, pytest.Item] = {}
        self._flaky: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._work(self)
        return True

    @property
    def ids(self) -> list[str]:
        """The collected tests, in their order."""
        return list(self._items)

    def test(self, mutant: Mutant, tests: Sequence[str], seconds: float) -> Verdict:
        """Run tests against a fault until one fails. A test that fails without the fault too does not count."""
        while True:
            chosen = [self._items[name] for name in tests if name in self._items and name not in self._flaky]
            verdict = _forked(chosen, mutant, seconds)
            if verdict.noticed_by not in self._items:
                return verdict
            if not _forked([self._items[verdict.noticed_by]], None, seconds).noticed_by:
                return verdict
            self._flaky.add(verdict.noticed_by)


def _forked(items: Sequence[pytest.Item], mutant: Mutant | None, seconds: float) -> Verdict:
    reader, writer = os.pipe()
    folder = tempfile.mkdtemp(prefix="mutant-")
    child = os.fork()
    if child == 0:
        os.close(reader)
        _run(items, mutant, writer, Path(folder))
    os.close(writer)
    try:
        return _watched(reader, len(items), seconds)
    finally:
        os.close(reader)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        shutil.rmtree(folder, ignore_errors=True)


def _run(items: Sequence[pytest.Item], mutant: Mutant | None, writer: int, folder: Path) -> None:
    """In the child: put the fault in, run the tests, report each on the pipe. Does not return."""

    def report(line: str) -> None:
        os.write(writer, f"{line}\n".encode())

    try:
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        if mutant is not None and not patching.can_apply(mutant):
            report(UNFIT)
        else:
            _protocol(items, report, folder)
    except BaseException as error:
        report(f"{FAILED}{type(error).__name__} outside of a test")
    finally:
        os._exit(0)


class _Reporter:
    def __init__(self, report: Callable[[str], object]) -> None:
        self._report = report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._report(f"{FAILED}{report.nodeid}")
            os._exit(0)


def _protocol(items: Sequence[pytest.Item], report: Callable[[str], object], folder: Path) -> None:
    if items:
        config = items[0].config
        # The folders of tests in the child are removed with it.
        config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
        config.pluginmanager.register(_Reporter(report))
    for item, following in zip(items, [*items[1:], None], strict=True):
        report(f"{BEGUN}{item.nodeid}")
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    report(PASSED)


def _watched(reader: int, size: int, seconds: float) -> Verdict:
    """Read what the child reports, until it ends, hangs in a test, or has had its time."""
    began, last, running, ran, buffer = time.monotonic(), time.monotonic(), "", 0, b""
    while True:
        now = time.monotonic()
        if now - last > HANGS:
            return Verdict(f"{running}, which does not end" if running else "", ran)
        if now - began > seconds:
            return Verdict("", ran)
        if not select.select([reader], [], [], 0.5)[0]:
            continue
        data = os.read(reader, 65536)
        if not data:
            return Verdict("a process that ended early", ran)
        last, buffer = time.monotonic(), buffer + data
        *lines, buffer = buffer.split(b"\n")
        for line in map(bytes.decode, lines):
            if line.startswith(FAILED):
                return Verdict(line.removeprefix(FAILED), ran)
            if line == UNFIT:
                return Verdict("", 0, is_fit=False)
            if line == PASSED:
                return Verdict("", size)
            running, ran = line.removeprefix(BEGUN), ran + 1
