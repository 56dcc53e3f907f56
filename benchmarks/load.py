"""Requests from 16 connections at once, by wrk (https://github.com/wg/wrk), which asks without pause.

It runs on the last core that this process may use; the servers of `benchmarks.messages` on the first.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.figures import Run
from benchmarks.messages import PROCESSES

CONNECTIONS = 16
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_TOTAL = re.compile(r"(\d+) requests in")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked again and again. `%d` in the body is another number in each request."""

    port: int
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: str = ""


class Rate(NamedTuple):
    """Requests a second, as they were answered, and for each second of the server's processor time.

    The second is what the first would be on a core of its own; on a machine that is busy otherwise, it alone counts.
    """

    a_second: float
    of_processor: float

    def better(self, other: Rate) -> Rate:
        return Rate(max(self.a_second, other.a_second), max(self.of_processor, other.of_processor))


def is_at_hand() -> bool:
    return shutil.which("wrk") is not None


def best(loads: Mapping[str, Load], run: Run) -> dict[str, Rate]:
    """The best rates of each load. They take turns, so that other work hits all of them."""
    rates = dict.fromkeys(loads, Rate(0.0, 0.0))
    for _ in range(run.rounds):
        for name, load in loads.items():
            rates[name] = rates[name].better(measured(load, run.seconds))
    return rates


def measured(load: Load, seconds: int) -> Rate:
    """The rates of a load. Raises SystemExit if a request is refused."""
    with TemporaryDirectory() as folder:
        script = Path(folder, "requests.lua")
        script.write_text(_script(load), encoding="utf-8")
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "-s",
            str(script),
            f"http://127.0.0.1:{load.port}",
        ]
        core, before = max(os.sched_getaffinity(0)), _processor_seconds(load.port)
        output = subprocess.run(
            command, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
        ).stdout
        spent = _processor_seconds(load.port) - before
    refused, rate, total = _REFUSED.search(output), _RATE.search(output), _TOTAL.search(output)
    if refused or rate is None or total is None:
        raise SystemExit(f"{load.method} {load.path} on port {load.port}: {output}")
    return Rate(float(rate[1]), int(total[1]) / max(spent, 0.01))


def _processor_seconds(port: int) -> float:
    """Processor time of a server until now, of all its threads."""
    fields = Path(f"/proc/{PROCESSES[port]}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _script(load: Load) -> str:
    """Write what wrk sends: the same bytes each time, unless the body has a number."""
    lines = [f"wrk.method = {_lua(load.method)}", f"wrk.path = {_lua(load.path)}"]
    lines += [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in load.headers.items()]
    if load.body:
        lines.append(f"wrk.body = {_lua(load.body)}")
    if "%d" in load.body:
        lines.append("local number = math.floor(os.time() * 1000 % 1000000000)")
        lines.append("local template = wrk.body")
        lines.append("request = function() number = number + 1; ")
        lines.append("return wrk.format(nil, wrk.path, nil, (template:gsub('%%d', tostring(number)))) end")
    return "\n".join(lines)


def _lua(text: str) -> str:
    """A text as Lua writes it: like JSON, apart from characters beyond ASCII, which are none of ours."""
    return json.dumps(text).replace("\\/", "/")


def compared(rates: Mapping[str, Rate], other: str) -> tuple[float, str]:
    """The ratio of `ours` to another, for the same processor time, and what was measured of both."""
    ours, theirs = rates["ours"], rates[other]
    detail = f"{ours.of_processor:,.0f} and {theirs.of_processor:,.0f}; {ours.a_second:,.0f} and {theirs.a_second:,.0f}"
    return ours.of_processor / theirs.of_processor, detail
