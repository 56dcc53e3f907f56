"""Large Bundles and resources: other clients are answered meanwhile, and nobody reads half of a transaction."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from sandbox import facts
from sandbox.app import create_app
from sandbox.fhir.base.json import PIECE, render
from sandbox.settings import Settings
from sandbox.worlds import slices
from sandbox.worlds.slices import LARGE
from sandbox.worlds.workspaces import Workspaces
from tests.fhir.customer.support import Endpoint, assert_refused
from tests.support import Client

Json = dict[str, Any]
ROOT = "/customer/northmoor-r4/fhir"
ENTRIES = 30
MOST_VALUES: int = facts.value("customer.searchable-values")
FORM = {"grant_type": "client_credentials", "client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
OBSERVED: Json = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}


def bundle(kind: str, entries: int, **elements: Any) -> bytes:
    entry = {"request": {"method": "POST", "url": "Observation"}, "resource": {**OBSERVED, **elements}}
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": [entry] * entries}).encode()


async def totals_during(body: bytes) -> tuple[int, list[int], int]:
    """The status of a Bundle, the totals that searches find meanwhile, and how often the server lived meanwhile."""
    transport = httpx.ASGITransport(app=create_app(Workspaces(Settings())), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        token = (await http.post("/auth/realms/pkb/protocol/openid-connect/token", data=FORM)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        sending = asyncio.create_task(http.post(ROOT, content=body, headers=headers))
        totals, alive = [], 0

        async def search() -> None:
            while not sending.done():
                answer = await http.get(f"{ROOT}/Observation?code:text=x&_summary=count", headers=headers)
                totals.append(answer.json()["total"])
                await asyncio.sleep(0)  # a request in process may be answered without a pause

        searching = asyncio.create_task(search())
        while not sending.done():
            assert (await http.get("/_sandbox/health/live")).status_code == 200
            alive += 1
            await asyncio.sleep(0)
        await searching
        return (await sending).status_code, totals, alive


@pytest.fixture
def smallest_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry is a slice of its own, so that the count of slices does not depend on the machine."""
    monkeypatch.setattr(slices, "SLICE", -1.0)


@pytest.mark.usefixtures("smallest_slices")
def test_the_server_answers_between_the_entries_of_a_transaction_and_nobody_reads_half_of_it():
    status, totals, alive = asyncio.run(totals_during(bundle("transaction", ENTRIES)))
    assert status == 200
    assert set(totals) <= {0, ENTRIES}
    assert 0 in totals
    assert alive > ENTRIES


@pytest.mark.usefixtures("smallest_slices")
def test_the_server_answers_between_the_entries_of_a_batch():
    status, totals, _ = asyncio.run(totals_during(bundle("batch", ENTRIES)))
    assert status == 200
    # How many entries a batch writes while a search takes its turns depends on how long both take.
    assert any(0 < total < ENTRIES for total in totals)


@pytest.mark.usefixtures("smallest_slices")
def test_a_transaction_that_fails_in_its_last_entry_shows_none_of_its_entries():
    content = json.loads(bundle("transaction", ENTRIES))
    content["entry"].append({"request": {"method": "DELETE", "url": "Observation?_id=a&_id:missing=maybe"}})
    status, totals, _ = asyncio.run(totals_during(json.dumps(content).encode()))
    assert status == 400
    assert set(totals) == {0}


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_large_entry_is_stored_as_it_was_sent(pkb: Client, kind: str):
    body = bundle(kind, 2, note=[{"text": "x" * LARGE}])
    response = Endpoint(pkb).ask("POST", "", body)
    assert [entry["response"]["status"] for entry in response.json()["entry"]] == ["201", "201"]
    assert response.json()["entry"][1]["resource"]["note"] == [{"text": "x" * LARGE}]


@pytest.mark.parametrize("meta", [{}, {"meta": {"tag": [{"code": "a"}]}}], ids=["without meta", "with meta"])
def test_a_large_resource_is_stored_like_a_small_one(pkb: Client, meta: Json):
    endpoint = Endpoint(pkb)
    small = {"resourceType": "Patient", "id": "size", "active": True, **meta, "gender": "female"}
    large = {**small, "contact": [{"name": {"text": "y" * 1000}}] * 200}
    first, second = endpoint.put(small), endpoint.put(large)
    assert list(second) == [*first, "contact"]
    assert second["meta"] == {**first["meta"], **{name: second["meta"][name] for name in ("versionId", "lastUpdated")}}
    assert second["contact"] == large["contact"]
    assert endpoint.put(large)["meta"]["versionId"] == second["meta"]["versionId"]
    changed = endpoint.put({**large, "active": False})
    assert changed["meta"]["versionId"] != second["meta"]["versionId"]
    assert changed["active"] is False


def test_a_large_resource_comes_back_after_its_deletion(pkb: Client):
    endpoint = Endpoint(pkb)
    large = {"resourceType": "Patient", "id": "back", "contact": [{"name": {"text": "y" * 1000}}] * 200}
    endpoint.put(large)
    assert endpoint.ask("DELETE", "/Patient/back").status_code in (200, 204)
    assert endpoint.put(large)["contact"] == large["contact"]


def test_a_resource_with_too_many_searchable_values_is_refused(pkb: Client):
    names = [{"family": f"F{number}", "given": [f"G{number}"]} for number in range(MOST_VALUES)]
    response = Endpoint(pkb).ask("POST", "/Patient", {"resourceType": "Patient", "name": names})
    text = f"The resource has more than {MOST_VALUES:,} values that searches find"
    assert_refused(response, 413, "too-long", text)


def test_a_list_is_written_in_pieces_as_at_once():
    members = [{"a": [number], "b": "é\u2028"} for number in range(PIECE * 2 + 1)]
    trees: list[Json] = [{"x": members, 'q"': 1}, {"x": members[: PIECE + 1]}, {"x": members[:PIECE]}, {"x": []}]
    for tree in trees:
        assert render(tree) == json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
