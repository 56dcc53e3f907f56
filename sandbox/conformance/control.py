"""Control calls for conformance runs. The first call imports profiles and judges: a start needs none."""

from __future__ import annotations

from typing import Any

from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation


def _list(call: Call) -> Any:
    from sandbox.conformance import calls

    return calls.list_profiles(call)


def _start(call: Call) -> Any:
    from sandbox.conformance import calls

    return calls.start(call)


def _look(call: Call) -> Any:
    from sandbox.conformance import calls

    return calls.look(call)


def _end(call: Call) -> Any:
    from sandbox.conformance import calls

    return calls.end(call)


OPERATIONS = (
    ControlOperation("GET", "/conformance", "Lists the conformance profiles and the state of their runs", _list),
    ControlOperation("POST", "/conformance/{profile}", "Starts a run of a conformance profile", _start, 201),
    ControlOperation("GET", "/conformance/{profile}", "Returns the step, what to do now, and what was judged", _look),
    ControlOperation("DELETE", "/conformance/{profile}", "Ends a run and takes back what it staged", _end),
)
