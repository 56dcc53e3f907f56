"""The sampling of faults: where they are put, which tests run against them, and how they reach living code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from coverage import CoverageData

from tests.mutants import patching
from tests.mutants.choosing import choose_tests, of_room
from tests.mutants.coverage_of_tests import ROOT, Lines
from tests.mutants.equivalent import ROWS, is_equivalent
from tests.mutants.sites import mutants

SOURCE = """
def pairs(first, second):
    return list(zip(first, second, strict=True))

def is_small(number):
    return number < 3 and (lambda n: n + 1)(number) != 0
"""


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    file = tmp_path / "small.py"
    file.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("small", file)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_each_fault_changes_one_expression(module: ModuleType):
    faults = {(mutant.before, mutant.after) for mutant in mutants(Path(str(module.__file__)))}
    assert ("number < 3", "(number <= 3)") in faults
    assert ("3", "(4)") in faults
    assert ("n + 1", "(n - 1)") in faults


def test_an_assertion_is_no_behaviour(module: ModuleType):
    assert not [mutant for mutant in mutants(Path(str(module.__file__))) if mutant.before == "True"]


def test_a_fault_reaches_functions_that_are_imported_already(module: ModuleType):
    fault = next(mutant for mutant in mutants(Path(str(module.__file__))) if mutant.after == "(number <= 3)")
    assert not module.is_small(3)
    assert patching.apply(fault) == 2
    assert module.is_small(3)


def test_tests_that_run_the_line_are_chosen_the_nearest_first(tmp_path: Path):
    fault = next(mutants(ROOT / "sandbox" / "base" / "clock.py"))
    data = CoverageData(str(tmp_path / "rest"))
    for context in (
        "tests/hl7/test_ack.py::test_b|run",
        "tests/base/test_clock.py::test_a|run",
        "tests/rest/test_c.py::c|run",
    ):
        data.set_context(context)
        line = fault.line + 1 if "rest" in context else fault.line
        data.add_lines({"/somewhere/sandbox/base/clock.py": [line]})
    data.write()
    lines = Lines(tmp_path)
    collected = ["tests/hl7/test_ack.py::test_b", "tests/rest/test_c.py::c", "tests/base/test_clock.py::test_a"]
    newer = "tests/base/test_clock.py::test_newer"
    chosen = choose_tests(fault, lines, [*collected, newer])
    assert chosen == ["tests/base/test_clock.py::test_a", newer, "tests/hl7/test_ack.py::test_b"]


def test_a_room_has_the_tests_of_its_folder_or_of_its_module():
    collected = [
        "tests/hl7/test_ack.py::test_a",
        "tests/http/test_b.py::b",
        "tests/test_server.py::c",
        "tests/test_settings.py::d",
        "tests/contract_report/test_e.py::e",
    ]

    def chosen(*module: str) -> list[str]:
        return of_room(next(mutants(ROOT.joinpath("sandbox", *module))), collected)

    assert chosen("hl7", "er7.py") == collected[:1]
    assert chosen("server.py") == collected[2:3]
    assert chosen("contract", "report.py") == collected[4:]


def test_the_name_of_the_room_alone_makes_no_test_near(tmp_path: Path):
    fault = next(mutants(ROOT / "sandbox" / "fhir" / "base" / "outcome.py"))
    names = [
        "fhir/search/test_values.py::b",
        "fhir/base/test_words.py::a",
        "hl7/test_outcome.py::c",
        "fhir/test_d.py::d",
    ]
    collected = [f"tests/{name}" for name in names]
    data = CoverageData(str(tmp_path / "hl7"))
    for test in collected:
        data.set_context(f"{test}|run")
        line = fault.line if "hl7" in test else fault.line + 1
        data.add_lines({"/somewhere/sandbox/fhir/base/outcome.py": [line]})
    data.write()
    chosen = choose_tests(fault, Lines(tmp_path), collected)
    assert chosen == ["tests/hl7/test_outcome.py::c", "tests/fhir/base/test_words.py::a"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["line"])
def test_every_equivalent_fault_is_in_the_code_and_has_a_reason(row: dict[str, str]):
    assert [mutant for mutant in mutants(ROOT / row["file"]) if is_equivalent(mutant)]
    assert len(row["reason"]) > 20
