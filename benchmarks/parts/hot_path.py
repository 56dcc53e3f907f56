"""Requests over sockets, against bare Starlette routes on the same parser and loop that do the least that is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

from benchmarks import load
from benchmarks.fhir import FORM
from benchmarks.figures import Figure, Run
from benchmarks.load import Load
from benchmarks.messages import ENVELOPE, HEADERS, header, server
from benchmarks.stage import FORM as TYPE_OF_FORM
from benchmarks.stage import REALM, Stage, stage

PART = "Requests for a second of processor time, 16 connections"
GOALS = {"read": 0.37, "page": 0.25, "search": 0.25}
NAMES = {"read": "read", "page": "page of 50", "search": "search"}
MESSAGE = ENVELOPE.format(
    header("ADT^A28").replace("m-", "w-%d-") + "\rPID|||W%d^^^NORTHMOOR^MR||Khatun^Rina^Lee^^Mrs||19910623|F"
    "|||2 Mill Yard^^Leeds^^LS0 0ZZ||07700900111^PRS\rAL1|1||91936005^Penicillin allergy^SCT|||20190401"
)
"""An ADT^A28 of another patient each time."""


def figures(run: Run) -> Iterator[Figure]:
    if not load.is_at_hand():
        run.skipped.append("requests a second: wrk is not installed")
        return
    with stage() as staged, ExitStack() as servers:
        bare = servers.enter_context(server(["-m", "benchmarks.bare_bytes", str(staged.folder)]))
        yield from _reads(staged, bare, run)
        yield _tokens(staged, servers.enter_context(server(["-m", "benchmarks.bare_token"])), run)
        yield _messages(staged, servers.enter_context(server(["-m", "benchmarks.bare_soap"])), run)


def _reads(staged: Stage, bare: int, run: Run) -> Iterator[Figure]:
    for name in staged.reads:
        endpoint, _, kind = name.partition("-")
        loads = {"ours": staged.reads[name], "bare": Load(port=bare, path=f"/{name}")}
        rates = load.best(loads, run)
        yield _figure(f"{endpoint.capitalize()}: {NAMES[kind]}", "bare route, same bytes", rates, GOALS[kind])


def _messages(staged: Stage, bare: int, run: Run) -> Figure:
    loads = {
        name: Load(port=port, path="/services/hl7", headers=HEADERS, method="POST", body=MESSAGE)
        for name, port in (("ours", staged.port), ("bare", bare))
    }
    return _figure("HL7: ADT^A28 of a new patient", "parse and answer", load.best(loads, run), 0.7)


def _tokens(staged: Stage, bare: int, run: Run) -> Figure:
    loads = {
        name: Load(port=port, path=REALM, headers=TYPE_OF_FORM, method="POST", body=urlencode(FORM))
        for name, port in (("ours", staged.port), ("bare", bare))
    }
    return _figure("OAuth: client credentials", "sign and answer", load.best(loads, run), 0.8)


def _figure(name: str, against: str, rates: dict[str, load.Rate], goal: float) -> Figure:
    ratio, detail = load.compared(rates, "bare")
    return Figure(part=PART, name=name, ratio=ratio, against=against, goal=goal, detail=detail)
