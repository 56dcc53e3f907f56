"""The pytest plugin, as its users have it: the same suite in three modes, its report, its markers and its errors.

Servers run in processes of their own: when a test ends, pytester forgets the modules that were imported during it.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.test_server import serving

SUITE = Path(__file__).with_name("journeys_of_a_team.py").read_text(encoding="utf-8")
QUIET = ("-p", "no:cacheprovider", "-p", "no:randomly", "-q")


def run(pytester: pytest.Pytester, suite: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(suite)
    return pytester.runpytest_subprocess(*QUIET, *options, timeout=240)


@pytest.mark.parametrize("mode", ["asgi", "thread", "remote"])
def test_one_suite_passes_in_every_mode(pytester: pytest.Pytester, tmp_path: Path, mode: str):
    if mode == "remote":
        with serving(tmp_path) as (_, url):
            result = run(pytester, SUITE, "--pkb-url", url)
            worlds = httpx.get(f"{url}/_sandbox/workspaces").json()["workspaces"]
            assert len(worlds) == 1, "each test's world is deleted"
    else:
        result = run(pytester, SUITE, "--pkb-mode", mode)
    result.assert_outcomes(passed=SUITE.count("\ndef test_"))


def test_workers_of_xdist_share_a_running_server(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PKB_SANDBOX_ADMIN_TOKEN", "for-tests")
    with serving(tmp_path) as (_, url):
        result = run(pytester, SUITE, "-n", "2", "--pkb-url", url)
    result.assert_outcomes(passed=SUITE.count("\ndef test_"))


def test_workers_of_xdist_have_servers_of_their_own(pytester: pytest.Pytester):
    run(pytester, SUITE, "-n", "2").assert_outcomes(passed=SUITE.count("\ndef test_"))


REFUSED = """
def test_it(pkb_sandbox):
    with pkb_sandbox.client("system-client") as partner:
        assert partner.post("/fhir/Patient", json={}).status_code == 201
"""


def test_a_failing_test_shows_its_exchanges_and_the_rule_of_a_refusal(pytester: pytest.Pytester):
    result = run(pytester, REFUSED, "--pkb-mode", "asgi")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*PKB Sandbox exchanges*", "*oauth *token client_credentials*accepted 200", "*facade *refused 4*", "*rule *(*"]
    )
    assert "letterbox-Secret" not in result.stdout.str()


def test_a_passing_test_shows_nothing(pytester: pytest.Pytester):
    result = run(pytester, "def test_it(pkb_sandbox): pkb_sandbox.reset()", "--pkb-mode", "asgi", "-rA")
    assert "PKB Sandbox exchanges" not in result.stdout.str()


def test_a_test_without_traffic_says_so(pytester: pytest.Pytester):
    result = run(pytester, "def test_it(pkb_sandbox): assert False", "--pkb-mode", "asgi")
    result.stdout.fnmatch_lines(["No exchange reached this world*"])


def test_the_scenario_of_a_request_is_the_test(pytester: pytest.Pytester):
    suite = """
def test_it(pkb_sandbox):
    with pkb_sandbox.client("system-client") as partner:
        partner.get("/fhir/Patient", params={"identifier": "x|1"})
    assert pkb_sandbox.exchanges[-1]["scenario"].endswith("::test_it")
"""
    run(pytester, suite, "--pkb-mode", "asgi").assert_outcomes(passed=1)


WORLD = """
def test_it(pkb_sandbox):
    assert pkb_sandbox.patients
    assert pkb_sandbox.advance("PT0S")["now"] == "2026-05-01T09:00:00Z"
"""


def test_options_choose_world_and_clock(pytester: pytest.Pytester, tmp_path: Path):
    options = ("--pkb-world", "default", "--pkb-clock", "2026-05-01T09:00:00Z")
    run(pytester, WORLD, "--pkb-mode", "asgi", *options).assert_outcomes(passed=1)
    with serving(tmp_path) as (_, url):
        run(pytester, WORLD, "--pkb-url", url, *options).assert_outcomes(passed=1)


ERRORS = {
    "an unknown key": ("import pytest\n@pytest.mark.pkb(colour=1)\ndef test_it(pkb_sandbox): pass", (), "pkb() takes"),
    "an unknown world": (
        "import pytest\n@pytest.mark.pkb(world='x')\ndef test_it(pkb_sandbox): pass",
        (),
        "world must be",
    ),
    "a bad clock": ("def test_it(pkb_sandbox): pass", ("--pkb-clock", "noon"), "noon"),
    "no server": ("def test_it(pkb_sandbox): pass", ("--pkb-mode", "remote"), "must be used together"),
    "a server and a mode": (
        "def test_it(pkb_sandbox): pass",
        ("--pkb-url", "http://x", "--pkb-mode", "asgi"),
        "together",
    ),
}


@pytest.mark.parametrize(("suite", "options", "text"), ERRORS.values(), ids=ERRORS)
def test_an_unusable_argument_is_named(pytester: pytest.Pytester, suite: str, options: tuple[str, ...], text: str):
    result = run(pytester, suite, "--pkb-mode", "asgi", *options)
    result.assert_outcomes(errors=1)
    assert text in result.stdout.str() + result.stderr.str()


def test_the_plugin_imports_nothing_of_the_sandbox_until_it_is_used(pytester: pytest.Pytester):
    suite = """
import sys
def test_it():
    assert [name for name in sys.modules if name.startswith("sandbox")] == ["sandbox", "sandbox.pytest_plugin"]
"""
    run(pytester, suite, "--strict-markers").assert_outcomes(passed=1)


def test_the_plugin_can_be_turned_off(pytester: pytest.Pytester):
    result = run(pytester, "def test_it(pkb_sandbox): pass", "-p", "no:pkb_sandbox")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'pkb_sandbox' not found*"])
