"""What the control calls of provider states do: list them, and set up and take back as Pact's verifiers ask."""

from __future__ import annotations

from typing import Any

from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import body
from sandbox.pact.staging import staging_of
from sandbox.pact.state import ProviderState, parameters, states

Json = dict[str, Any]
SETUP, TEARDOWN = "setup", "teardown"


def list_states(_: Call) -> Json:
    """List the states with their parameters and values."""
    return {"states": [_row(state) for state in states().values()]}


def _row(state: ProviderState) -> Json:
    return {
        "name": state.name,
        "area": state.area,
        "text": state.text,
        "parameters": [
            {
                "name": name,
                "type": parameters()[name].type,
                "text": parameters()[name].text,
                "default": default or None,
            }
            for name, default in state.defaults.items()
        ],
        "values": list(state.values),
    }


def change_state(call: Call) -> Json:
    """Set a state up and return its values, or take it back.

    The older protocol names the states of an interaction in one call, and never takes them back: the next call does.
    """
    payload = body(call, ("state", "action", "params", "consumer", "states", "interaction_id"))
    staging, action = staging_of(call.workspace), payload.get("action", SETUP)
    if action not in (SETUP, TEARDOWN):
        raise Invalid(f"action must be {SETUP} or {TEARDOWN}")
    if "states" in payload:
        # Checked like those of the other form, and not used: `states` has them.
        _name(payload.get("state"), "state")
        _params(payload.get("params"), "params")
        staging.end()
        rows = [_named(row, number) for number, row in enumerate(_list_of(payload))]
        values: Json = {}
        # Without states too: the checkpoint of this setup is what the interaction is taken back to.
        for name, params in rows or [("", {})]:
            values |= staging.set_up(name, params, call.base_url)
        return values
    if "state" not in payload:
        raise Invalid("state is missing: the name of a provider state, empty for an interaction without states")
    name, params = _name(payload["state"], "state"), _params(payload.get("params"), "params")
    if action == SETUP:
        return staging.set_up(name, params, call.base_url)
    staging.take_back(name)
    return {}


def _list_of(payload: Json) -> list[Any]:
    rows = payload["states"]
    if not isinstance(rows, list) or len(rows) > 100:
        raise Invalid("states must be a list of at most 100 names, or of objects with name and params")
    return rows


def _named(row: Any, number: int) -> tuple[str, Json]:
    where = f"states[{number}]"
    if not isinstance(row, dict):
        return _name(row, where), {}
    if "name" not in row or not set(row) <= {"name", "params"}:
        raise Invalid(f"{where} must have the key name, and may have params")
    return _name(row.get("name"), f"{where}.name"), _params(row.get("params"), f"{where}.params")


def _name(value: Any, where: str) -> str:
    """Return the name of a state; null and no name stand for an interaction without states."""
    if value is not None and not isinstance(value, str):
        raise Invalid(f"{where} must be the name of a provider state")
    return value or ""


def _params(value: Any, where: str) -> Json:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid(f"{where} must be an object")
    return value
