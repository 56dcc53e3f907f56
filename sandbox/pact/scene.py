"""One state while it is set up: the world, who takes part, and the values that acts need and make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sandbox.conformance.cast import nhs_number
from sandbox.conformance.stages import Stage
from sandbox.model import Credential, Name, Organisation, Patient
from sandbox.pact.parameters import as_json
from sandbox.worlds.workspace import Workspace

NOBODY = Patient(
    id="",
    legacy_id=0,
    name=Name(),
    entered_at=datetime.fromtimestamp(0, UTC),
    created_at=datetime.fromtimestamp(0, UTC),
    updated_at=datetime.fromtimestamp(0, UTC),
)
"""The patient of a state that is about no patient."""


@dataclass(slots=True, kw_only=True)
class StateScene:
    """`stage` is where the acts of conformance runs act, and what takes them back. `values` are parameters, and what
    the acts returned, by name: texts, numbers, times, days.
    """

    stage: Stage
    base_url: str
    values: dict[str, Any]

    @property
    def workspace(self) -> Workspace:
        return self.stage.workspace

    @property
    def credential(self) -> Credential:
        return self.stage.cast.credential

    @property
    def organisation(self) -> Organisation:
        return self.stage.cast.organisation

    @property
    def patient(self) -> Patient:
        """The patient as they are now: acts change them."""
        patient = self.stage.cast.patient
        return self.workspace.store.get(Patient, patient.id) if patient is not NOBODY else NOBODY

    def enter(self, patient: Patient) -> None:
        """Let a patient be whom the state is about."""
        self.stage.cast = replace(self.stage.cast, patient=patient)
        self.values |= of_patient(patient)

    def texts(self) -> dict[str, str]:
        """Return all values as texts, for placeholders."""
        return {name: str(as_json(value)) for name, value in self.values.items()}


def of_patient(patient: Patient) -> dict[str, Any]:
    """Return the values of a patient; what is unknown is empty."""
    return {
        "patient_id": patient.id,
        "legacy_id": patient.legacy_id,
        "nhs_number": nhs_number(patient),
        "family_name": patient.name.family,
        "given_name": patient.name.given,
        "date_of_birth": patient.date_of_birth or "",
        "email": patient.email,
    }
