"""`pkb-sandbox verify` and the evidence pack: exit codes, files, no secret, and no content where none is wanted."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from click.testing import Result

from sandbox import AsyncSandbox, Sandbox
from tests.cli.test_cli import run as invoke
from tests.hl7.samples import A28
from tests.support import Client

SECRETS = ("northmoor-Hl7-2026", "letterbox-Secret-2026")


def run(pkb: Client, *arguments: str) -> Result:
    return invoke("verify", *arguments, PKB_SANDBOX_URL=pkb.server.base_url)


@pytest.fixture
def traffic(pkb: Client) -> str:
    """A token, a read in a scenario, a message, a refusal; the access token."""
    pkb.tokens.clear()
    pkb.facade(
        "/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9991001379", headers={"PKB-Sandbox-Scenario": "a visit"}
    )
    pkb.send(A28)
    pkb.facade("/Patient/1")
    return pkb.token("letterbox-facade")


def test_the_exit_code_says_whether_anything_fails(pkb: Client):
    assert run(pkb).exit_code == 0
    pkb.send(A28)
    assert run(pkb).exit_code == 0
    pkb.facade("/Patient/1")
    result = run(pkb)
    assert result.exit_code == 1
    assert "FAILED at level refused" in result.stdout
    (line,) = [line for line in result.stderr.splitlines() if line]
    rule = line.partition("by rule ")[2].partition(":")[0]
    assert run(pkb, "--allow", rule).exit_code == run(pkb, "--allow", f"{rule}=tried on purpose").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [("--fail-on", "nothing"), ("--allow", "none.such"), ("--allow", "facade.not-found=")]
)
def test_wrong_usage_is_2(pkb: Client, arguments: tuple[str, ...]):
    assert run(pkb, *arguments).exit_code == 2


def test_a_server_that_is_not_there_is_1():
    assert invoke("verify", PKB_SANDBOX_URL="http://127.0.0.1:9").exit_code == 1


def test_every_file_is_written(pkb: Client, traffic: str, tmp_path: Path):
    names = {option: tmp_path / f"report.{option}" for option in ("json", "junit", "sarif", "markdown", "html", "zip")}
    result = run(pkb, *(part for option, file in names.items() for part in (f"--{option}", str(file))))
    assert result.exit_code == 1
    assert json.loads(names["json"].read_text()) == pkb.control("/report")
    assert ElementTree.parse(names["junit"]).getroot().tag == "testsuite"
    assert json.loads(names["sarif"].read_text())["version"] == "2.1.0"
    assert names["markdown"].read_text().startswith("## PKB contract: failed")
    assert "<h1>Evidence of an integration" in names["html"].read_text()


def test_a_file_that_cannot_be_written_is_named(pkb: Client, tmp_path: Path):
    result = run(pkb, "--json", str(tmp_path / "none" / "report.json"))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def pack(pkb: Client, tmp_path: Path, *arguments: str) -> dict[str, str]:
    file = tmp_path / "pack.zip"
    run(pkb, "--zip", str(file), *arguments)
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_pack_has_its_sums_its_scenarios_and_no_secret(pkb: Client, traffic: str, tmp_path: Path):
    files = pack(pkb, tmp_path)
    for line in files["SHA256SUMS"].splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256(files[name].encode()).hexdigest() == digest
    scenarios = [json.loads(text)["scenario"] for name, text in files.items() if name.startswith("scenarios/")]
    assert scenarios == ["Without a scenario", "a visit"]
    assert "9991001379" in "".join(files.values())
    for secret in (*SECRETS, traffic):
        assert [name for name, text in files.items() if secret in text] == []


def test_error_paths_are_refusals_and_lost_answers(pkb: Client, traffic: str, tmp_path: Path):
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "hl7", "drop": "after-commit", "first": 1}]})
    with pytest.raises(httpx.RemoteProtocolError):
        pkb.send(A28)
    page = pack(pkb, tmp_path)["evidence.html"]
    section = page.partition("<h2>Error paths</h2>")[2].partition("<h2>")[0]
    assert "2 exchanges were refused, failed or lost" in section
    assert "<li>facade read Patient: 404</li>" in section
    assert "<li>hl7 ADT^A28: answer lost, by a fault that the test asked for</li>" in section


def test_without_bodies_no_person_is_in_the_pack(pkb: Client, traffic: str, tmp_path: Path):
    text = "".join(pack(pkb, tmp_path, "--no-bodies").values())
    assert "ADT^A28" in text
    assert "9991001379" not in text
    family = next(line for line in A28.split("\n") if line.startswith("PID")).split("|")[5].partition("^")[0]
    assert family
    assert family not in text


def test_the_same_traffic_gives_the_same_pack(pkb: Client, traffic: str, tmp_path: Path):
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-11-27T09:00:00Z"})
    assert pack(pkb, tmp_path) == pack(pkb, tmp_path)


def test_the_steps_that_the_traffic_shows_are_ticked(pkb: Client, traffic: str, tmp_path: Path):
    page = pack(pkb, tmp_path)["evidence.html"]
    assert page.count("✓ shown") == 5
    pkb.http.delete("/_sandbox/exchanges")
    assert pack(pkb, tmp_path)["evidence.html"].count("○ open") == 5


def test_the_library_asserts_the_contract():
    with Sandbox(mode="asgi") as pkb:
        assert pkb.assert_contract()["ok"]
        pkb.client("system-client").get("/fhir/Patient/1")
        with pytest.raises(AssertionError, match="refused by rule ") as error:
            pkb.assert_contract()
        rule = str(error.value).partition("by rule ")[2].partition(":")[0]
        report = pkb.assert_contract(allow={rule: "tried on purpose"})
        assert [row["rule"] for row in report["findings"] if "allowed" in row] == [rule]
        assert f"{rule}: instead " in str(error.value)


async def _asserts(mode: str) -> bool:
    async with AsyncSandbox(mode=mode) as pkb:
        return bool((await pkb.assert_contract())["ok"])


def test_the_async_library_asserts_it_too():
    import asyncio

    assert asyncio.run(_asserts("asgi"))
