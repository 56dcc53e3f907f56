"""The generated part of pact.md: the provider states by area, and the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sandbox.pact.state import OF_A_PATIENT, ProviderState, parameters, states


def pact() -> Iterator[str]:
    for area, rows in groupby(states().values(), key=lambda state: state.area):
        yield f"### {area.capitalize()}"
        yield ""
        yield "| state | what it does | parameters | values |"
        yield "|---|---|---|---|"
        for state in rows:
            names = ", ".join(_with_default(*row) for row in state.defaults.items())
            yield f"| `{state.name}` | {state.text} | {names} | {_values(state)} |"
        yield ""
    yield "### Parameters"
    yield ""
    yield "| parameter | type | what it is |"
    yield "|---|---|---|"
    for parameter in parameters().values():
        yield f"| `{parameter.name}` | {parameter.type} | {parameter.text} |"


def _values(state: ProviderState) -> str:
    """Name the values; those that every state about a patient has, in one word."""
    others = [f"`{name}`" for name in state.values if not state.person or name not in OF_A_PATIENT]
    return ", ".join([*(["the patient's"] if state.person else []), *others])


def _with_default(name: str, default: str) -> str:
    """Name a parameter; a default with a placeholder is another one in each run."""
    return f"`{name}`" + (f" (`{default}`)" if default and "{" not in default else "")
