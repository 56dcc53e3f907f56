"""The fuzzer notices what falls, makes it small, writes it to the corpus and says how to repeat it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import strategies as st

from tests.fuzz import __main__ as command
from tests.fuzz import corpus, target
from tests.fuzz.campaign import Campaign, fuzz
from tests.fuzz.reach import traced
from tests.fuzz.target import Target, execute
from tests.fuzz.targets import TARGETS


def _falls(data: bytes) -> int:
    if b"!" in data:
        raise KeyError("boom")
    if not data:
        raise ValueError("empty")
    return len(data)


def _endless(data: bytes) -> None:
    while data:
        pass


FAULTY = Target(name="faulty", run=_falls, strategy=st.binary(max_size=20), refusals=(ValueError,), words=(b"!",))
ENDLESS = Target(name="endless", run=_endless, strategy=st.binary())


def test_a_value_and_a_refusal_are_no_findings():
    assert execute(FAULTY, b"ab").finding == execute(FAULTY, b"").finding == ""


def test_an_error_that_is_no_refusal_is_a_finding_with_its_place():
    assert execute(FAULTY, b"a!").finding.startswith("KeyError: 'boom' at tests/fuzz/test_campaign.py:")


def test_an_execution_without_an_end_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(target, "PROCESSOR_SECONDS", 0.05)
    assert "no end" in execute(ENDLESS, b"x").finding
    assert execute(ENDLESS, b"").finding == ""


@pytest.mark.parametrize("error", [MemoryError, RecursionError, AssertionError])
def test_no_target_may_run_out_of_memory_or_stack(error: type[Exception]):
    def run(data: bytes) -> None:
        raise error

    assert error.__name__ in execute(Target(name="x", run=run, strategy=st.binary()), b"").finding


def test_the_same_seed_gives_the_same_inputs():
    pools = []
    for _ in range(2):
        campaign = Campaign(TARGETS["instant"], Random(7))
        campaign.examples(20, 0, traces=False)
        campaign.mutations(50, traces=False)
        pools.append(campaign.pool)
    assert pools[0] == pools[1] != []


def test_lines_that_an_input_reaches_are_those_of_the_sandbox():
    _, lines = traced(TARGETS["duration"], b"P1Y")
    assert any(file.endswith("sandbox/base/durations.py") for file, _ in lines)
    assert not any("/tests/" in file for file, _ in lines)


def test_what_falls_is_made_small_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "seed").write_bytes(b"abc!def" * 10)
    campaign = fuzz(FAULTY, 0.01, 1, lambda campaign: None)
    assert list(campaign.findings.values()) == [b"!"]
    assert corpus.keep(FAULTY, b"!").read_bytes() == b"!"


def test_the_command_prints_a_table_and_how_to_repeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    monkeypatch.setitem(TARGETS, "faulty", FAULTY)
    monkeypatch.setattr(command, "MEMORY", None)
    assert command.main(["--seconds", "0.2", "--seed", "1", "--target", "faulty"]) == 1
    output = capsys.readouterr().out
    assert "seed 1" in output
    assert "KeyError: 'boom'" in output
    assert '-k "faulty and fell-' in output
    assert command.main(["--seconds", "0.01", "--seed", "1", "--target", "duration"]) == 0
