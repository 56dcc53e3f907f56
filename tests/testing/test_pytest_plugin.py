"""The pytest plugin in this process: when a report is added, and which marker counts."""

from __future__ import annotations

import pytest

QUIET = ("-p", "no:cacheprovider", "-p", "no:randomly", "-q", "--pkb-mode", "asgi")
REPORT = "PKB Sandbox exchanges"

REPORTS = """
import pytest

@pytest.fixture
def broken_before():
    raise RuntimeError("before")

@pytest.fixture
def broken_after(pkb_sandbox):
    yield
    raise RuntimeError("after")

def test_passes(pkb_sandbox):
    assert pkb_sandbox.exchanges == []

def test_fails(pkb_sandbox):
    assert not pkb_sandbox.exchanges == []

def test_fails_without_a_world():
    assert False

def test_does_not_begin(pkb_sandbox, broken_before):
    pass

def test_does_not_end(broken_after):
    pass
"""

MARKERS = """
import pytest

def now(sandbox):
    return sandbox.advance("PT0S")["now"]

@pytest.mark.pkb(clock="2026-05-01T09:00:00Z")
class TestMarked:
    def test_of_the_class(self, pkb_sandbox):
        assert now(pkb_sandbox) == "2026-05-01T09:00:00Z"

    @pytest.mark.pkb(clock="2026-06-01T09:00:00Z")
    def test_of_its_own(self, pkb_sandbox):
        assert now(pkb_sandbox) == "2026-06-01T09:00:00Z"

    @pytest.mark.pkb(clock="real", faults=[{"api": "facade", "status": 503}])
    def test_real(self, pkb_sandbox):
        assert now(pkb_sandbox) > "2026-06-02"
        with pkb_sandbox.client("system-client") as partner:
            assert partner.get("/fhir/Patient/1").status_code == 503

def test_without(pkb_sandbox):
    with pkb_sandbox.client("system-client") as partner:
        assert partner.get("/fhir/Patient/1").status_code == 404

@pytest.mark.pkb("default")
def test_refused(pkb_sandbox):
    pass
"""


def test_only_a_call_that_fails_is_reported_with_its_exchanges(pytester: pytest.Pytester):
    pytester.makepyfile(REPORTS)
    result = pytester.runpytest_inprocess(*QUIET, "-rA")
    result.assert_outcomes(passed=2, failed=2, errors=2)
    assert result.stdout.str().count(REPORT) == 1


def test_the_nearest_marker_counts_and_takes_names_alone(pytester: pytest.Pytester):
    pytester.makepyfile(MARKERS)
    result = pytester.runpytest_inprocess(*QUIET)
    result.assert_outcomes(passed=4, errors=1)
    assert "pkb() takes world=, clock= and faults=, not ('default',)" in result.stdout.str()


WORLDS = """
import pytest

def partners(sandbox):
    return [row["name"] for row in sandbox._ask("GET", "/world")["partners"]]

def test_of_the_option(pkb_sandbox):
    assert "Ours" in partners(pkb_sandbox)

@pytest.mark.pkb(world="default")
def test_of_the_marker(pkb_sandbox):
    assert "Ours" not in partners(pkb_sandbox)
"""


def test_a_marker_chooses_another_world_than_the_option(pytester: pytest.Pytester):
    partner = 'id = "0b0b0b0b-0000-4000-8000-000000000000"\nname = "Ours"'
    file = pytester.maketxtfile(f'base = "default"\n[[partner]]\n{partner}\n').rename(pytester.path / "world.toml")
    pytester.makepyfile(WORLDS)
    pytester.runpytest_inprocess(*QUIET, "--pkb-world", str(file)).assert_outcomes(passed=2)
