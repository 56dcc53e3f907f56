"""What commands print for people fits a terminal of 80 columns; addresses and secrets are never cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sandbox.cli import main
from sandbox.cli.banner import banner
from sandbox.cli.output import print_text
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

WIDTH = 80
WHOLE = re.compile(r"(\[?https?://\S+|\S{40,})")
"""Words that stay whole: addresses, paths and tokens."""
OFFLINE = (
    "access",
    "access customer",
    "access partner",
    "access app",
    "credentials",
    "docs-facts",
    "examples list",
    "hl7 examples",
    "hl7 lint adt_a28 oru_r01_laboratory siu_s12 mdm_t02_document qry_a19_dem",
)
ONLINE = (
    "workspace create width",
    "workspace list",
    "credentials --workspace width",
    "clock show --workspace width",
    "clock freeze 2026-05-01T09:00:00Z --workspace width",
    "clock advance P1D --workspace width",
    "checkpoint create before --workspace width",
    "hl7 send siu_s12 --workspace width --user USER",
    "checkpoint list --workspace width",
    "checkpoint diff before --workspace width",
    "fault add api=facade operation=read status=503 first=3 delay_ms=100 --workspace width",
    "fault list --workspace width",
    "fault clear --workspace width",
    "verify --workspace width",
    "conformance appointments --timeout 0.1 --settle 0 --workspace width",
    "record --to FOLDER --workspace width",
    "workspace reset width",
    "workspace delete width",
)
"""Commands against a running sandbox, in this order."""
ER7 = re.compile(r"(MSH|MSA)\|")
"""A segment of an acknowledgement, which is printed as it came."""


def too_wide(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not ER7.match(line)]
    return [line for line in lines if len(WHOLE.sub("", line).rstrip()) > WIDTH or _could_be_broken(line)]


def _could_be_broken(line: str) -> bool:
    """A line is longer than the terminal only by its last word."""
    return len(line) > WIDTH and not WHOLE.search(line)


def commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


@pytest.mark.parametrize("path", [(), *commands(main, ())], ids=lambda path: " ".join(path) or "pkb-sandbox")
def test_the_help_fits(path: tuple[str, ...]):
    result = CliRunner().invoke(main, [*path, "--help"])
    assert (result.exit_code, too_wide(result.output)) == (0, [])
    cut = [line for line in result.output.splitlines() if line.endswith("...") and not line.startswith("Usage:")]
    assert cut == []


@pytest.mark.parametrize("line", OFFLINE)
def test_a_command_without_a_server_fits(line: str):
    result = CliRunner().invoke(main, line.split())
    assert (result.exit_code, too_wide(result.output)) == (0, [])


def test_commands_against_a_server_fit(pkb: Client, tmp_path: Path):
    user = ""
    for line in ONLINE:
        words = [word.replace("FOLDER", str(tmp_path / "r")).replace("USER", user) for word in line.split()]
        result = CliRunner().invoke(main, [*words, "--url", pkb.server.base_url])
        assert result.exit_code in (0, 1), (line, result.output)
        assert too_wide(result.output) == [], line
        user = user or next(iter(re.findall(r"org_northmoor-\w+", result.output)), "")


def test_the_text_of_the_start_fits():
    text = banner(Workspaces(Settings()).default, "http://127.0.0.1:38080", certificate="/home/someone/ca.pem")
    assert too_wide(text) == []


@pytest.mark.parametrize("columns", [30, 80, 132])
def test_a_text_is_broken_at_words_and_indented(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", str(columns))
    print_text("  used  " + "word " * 40 + "https://example.org/" + "x" * 200, hang=8)
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("  used  word")
    assert all(line.startswith(" " * 8) for line in others)
    assert all(len(line) <= columns for line in (first, *others[:-1]))
    assert others[-1].strip() == "https://example.org/" + "x" * 200


def test_an_empty_text_is_an_empty_line(capsys: pytest.CaptureFixture[str]):
    print_text("")
    assert capsys.readouterr().out == "\n"
