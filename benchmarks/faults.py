"""What faults cost a request that none befalls: `python -m benchmarks.faults`

The application of one process answers the same requests in three ways, which take turns: without the hook of the fault
rules, with the hook and no rule, and with a rule that never fits. What counts is processor time. Of each pair the
median ratio of all rounds is printed, since the two of a round met the same machine: below 1 the second way is slower.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, cast

from starlette.responses import Response

from benchmarks.in_process import Request, Worker, request, requests_of
from benchmarks.in_process_worker import HEAD, Answer, all_of
from sandbox.domain.record import Cause
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.server import SandboxServer
from sandbox.worlds.causes import caused_by

KINDS = {"facade read": 200, "ADT^A28": 60, "customer read": 200, "token": 20}
"""What is asked → how many requests a turn has."""
ROUNDS = 40
EXPECTED = 0.98
"""The ratio that the hook without a rule should not fall below."""
NEVER = {"rules": [{"api": "rest", "client": "nobody", "status": 503}]}


class Local:
    """The application in this process, with the part of a worker that makes requests need."""

    def __init__(self) -> None:
        self._app = SandboxServer(port=0, clock="2026-03-10T12:00:00Z", seed=1).app
        self._loop = asyncio.new_event_loop()

    def seconds(self, requests: list[Request]) -> float:
        scopes = [({**HEAD, **head}, body) for head, body in requests]
        gc.collect()
        before = time.process_time()
        answers = self._loop.run_until_complete(all_of(self._app, scopes))
        seconds = time.process_time() - before
        for status, _, body in answers:
            if status not in (200, 201):
                raise SystemExit(f"{status} {body[:500]!r}")
        return seconds

    def body(self, request: Request) -> bytes:
        return self._answer(request)[2]

    def _answer(self, request: Request) -> Answer:
        (answer,) = self._loop.run_until_complete(all_of(self._app, [({**HEAD, **request[0]}, request[1])]))
        return answer


async def answer_without_hook(self: FrontEnd, call: Call) -> Response:
    """`FrontEnd._answer` as it would be if there were no faults."""
    call.principal = self.identify(call)
    call.enter(call.principal.workspace if call.principal is not None else call.workspace)
    with caused_by(call.cause if self.journal else Cause(api=self.api)):
        answer = self._route(call)(call)
        if isinstance(answer, Response):
            return answer
        writes = call.request.method not in ("GET", "HEAD")
        return await call.workspace.in_flight.finish(answer, writes=writes)


@contextmanager
def without_hook(local: Local) -> Iterator[None]:
    original = FrontEnd._answer
    FrontEnd._answer = answer_without_hook  # type: ignore[method-assign]
    try:
        yield
    finally:
        FrontEnd._answer = original  # type: ignore[method-assign]


@contextmanager
def without_rules(local: Local) -> Iterator[None]:
    yield


@contextmanager
def with_a_rule_that_never_fits(local: Local) -> Iterator[None]:
    local.body(request("PUT", "/_sandbox/faults", {}, json.dumps(NEVER).encode()))
    try:
        yield
    finally:
        local.body(request("DELETE", "/_sandbox/faults", {}))


WAYS = {"no hook": without_hook, "no rule": without_rules, "a rule that never fits": with_a_rule_that_never_fits}
PAIRS = (("no hook", "no rule"), ("no rule", "a rule that never fits"))


def measured(local: Local, makers: dict[str, Callable[[], Request]], rounds: int) -> dict[tuple[str, str], list[float]]:
    """For each kind and way the processor time of each round."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds):
        for kind, size in KINDS.items():
            for way in list(WAYS) if number % 2 else reversed(WAYS):
                requests = [makers[kind]() for _ in range(size)]
                with WAYS[way](local):
                    seconds.setdefault((kind, way), []).append(local.seconds(requests))
    return seconds


def main() -> int:
    """Prints a line for each kind and pair; exit code 1 when the hook without a rule costs more than expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds: Any = parser.parse_args().rounds
    local = Local()
    makers = requests_of(cast(Worker, local))
    measured(local, makers, 2)  # warm
    seconds = measured(local, makers, rounds)
    ratios: dict[tuple[str, str], list[float]] = {pair: [] for pair in PAIRS}
    for kind in KINDS:
        for first, second in PAIRS:
            ratio = median(a / b for a, b in zip(seconds[kind, first], seconds[kind, second], strict=True))
            ratios[first, second].append(ratio)
            print(f"{kind}: {second} against {first}: {ratio:.3f} x the requests per second")
    for (first, second), values in ratios.items():
        print(f"all: {second} against {first}: {median(values):.3f} x")
    return 1 if median(ratios[PAIRS[0]]) < EXPECTED else 0


if __name__ == "__main__":
    sys.exit(main())
