"""What the control calls of conformance runs do: start, look (which also advances the run), end."""

from __future__ import annotations

from typing import Any

from sandbox.conformance import cast
from sandbox.conformance.profile import IntegrationProfile, Step, fill, profiles
from sandbox.conformance.run import RUNNING, Limits, Run
from sandbox.conformance.views import profile_row, run_view
from sandbox.errors import Conflict, Invalid, NotFound
from sandbox.http.call import Call
from sandbox.http.control_operations import body

TIMEOUT, SETTLE = 60.0, 5.0
LONGEST = 86_400
"""Seconds that a step may take at most."""


def list_profiles(call: Call) -> Any:
    """List the profiles, each with the state of its run."""
    return {"profiles": [profile_row(profile, run_of(call, name)) for name, profile in profiles().items()]}


def start(call: Call) -> Any:
    """Start a run; an earlier one of the same profile ends."""
    profile = profile_of(call)
    payload = body(call, ("timeout", "settle", "steps", "client"))
    limits = Limits(timeout=_seconds(payload, "timeout", TIMEOUT), settle=_seconds(payload, "settle", SETTLE))
    client = payload.get("client")
    if client is not None and not isinstance(client, str):
        raise Invalid("client must be the id of a credential")
    steps, runs = _steps(profile, payload), call.workspace.runs
    # The fault rules and the clock of one run would change what the other one judges.
    for name, other in list(runs.items()):
        if name != profile.name and isinstance(other, Run) and other.state == RUNNING:
            raise Conflict(f"A run of the profile {name} is in progress in this workspace; end it first")
    company = cast.choose_cast(call.workspace, profile, client)
    values = cast.values_of(call.workspace, company, call.base_url, call.workspace.ids.uuid()[:6])
    try:
        filled = tuple(step.filled(values) for step in steps)
    except KeyError as error:
        # The key is that of a placeholder, such as `questionnaire_id`.
        need = str(error.args[0]).replace("_id", "")
        raise Conflict(f"{company.organisation.name} has no {need}, which {profile.name} needs") from error
    # Only now: a start that is refused above leaves the earlier run as it is.
    if profile.name in runs:
        runs.pop(profile.name).end()
    run = Run(call.workspace, profile, company, filled, limits, fill(profile.address, values))
    runs[profile.name] = run
    return run_view(run)


def _steps(profile: IntegrationProfile, payload: dict[str, Any]) -> tuple[Step, ...]:
    """Return the steps to run, in the order of the profile. Raises Invalid."""
    names = payload.get("steps")
    if names is None:
        return profile.steps
    allowed = [step.name for step in profile.steps]
    if not isinstance(names, list) or not names or not all(name in allowed for name in names):
        raise Invalid(f"steps must be a list of: {', '.join(allowed)}")
    return tuple(step for step in profile.steps if step.name in names)


def _seconds(payload: dict[str, Any], key: str, default: float) -> float:
    value = payload.get(key, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LONGEST:
        raise Invalid(f"{key} must be a number of seconds from 0 to {LONGEST}")
    return float(value)


def look(call: Call) -> Any:
    """Advance a run, and return it."""
    run = _existing(call)
    run.advance()
    return run_view(run)


def end(call: Call) -> Any:
    """End a run and take back what it staged; returns it as it ended."""
    run = _existing(call)
    run.end()
    del call.workspace.runs[run.profile.name]
    return run_view(run)


def profile_of(call: Call) -> IntegrationProfile:
    """Return the profile of the path. Raises NotFound."""
    name = call.params["profile"]
    if name not in profiles():
        raise NotFound(f"No conformance profile {name[:80]!r}; there are: {', '.join(profiles())}")
    return profiles()[name]


def run_of(call: Call, name: str) -> Run | None:
    """Return the run of a profile in the world of a call, if there is one."""
    run = call.workspace.runs.get(name)
    return run if isinstance(run, Run) else None


def _existing(call: Call) -> Run:
    profile = profile_of(call)
    run = run_of(call, profile.name)
    if run is None:
        raise NotFound(
            f"The profile {profile.name} has not been started here: POST /_sandbox/conformance/{profile.name}"
        )
    return run
