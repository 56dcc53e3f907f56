"""The patient of a state: named by it, kept from the state before, found in the world, or created."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.conformance.cast import nhs_number
from sandbox.control.records import find_patient
from sandbox.domain.patients import invitations, registration
from sandbox.domain.patients.identifiers import with_number
from sandbox.domain.patients.registration import Application
from sandbox.errors import Conflict
from sandbox.model import Organisation, Patient
from sandbox.pact import messages
from sandbox.pact.parameters import parse_defaults
from sandbox.pact.scene import NOBODY, StateScene, of_patient
from sandbox.pact.state import ProviderState, new_patient
from sandbox.synthetic.hl7_messages import SEXES

PASSWORD = "Sandbox-1234"  # noqa: S105 - of a synthetic patient, and documented
"""The password of a patient whom a state registers."""


NOT_APPLIED = "it is held for review, or older than the record by the clock of the world"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRule:
    """A kind of patient: who fits, and how another one comes to fit."""

    fits: Callable[[Patient], bool]
    become: Callable[[StateScene, Patient], None]


def choose_patient(scene: StateScene, state: ProviderState) -> None:
    """Choose the patient of a state, and let them fit. Raises NotFound, Conflict, Invalid."""
    rule, before = PEOPLE[state.person], scene.stage.cast.patient
    if "patient" in scene.values:
        patient = find_patient(scene.workspace.store, scene.values["patient"], _issuer(scene))
    elif any(name in scene.values for name in new_patient()):
        patient = _create(scene, state)
    # The states of one interaction are about one patient: that they exist, then that they have an appointment.
    elif before is not NOBODY and (state.person == "any" or rule.fits(scene.patient)):
        patient = scene.patient
    else:
        candidates = scene.workspace.store.all(Patient)
        fitting = (patient for patient in candidates if _is_of(patient, scene.organisation) and rule.fits(patient))
        patient = next(fitting, None) or _create(scene, state)
    scene.enter(patient)
    if not rule.fits(patient):
        rule.become(scene, patient)
        # Entered again with what the rule changed: acts fill their messages from the values of the scene.
        scene.enter(scene.patient)


def _issuer(scene: StateScene) -> str | None:
    return scene.values.get("organisation")


def _is_of(patient: Patient, organisation: Organisation) -> bool:
    """Return whether messages and clients of the organisation can be about the patient without any obstacle."""
    is_hindered = patient.access_frozen or patient.sharing_disabled
    has_basics = bool(nhs_number(patient) and patient.date_of_birth)
    return organisation.id in patient.organisations and has_basics and not is_hindered


def _create(scene: StateScene, state: ProviderState) -> Patient:
    """Send a patient with the demographics of the parameters; an existing one with the number is updated by them."""
    defaults = parse_defaults(new_patient(), scene.texts())
    values = {**defaults, **{name: scene.values[name] for name in defaults if name in scene.values}}
    existing = _with_number(scene, values["nhs_number"])
    if existing is None:
        messages.send_message(scene.workspace, scene.organisation, "adt_a28", values)
    # A state that names only the number is about this patient as they are.
    elif set(defaults) & set(scene.values) == {"nhs_number"}:
        return existing
    else:
        # The template has every demographic: without these values, its defaults would replace those of the patient.
        as_before = {**of_patient(existing), "sex": SEXES[existing.gender]}
        messages.send_message(scene.workspace, scene.organisation, "adt_a31", {**values, **as_before, **scene.values})
    patient = _with_number(scene, values["nhs_number"])
    if patient is None or patient == existing:
        raise Conflict(f"PKB does not apply the demographics of {state.name!r}: {NOT_APPLIED}")
    return patient


def _with_number(scene: StateScene, number: str) -> Patient | None:
    return next(iter(with_number(scene.workspace.store, "NHS", number)), None)


def _register(scene: StateScene, patient: Patient) -> None:
    """Register with the codes of an invitation, as a patient does on PKB's page."""
    record, defaults = scene.workspace.record, parse_defaults(new_patient(), scene.texts())
    invitation = invitations.invite(record, patient, scene.organisation, patient.email)
    filled = Application(
        code=invitation.id,
        access_code=invitation.access_code,
        date_of_birth=patient.date_of_birth or defaults["date_of_birth"],
        email=patient.email or defaults["email"],
        password=PASSWORD,
    )
    registration.register(record, patient, filled)


def _die(scene: StateScene, patient: Patient) -> None:
    messages.send_message(scene.workspace, scene.organisation, "adt_a31_deceased", scene.values)
    if not scene.patient.deceased:
        raise Conflict(f"PKB does not apply the message about the patient's death: {NOT_APPLIED}")


def _cannot(text: str) -> Callable[[StateScene, Patient], None]:
    def refuse(scene: StateScene, patient: Patient) -> None:
        raise Conflict(f"The patient {patient.id} {text}, which no message of PKB's APIs takes back")

    return refuse


PEOPLE = {
    "any": PersonRule(fits=lambda patient: not patient.deceased, become=lambda scene, patient: None),
    "registered": PersonRule(fits=lambda patient: patient.registered and not patient.deceased, become=_register),
    "unregistered": PersonRule(
        fits=lambda patient: not patient.registered and not patient.deceased,
        become=_cannot("is registered, or has died"),
    ),
    "deceased": PersonRule(fits=lambda patient: patient.deceased, become=_die),
}
"""Kind of patient → its rule."""
