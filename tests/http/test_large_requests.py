"""Requests with large bodies: one after the other, in two queues that are bounded in bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import copy_context
from typing import Any

import httpx
import pytest

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.worlds.large_requests import HUGE, LargeRequests, QueueFull
from sandbox.worlds.slices import LARGE
from sandbox.worlds.workspaces import Workspaces

TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"
FORM = {"grant_type": "client_credentials", "client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
PATIENTS = "/customer/northmoor-r4/fhir/Patient"


async def answers_of(app: Any, bodies: list[bytes]) -> AsyncIterator[httpx.Response]:
    """Send resources at once, and iterate over the answers as they come."""
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        token = (await http.post(TOKENS, data=FORM)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for answer in asyncio.as_completed([http.post(PATIENTS, content=body, headers=headers) for body in bodies]):
            yield await answer


def test_one_that_finds_the_queue_full_is_told_to_come_again():
    async def main() -> tuple[list[httpx.Response], int]:
        workspaces = Workspaces(Settings(max_queued_bytes=2 * LARGE))
        is_full, is_taken, received = asyncio.Event(), asyncio.Event(), []

        async def hold() -> None:
            async with workspaces.large_requests.one_by_one(LARGE):
                is_taken.set()
                await is_full.wait()

        holder = asyncio.create_task(hold())
        await is_taken.wait()
        async for answer in answers_of(create_app(workspaces), [b"[" + b" " * LARGE] * 3 + [b"["]):
            received.append(answer)
            if len(received) == 3:
                is_full.set()
        await holder
        return received, workspaces.large_requests.queued

    received, queued = asyncio.run(main())
    assert sorted(answer.status_code for answer in received) == [400, 400, 503, 503]
    refused = [answer for answer in received if answer.status_code == 503]
    assert [answer.headers["retry-after"] for answer in refused] == ["1", "1"]
    assert "hold more than 262144 bytes" in refused[0].text
    assert queued == 0


@pytest.mark.parametrize("size", [LARGE, HUGE])
def test_at_most_one_of_each_size_is_answered_at_a_time(size: int):
    async def main() -> int:
        requests, inside, most = LargeRequests(10 * size), 0, 0

        async def answer() -> None:
            nonlocal inside, most
            async with requests.one_by_one(size):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(answer() for _ in range(5)))
        return most

    assert asyncio.run(main()) == 1


def test_a_large_one_does_not_wait_for_a_huge_one():
    async def main() -> None:
        requests, outside = LargeRequests(0), copy_context()
        async with requests.one_by_one(HUGE):
            await asyncio.create_task(_pass(requests, LARGE), context=outside)

    asyncio.run(asyncio.wait_for(main(), 10))


def test_what_a_large_request_asks_of_the_server_itself_does_not_wait_for_it():
    async def main() -> None:
        requests = LargeRequests(0)
        async with requests.one_by_one(LARGE):
            await _pass(requests, LARGE)

    asyncio.run(asyncio.wait_for(main(), 10))


def test_one_alone_may_wait_however_large_it_is_and_one_that_gives_up_leaves_its_room():
    async def main() -> list[Any]:
        requests, outside = LargeRequests(10), copy_context()

        def begin() -> asyncio.Task[None]:
            return asyncio.create_task(_pass(requests, LARGE), context=outside)

        async with requests.one_by_one(LARGE):
            waiting = begin()
            await asyncio.sleep(0)
            with pytest.raises(QueueFull):
                await begin()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            first = requests.queued
            waiting = begin()
            await asyncio.sleep(0)
            second = requests.queued
        await waiting
        return [first, second, requests.queued]

    assert asyncio.run(main()) == [0, LARGE, 0]


async def _pass(requests: LargeRequests, size: int) -> None:
    async with requests.one_by_one(size):
        pass
