"""The table of figures: what it prints, and the page and the chart that it writes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import page
from benchmarks.figures import Figure, Run
from benchmarks.load import Load, _script
from benchmarks.parts import PARTS

GOOD = Figure(part="A part", name="a read", ratio=0.5, against="a bare route", goal=0.37, detail="1 and 2 a second")
SLOW = Figure(part="A part", name="a search", ratio=0.2, against="a bare route", goal=0.25)
HEAVY = Figure(part="Another", name="memory", ratio=1.2, against="bare Starlette", goal=1.3, at_most=True)
PLAIN = Figure(part="Another", name="<peer> & more", ratio=7, against="a peer")


@pytest.mark.parametrize(("figure", "is_good"), [(GOOD, True), (SLOW, False), (HEAVY, True), (PLAIN, True)])
def test_a_figure_meets_its_goal_or_misses_it(figure: Figure, is_good: bool):
    assert figure.is_good is is_good
    assert page.line(figure).endswith("missed") is not is_good


def test_the_table_is_written_between_the_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr(page, "CHART", tmp_path / "performance.svg")
    page.PAGE.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n", encoding="utf-8")
    run = Run()
    run.skipped.append("other servers: npm is not installed")
    page.write([GOOD, SLOW, HEAVY, PLAIN], run)
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "### A part\n" in text
    assert "| a read | 0.50 | a bare route | ≥ 0.37 | 1 and 2 a second |" in text
    assert "| a search | **0.20** | a bare route | ≥ 0.25 |" in text
    assert "- other servers: npm is not installed" in text
    chart = ElementTree.fromstring(page.CHART.read_text(encoding="utf-8"))
    texts = [element.text for element in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert "<peer> & more" in texts
    assert "memory" not in texts


def test_the_page_of_the_docs_has_a_place_for_the_table_and_its_chart():
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.index(page.BEGIN) < text.index(page.END)
    assert page.CHART.is_file()


def test_without_wrk_rates_are_left_out_and_the_table_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    for name in ("hot-path", "peers"):
        run = Run(peers=Path("/nowhere"))
        assert list(PARTS[name](run)) == []
        assert "wrk is not installed" in run.skipped[0]


def test_a_load_of_messages_has_another_number_in_each():
    script = _script(Load(port=1, path="/services/hl7", method="POST", body="PID|||W%d"))
    assert "request = function()" in script
    assert "request" not in _script(Load(port=1, path="/fhir/Patient/x", headers={"Accept": "*/*"}))
