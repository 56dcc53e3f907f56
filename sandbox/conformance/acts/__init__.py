"""Acts that set the stage, by their names in the profiles; each returns the function that takes it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.conformance.acts import access, record, traffic
from sandbox.conformance.stages import Stage, Undo

Json = dict[str, Any]

ACTS: dict[str, Callable[[Stage, Json], Undo | None]] = {
    "fault": traffic.set_fault,
    "advance-clock": traffic.advance_clock,
    "options": record.change_options,
    "approve-held": record.approve_held,
    "add-documents": record.add_documents,
    "answer-questionnaire": record.answer_questionnaire,
    "add-conditions": record.add_conditions,
    "revoke-grants": access.revoke_grants,
    "revoke-credential": access.revoke_credential,
    "withdraw-consents": access.withdraw_consents,
    "end-sessions": access.end_sessions,
}
"""The acts that profiles name."""


def perform(stage: Stage, row: Json) -> None:
    """Perform an act of a profile."""
    undo = ACTS[row["act"]](stage, {key: value for key, value in row.items() if key != "act"})
    if undo is not None:
        stage.undo.append(undo)
