"""What states do, by the names in `states.toml`; each returns the values that it adds, and some are acts of
conformance runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.conformance import acts as staging
from sandbox.conformance.profile import fill
from sandbox.pact.acts import access, clinical, sharing, traffic
from sandbox.pact.scene import StateScene

Json = dict[str, Any]

ACTS: dict[str, Callable[[StateScene, Json], Json]] = {
    "nobody": sharing.check_nobody,
    "consent": sharing.give_consent,
    "withdraw": sharing.withdraw_consent,
    "sharing": sharing.disable_sharing,
    "freeze-access": sharing.freeze_access,
    "hl7": clinical.send_message,
    "find": clinical.find_point,
    "find-result": clinical.find_result,
    "read-document": clinical.read_document,
    "measure": clinical.enter_measurement,
    "ask": clinical.ask_questionnaire,
    "answer": clinical.answer_questionnaire,
    "client": access.describe_client,
    "token": access.issue_token,
    "sign-in": access.sign_in,
    "freeze-clock": traffic.freeze_clock,
    "advance-clock": traffic.advance_clock,
    "set-fault": traffic.set_fault,
}
"""The acts of this room; other names are acts of conformance runs."""


def perform(scene: StateScene, row: Json) -> None:
    """Perform an act of a state, with the scene's values in its placeholders."""
    filled = fill({key: value for key, value in row.items() if key != "act"}, scene.texts())
    if row["act"] in ACTS:
        scene.values |= ACTS[row["act"]](scene, filled)
    else:
        staging.perform(scene.stage, {"act": row["act"], **filled})
