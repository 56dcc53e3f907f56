"""A run as the control API, the terminal and the console show it."""

from __future__ import annotations

from typing import Any

from sandbox.conformance import cast
from sandbox.conformance.profile import IntegrationProfile
from sandbox.conformance.run import Progress, Run

Json = dict[str, Any]


def profile_row(profile: IntegrationProfile, run: Run | None) -> Json:
    """Describe a profile in the list; its state is `not started` before the first run."""
    return {
        "profile": profile.name,
        "title": profile.title,
        "credential": profile.credential,
        "steps": [{"name": step.name, "title": step.title} for step in profile.steps],
        "state": run.state if run else "not started",
    }


def run_view(run: Run) -> Json:
    """Describe a run: the current step, or null at the end, and all steps with what was judged."""
    rows = [_step(number, progress) for number, progress in enumerate(run.progress, 1)]
    return {
        "profile": run.profile.name,
        "title": run.profile.title,
        "state": run.state,
        "client": {"id": run.cast.credential.id, "kind": run.cast.credential.kind, "address": run.address},
        "organisation": {"id": run.cast.organisation.id, "name": run.cast.organisation.name},
        "patient": cast.describe(run.cast),
        "timeout": run.limits.timeout,
        "settle": run.limits.settle,
        "step": next((row for row in rows if row["state"] == "running"), None),
        "steps": rows,
    }


def _step(number: int, progress: Progress) -> Json:
    step = progress.step
    counts = zip(step.waits, progress.counts, strict=True)
    return {
        "number": number,
        "name": step.name,
        "title": step.title,
        "do": step.do,
        "data": list(step.data),
        "state": progress.state,
        "waits_for": [
            {"text": wait["text"], "count": count, "at_least": wait.get("at_least", 1)} for wait, count in counts
        ],
        "seconds": round(max(progress.ended_at - progress.began_at, 0), 3),
        "judged": [judgement.as_json() for judgement in progress.judgements],
    }
