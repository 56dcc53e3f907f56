"""Control calls for Pact's provider states. The first call imports states and acts: a start needs none."""

from __future__ import annotations

from typing import Any

from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation


def _list(call: Call) -> Any:
    from sandbox.pact import calls

    return calls.list_states(call)


def _change(call: Call) -> Any:
    from sandbox.pact import calls

    return calls.change_state(call)


OPERATIONS = (
    ControlOperation("GET", "/pact/states", "Lists the provider states for Pact, with parameters and values", _list),
    ControlOperation("POST", "/pact/states", "Sets a provider state up, or takes it back", _change),
)
