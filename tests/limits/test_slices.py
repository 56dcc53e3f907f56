"""Long work of one request lets others run in between: linting, large envelopes, searches of Aggregated."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.worlds import slices
from sandbox.worlds.slices import LARGE, Slices, Work, at_once
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import example

TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"
FORM = {"grant_type": "client_credentials", "client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
XML = {"Content-Type": "text/xml"}
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<w:acceptMessage xmlns:w="http://wsssl.hl7api.patientsknowbest.com/"><arg0><![CDATA[{}]]></arg0></w:acceptMessage>'
    "</s:Body></s:Envelope>"
)
HL7_USER = ("org_northmoor", "northmoor-Hl7-2026")


@pytest.fixture(autouse=True)
def smallest_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is a slice of its own, so that the count of slices does not depend on the machine."""
    monkeypatch.setattr(slices, "SLICE", -1.0)


def turns_during(*requests: tuple[str, str, dict[str, Any]]) -> tuple[httpx.Response, int]:
    """The answer to the last of some requests, and how often something else ran meanwhile."""

    async def main() -> tuple[httpx.Response, int]:
        transport = httpx.ASGITransport(app=create_app(Workspaces(Settings())), client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
            token = (await http.post(TOKENS, data=FORM)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            for method, path, options in requests:
                turns, task = 0, asyncio.create_task(http.request(method, path, **options))
                while not task.done():
                    await asyncio.sleep(0)
                    turns += 1
            return await task, turns

    return asyncio.run(main())


def test_a_search_of_aggregated_lets_others_run_between_its_resources():
    search: tuple[str, str, dict[str, Any]] = ("GET", "/aggregated/fhir/Patient?_sort=identifier&_count=100", {})
    answer, turns = turns_during(search, search)
    assert answer.json()["total"] > 5
    assert turns > 2 * answer.json()["total"]


@pytest.mark.parametrize("path", ["/world", "/console/patients?q=9"])
def test_a_list_of_patients_lets_others_run_between_them(path: str):
    first: tuple[str, str, dict[str, Any]] = ("GET", "/_sandbox/console/static/console.css", {})
    answer, turns = turns_during(first, ("GET", f"/_sandbox{path}", {}))
    assert answer.status_code == 200
    assert turns > 15, "one for each patient of the default world"


@pytest.mark.parametrize("path", ["/console/traffic", "/console/traffic/rows", "/exchanges", "/exchanges.har"])
def test_a_search_of_the_journal_lets_others_run_between_its_exchanges(path: str):
    exchange: tuple[str, str, dict[str, Any]] = ("GET", "/fhir/Patient/none", {})
    search: tuple[str, str, dict[str, Any]] = ("GET", f"/_sandbox{path}?text=absent", {})
    answer, turns = turns_during(*[exchange] * 40, search, search)
    assert answer.status_code == 200
    assert turns > 40


def test_linting_lets_others_run_between_its_findings():
    text = "\r".join((example("oru_r01_laboratory"), *[f"NTE|{number}||Note" for number in range(50)]))
    answer, turns = turns_during(("POST", "/_sandbox/hl7/lint", {"json": {"text": text}}))
    findings = answer.json()["findings"]
    assert len(findings) > 50
    assert turns > len(findings)


def test_a_large_envelope_is_answered_like_a_small_one():
    message = example("adt_a28")
    texts = (message, f"{message}\rNTE|1||{'x' * LARGE}", f"{message}\rNTE|1||{'é' * LARGE}")
    answers = []
    for text in texts:
        options = {"content": ENVELOPE.format(text).encode(), "auth": HL7_USER, "headers": XML}
        answers.append(turns_during(("POST", "/services/hl7", options))[0])
    assert [answer.status_code for answer in answers] == [200] * 3
    assert all("MSA|AA|" in answer.text for answer in answers)


def test_work_has_the_same_result_at_once_and_in_slices():
    def work(most: int) -> Work[int]:
        total = 0
        for number in range(most):
            total += number
            yield
        return total

    assert at_once(work(5)) == asyncio.run(Slices().complete(work(5))) == 10
