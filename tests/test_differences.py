"""Features that docs/differences.md lists as missing: they are, so the page is corrected when they come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click import Context

from sandbox.assembly.control_calls import CONTROL
from sandbox.cli import main
from sandbox.settings import SETTINGS

PAGE = (Path(__file__).parents[1] / "docs/differences.md").read_text(encoding="utf-8")
PLANNED = PAGE.partition("## Planned, and not there yet")[2].partition("\n## ")[0]
ROWS = [row.split(" | ")[0].strip("| ") for row in PLANNED.splitlines() if row.startswith("| ")]


def named(beginning: str) -> list[str]:
    """Return the words in backquotes in the rows that begin so."""
    return [name for row in ROWS if row.startswith(beginning) for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("option", named("Options"))
def test_an_option_that_is_planned_is_not_offered(option: str):
    offered = {f"--{setting.name.replace('_', '-')}" for setting in SETTINGS}
    assert option not in offered


@pytest.mark.parametrize("command", named("Commands"))
def test_a_command_that_is_planned_is_not_offered(command: str):
    assert command not in main.list_commands(Context(main))


@pytest.mark.parametrize("path", [name for name in named("Control") if name.startswith("/") and name != "/"])
def test_a_control_call_that_is_planned_is_not_there(path: str):
    assert not [operation for operation in CONTROL if operation.path == path or operation.path.startswith(f"{path}/")]


def test_the_lists_are_read():
    assert ROWS[0] == "feature"
