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

from benchmarks.figures import Run

CONNECTIONS = 16
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked again and again. `%d` in the body is another number in each request."""

    port: int
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: str = ""


def is_at_hand() -> bool:
    return shutil.which("wrk") is not None


def best_rates(loads: Mapping[str, Load], run: Run) -> dict[str, float]:
    """The best rate of each load, in requests a second. They take turns, so that other work hits all of them."""
    best = dict.fromkeys(loads, 0.0)
    for _ in range(run.rounds):
        for name, load in loads.items():
            best[name] = max(best[name], rate(load, run.seconds))
    return best


def rate(load: Load, seconds: int) -> float:
    """Requests a second. Raises SystemExit if any is refused."""
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
        core = max(os.sched_getaffinity(0))
        output = subprocess.run(
            command, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
        ).stdout
    refused, measured = _REFUSED.search(output), _RATE.search(output)
    if refused or measured is None:
        raise SystemExit(f"{load.method} {load.path} on port {load.port}: {output}")
    return float(measured[1])


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
