"""The pytest plugin: a sandbox for the run, a world for each test, and its traffic in the report when the test fails.

pytest loads this module at every start, so only the fixtures import the sandbox. `-p no:pkb_sandbox` turns it off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox import Sandbox

MARKER = (
    "pkb(world=None, clock=None, faults=[]): the world of this test, the time at which it is frozen, its fault rules"
)
MARKER_KEYS = ("world", "clock", "faults")
LONGEST = 40
"""Maximum number of exchanges in a report; the newest are shown."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pkb-sandbox", "PKB Sandbox")
    group.addoption("--pkb-url", default="", help="Base URL of a running sandbox; implies --pkb-mode remote.")
    group.addoption(
        "--pkb-mode",
        choices=("asgi", "thread", "remote"),
        default=None,
        help="How the sandbox runs: in process, in a thread with real sockets (default), or at --pkb-url.",
    )
    group.addoption("--pkb-world", default="", help="World to start with: a supplied one, a file or a folder.")
    group.addoption(
        "--pkb-clock", default="", help="`real`, or the ISO 8601 time at which each test's clock is frozen."
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def pkb_sandbox_server(pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    """The sandbox of this run (of this worker, with xdist): its default world is shared by all tests."""
    from sandbox import Sandbox

    url, mode = pytestconfig.getoption("pkb_url"), pytestconfig.getoption("pkb_mode")
    world, clock = pytestconfig.getoption("pkb_world"), pytestconfig.getoption("pkb_clock")
    if url or mode == "remote":
        if not url or mode not in (None, "remote"):
            raise pytest.UsageError("--pkb-mode remote and --pkb-url must be used together")
        admin_token = os.environ.get("PKB_SANDBOX_ADMIN_TOKEN")
        with Sandbox.connect(url, admin_token, workspace="default") as remote:
            yield remote
    else:
        settings = {name: value for name, value in (("world", world), ("clock", clock)) if value}
        with Sandbox(mode=mode or "thread", **settings) as own:
            yield own


@pytest.fixture
def pkb_sandbox(request: pytest.FixtureRequest, pkb_sandbox_server: Sandbox) -> Iterator[Sandbox]:
    """A world of this test alone, deleted when the test ends."""
    wishes = _marker(request.node)
    config = request.config
    # A server of our own was started with the options already; a remote one was started by someone else.
    is_remote = bool(config.getoption("pkb_url"))
    world = wishes.get("world") or (config.getoption("pkb_world") if is_remote else "") or None
    clock = wishes.get("clock") or (config.getoption("pkb_clock") if is_remote else "")
    with pkb_sandbox_server.workspace(world=world) as workspace:
        workspace.scenario = request.node.nodeid
        if clock and clock != "real":
            workspace.freeze(clock)
        if wishes.get("faults"):
            workspace.set_faults(list(wishes["faults"]))
        request.node.stash[_WORLD] = workspace
        yield workspace


_WORLD: pytest.StashKey[Any] = pytest.StashKey()


def _marker(item: pytest.Item) -> dict[str, Any]:
    """Return the requests of a test's markers; the nearest one takes precedence. Raises UsageError for an unknown
    key.
    """
    wishes: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("pkb"))):
        unknown = sorted(set(marker.kwargs) - set(MARKER_KEYS))
        if unknown or marker.args:
            raise pytest.UsageError(
                f"{item.nodeid}: pkb() takes world=, clock= and faults=, not {unknown or marker.args}"
            )
        wishes.update(marker.kwargs)
    return wishes


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    world = item.stash.get(_WORLD, None)
    if world is not None and call.when == "call" and report.failed:
        from sandbox.testing.report import traffic

        report.sections.append(("PKB Sandbox exchanges", traffic(world, LONGEST)))
    return report
