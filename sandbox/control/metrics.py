"""The server in figures, in the format of Prometheus or in OpenMetrics (https://prometheus.io/docs/instrumenting/).

The figures are plain counts, of which only a call of `/metrics` makes metric families: a request costs two additions,
and a start does not import the library.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING

from starlette.responses import Response

from sandbox import __version__
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation
from sandbox.worlds.slices import Slices
from sandbox.worlds.tally import BOUNDS, Tally
from sandbox.worlds.workspaces import Workspaces

if TYPE_CHECKING:
    from prometheus_client import Metric


class Figures:
    """A collector of prometheus_client: the families of one server as they stand."""

    def __init__(self, workspaces: Workspaces, stored: Counter[str]) -> None:
        self._workspaces = workspaces
        self._stored = stored

    def collect(self) -> Iterator[Metric]:
        tally = self._workspaces.tally
        yield from _info()
        yield from _requests(tally)
        yield from _durations(tally)
        yield from _worlds(self._workspaces)
        yield from _stored(self._stored)


def _info() -> Iterator[Metric]:
    from prometheus_client.core import InfoMetricFamily

    yield InfoMetricFamily("pkb_sandbox", "The version of the sandbox.", {"version": __version__})


def _requests(tally: Tally) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    requests = CounterMetricFamily(
        "pkb_sandbox_requests", "Requests and HL7 messages.", labels=["api", "operation", "outcome"]
    )
    for labels, count in sorted(tally.requests.items()):
        requests.add_metric(labels, count)
    yield requests
    hits = CounterMetricFamily("pkb_sandbox_fault_hits", "Requests that a fault rule changed.", labels=["api"])
    for api, count in sorted(tally.faults.items()):
        hits.add_metric([api], count)
    yield hits


def _durations(tally: Tally) -> Iterator[Metric]:
    from prometheus_client.core import HistogramMetricFamily

    durations = HistogramMetricFamily(
        "pkb_sandbox_request_duration_seconds", "How long requests took until their answer was ready.", labels=["api"]
    )
    bounds = [*map(str, BOUNDS), "+Inf"]
    for api, row in sorted(tally.durations.items()):
        durations.add_metric([api], list(zip(bounds, accumulate(row.counts), strict=True)), row.seconds)
    yield durations


def _worlds(workspaces: Workspaces) -> Iterator[Metric]:
    """Totals over all worlds."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    worlds, journals = list(workspaces), workspaces.journal_budget
    followers = sum(workspace.events.followers for workspace in worlds)
    dropped = sum(workspace.exchanges.dropped for workspace in worlds)
    yield GaugeMetricFamily("pkb_sandbox_workspaces", "Workspaces, including the default one.", len(worlds))
    yield GaugeMetricFamily("pkb_sandbox_event_followers", "Clients that follow the events.", followers)
    yield GaugeMetricFamily("pkb_sandbox_journal_exchanges", "Exchanges in the journals.", journals.exchanges)
    yield GaugeMetricFamily("pkb_sandbox_journal_bytes", "Memory that the journals take.", journals.size)
    yield CounterMetricFamily(
        "pkb_sandbox_journal_dropped", "Exchanges dropped from the journals since they were last emptied.", dropped
    )


def _stored(counts: Counter[str]) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    stored = GaugeMetricFamily("pkb_sandbox_stored", "Entities in the records of all worlds, by kind.", labels=["kind"])
    for kind, count in sorted(counts.items()):
        stored.add_metric([kind], count)
    yield stored


async def _counted(workspaces: Workspaces) -> Counter[str]:
    """Count the entities of all records, by kind; a thousand worlds take about 30 ms, with pauses for other
    requests.
    """
    counts, slices = Counter[str](), Slices()
    for workspace in list(workspaces):
        for kind, rows in workspace.store.rows().items():
            counts[kind] += len(rows)
        await slices.pause()
    return counts


async def _show_figures(call: Call) -> Response:
    """All figures, those of the process too, in the format that the caller prefers."""
    await asyncio.to_thread(import_module, "prometheus_client")  # takes some 50 ms, once, while others are answered
    from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
    from prometheus_client.exposition import choose_encoder

    # A registry of this call: the library's global one would mix the servers of one process.
    registry = CollectorRegistry()
    registry.register(Figures(call.workspaces, await _counted(call.workspaces)))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    encode, media_type = choose_encoder(call.headers.get("accept", ""))
    return Response(encode(registry), headers={"Content-Type": media_type})


OPERATIONS = (
    ControlOperation(
        "GET", "/metrics", "Returns the metrics of the server for Prometheus", _show_figures, is_about_a_world=False
    ),
)
