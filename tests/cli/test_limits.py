"""What commands print, exactly at the widths and numbers where it is cut."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.cli import conformance, guide, output
from sandbox.cli.first_call import FirstCall


@pytest.mark.parametrize(
    ("status", "response", "is_accepted"),
    [
        (200, "", True), (201, "{}", True), (399, "", True), (400, "", False), (500, "", False),
        (200, "MSH|x\nMSA|AA|1", True), (200, "MSH|x\nMSA|AE|1", False), (200, "MSH|x\nMSA|AR|1", False),
        (404, "MSA|AA|1", False),
    ],
)  # fmt: skip
def test_a_first_call_is_accepted_by_its_status_and_acknowledgement(status: int, response: str, is_accepted: bool):
    assert FirstCall(request="", status=status, response=response).is_accepted is is_accepted


@pytest.mark.parametrize("more", [-1, 0, 1, 2])
def test_a_long_answer_is_cut_to_a_number_of_lines(more: int, capsys: pytest.CaptureFixture[str]):
    guide._print_block("\n".join(["line"] * (guide.MOST_LINES + more)))
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("  line") == guide.MOST_LINES + min(more, 0)
    assert lines[guide.MOST_LINES :] == ([f"  … {more} more lines"] if more > 0 else [])


@pytest.mark.parametrize("columns", [40, 27, 26, 25, 24, 10])
def test_a_table_is_as_wide_as_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", str(columns))
    output.print_table(["a", "bbbbbbbbbb", "ccc"], [["1234567890", "x", "yyy"]])
    first, second = capsys.readouterr().out.splitlines()
    whole = ["a           bbbbbbbbbb  ccc", "1234567890  x           yyy"]
    if columns >= len(whole[0]):
        assert [first, second] == whole
    else:
        cut = max(columns, 2 * output.NARROWEST + len("ccc") + 2 * len(output.GAP))
        assert len(first) == cut
        assert "…" in first + second


def run(state: str, *states: str) -> dict[str, Any]:
    steps = [
        {"number": number, "state": name, "title": "T", "name": f"s{number}", "do": "", "data": [], "judgements": []}
        for number, name in enumerate(states, 1)
    ]
    return {"state": state, "steps": steps}


def test_each_step_is_announced_and_judged_once(monkeypatch: pytest.MonkeyPatch):
    lines: list[str] = []
    monkeypatch.setattr(conformance, "_print_task", lambda step, count: lines.append(f"do {step['number']}/{count}"))
    monkeypatch.setattr(conformance, "_print_verdict", lambda step: lines.append(f"end {step['number']}"))
    monkeypatch.setattr(conformance, "wants_json", lambda: False)
    monkeypatch.setattr(conformance, "PAUSE", 0)
    looks = iter(
        [run("running", "running", "waiting"), run("running", "passed", "running"), run("failed", "passed", "failed")]
    )
    client: Any = type("Client", (), {"call": lambda self, method, path: next(looks)})()
    assert conformance._follow(client, "/x", run("running", "waiting", "waiting"))["state"] == "failed"
    assert lines == ["do 1/2", "end 1", "do 2/2", "end 2"]


def test_a_skipped_step_is_judged_but_not_announced(monkeypatch: pytest.MonkeyPatch):
    lines: list[str] = []
    monkeypatch.setattr(conformance, "_print_task", lambda step, count: lines.append("do"))
    monkeypatch.setattr(conformance, "_print_verdict", lambda step: lines.append(f"end {step['number']}"))
    monkeypatch.setattr(conformance, "wants_json", lambda: False)
    client: Any = None
    conformance._follow(client, "/x", run("failed", "failed", "skipped"))
    assert lines == ["do", "end 1", "end 2"]
