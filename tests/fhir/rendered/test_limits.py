"""Where a search without `_count` is cut: at PKB's numbers, which are settings, and without a sign in the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.model import Appointment, Code, DataPoint, Document, LabResult, Source
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from tests.fhir.facade.inprocess import InProcess
from tests.support import Client

LABORATORY = "category=http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
NORTHMOOR_ID = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
TADEUSZ = "9488afa7-5647-4304-84f1-b3a14ecf50bb"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOST = 9
"""How many data points of each kind there are."""


def common(index: int) -> dict[str, Any]:
    """What every data point of these tests has; a later index is a later day."""
    id_ = f"00000000-0000-4000-8000-0000000000{index:02}"
    source = Source(organisation=NORTHMOOR_ID)
    return {"id": id_, "patient": TADEUSZ, "source": source, "entered_at": at(index), "persisted_at": at(index)}


def at(index: int) -> datetime:
    return START + timedelta(days=index)


def appointment(index: int) -> Appointment:
    return Appointment(**common(index), start_at=at(index))


def document(index: int) -> Document:
    return Document(**common(index), at=at(index), type="CLINIC_LETTER", title="Letter")


def result(index: int) -> LabResult:
    return LabResult(**common(index), at=at(index), report="", code=Code(code="x"))


CASES: dict[str, tuple[Callable[[int], DataPoint], str, int]] = {
    "Observation": (result, f"&{LABORATORY}", 6),
    "DocumentReference": (document, "", 4),
    "Appointment": (appointment, "", 3),
}
"""Type → what makes one, what else its search needs, and where it is cut here."""


@pytest.fixture(scope="module")
def small() -> Iterator[Client]:
    """A server with small limits, and more of each type than they allow."""
    with SandboxServer(
        port=0, facade_limit_observation=6, facade_limit_document_reference=4, facade_limit_other=3
    ) as server:
        store = server.workspaces.default.store
        for kind in (Appointment, Document, LabResult):
            for point in store.find(kind, "patient", TADEUSZ):
                store.delete(point)
        for make, _, _ in CASES.values():
            for index in range(MOST):
                store.put(make(index))
        client = Client(server)
        yield client
        client.http.close()


def ids_of(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", [])]


def newest(count: int) -> list[str]:
    return [common(index)["id"] for index in reversed(range(MOST))][:count]


@pytest.mark.parametrize("type_", CASES)
def test_one_page_is_cut_at_the_limit_and_the_explanation_says_so(small: Client, type_: str):
    _, also, limit = CASES[type_]
    response = small.facade(f"/{type_}?patient={TADEUSZ}{also}")
    bundle = response.json()
    assert ids_of(bundle) == newest(limit)
    assert bundle["total"] == limit
    assert [link["relation"] for link in bundle["link"]] == ["self"]
    explanation = small.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert f"{MOST} {type_} resources match; the response contains only {limit}" in explanation["expected"]
    assert explanation["standing"] == "inferred"


@pytest.mark.parametrize("type_", CASES)
def test_pages_lead_through_everything(small: Client, type_: str):
    _, also, _ = CASES[type_]
    response = small.facade(f"/{type_}?patient={TADEUSZ}{also}&_count=2")
    bundle = response.json()
    assert (bundle["total"], "pkb-sandbox-explain" in response.headers) == (MOST, False)
    ids = ids_of(bundle)
    while url := next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None):
        bundle = small.facade(url.removeprefix(small.server.fhir_url("facade"))).json()
        ids += ids_of(bundle)
    assert ids == newest(MOST)


def test_as_many_as_the_limit_are_not_cut(small: Client):
    response = small.facade(f"/Appointment?patient={TADEUSZ}&date=ge{at(MOST - 3).date().isoformat()}")
    assert ids_of(response.json()) == newest(3)
    assert "pkb-sandbox-explain" not in response.headers


@pytest.mark.parametrize(("limit", "size"), [(1, 1), (2, 2), (MOST - 1, MOST - 1), (MOST, MOST), (MOST + 1, MOST)])
def test_a_limit_may_be_any_number_from_one(limit: int, size: int):
    facade = InProcess(facade_limit_other=limit)
    for point in facade.workspace.store.find(Appointment, "patient", TADEUSZ):
        facade.workspace.store.delete(point)
    for index in range(MOST):
        facade.workspace.store.put(appointment(index))
    bundle = facade.ask(f"/Appointment?patient={TADEUSZ}").json()
    assert (bundle["total"], ids_of(bundle)) == (size, newest(size))


def test_the_group_operation_is_cut_as_its_search_is(small: Client):
    response = small.facade(f"/Observation/$group?patient={TADEUSZ}&{LABORATORY}")
    assert ids_of(response.json()) == newest(6)
    assert response.headers["pkb-sandbox-explain"]


def test_the_limits_are_pkb_s():
    settings = Settings()
    assert (
        settings.facade_limit_observation,
        settings.facade_limit_document_reference,
        settings.facade_limit_other,
        settings.getpages_seconds,
    ) == (60_000, 10_000, 1_000, 600)


def test_a_large_page_lets_other_requests_in():
    facade = InProcess()
    for index in range(3_000):
        at_once = replace(result(0), id=f"00000000-0000-4000-8000-{index:012}")
        facade.workspace.store.put(at_once)

    async def others(search: asyncio.Task[httpx.Response]) -> int:
        turns = 0
        while not search.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    async def both() -> tuple[int, httpx.Response]:
        search = asyncio.create_task(facade.call(f"/Observation?patient={TADEUSZ}&{LABORATORY}"))
        return await others(search), await search

    turns, response = asyncio.run(both())
    assert response.json()["total"] == 3_000
    assert turns > 10
