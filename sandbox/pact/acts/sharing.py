"""Acts of the patient: consents, sharing, frozen access; and the patient who does not exist."""

from __future__ import annotations

from typing import Any

from sandbox.conformance.acts.access import withdraw_consents
from sandbox.domain import consents
from sandbox.domain.patients.identifiers import with_number
from sandbox.errors import Conflict, Invalid
from sandbox.model import Grantee, Organisation, Team
from sandbox.pact.scene import StateScene
from sandbox.store import Store

Json = dict[str, Any]


def check_nobody(scene: StateScene, _: Json) -> Json:
    """Return an id that no patient has. Raises Conflict if a patient has the number."""
    number = scene.values["nhs_number"]
    if with_number(scene.workspace.store, "NHS", number):
        raise Conflict(f"A patient has the NHS number {number}, and PKB's APIs delete no patient")
    return {"patient_id": scene.workspace.ids.uuid()}


def give_consent(scene: StateScene, _: Json) -> Json:
    """Let a team see some labels, by default those that it may view."""
    team = _team(scene)
    labels = scene.values.get("labels", team.labels)
    consent = consents.consent_to(scene.workspace.record, scene.patient, _grantee(team), labels, discharged=False)
    return {"consent_id": consent.id, "team_id": team.id}


def withdraw_consent(scene: StateScene, _: Json) -> Json:
    """Withdraw the consent of a team, or every consent."""
    if "team" in scene.values:
        # A consent is never deleted: one to no labels ends it.
        consents.consent_to(scene.workspace.record, scene.patient, _grantee(_team(scene)), (), None)
    else:
        withdraw_consents(scene.stage, {})
    return {}


def disable_sharing(scene: StateScene, _: Json) -> Json:
    """Disable sharing as a whole."""
    consents.set_sharing(scene.workspace.record, scene.patient, disabled=True)
    return {}


def freeze_access(scene: StateScene, _: Json) -> Json:
    """Freeze the patient's own access."""
    consents.set_frozen(scene.workspace.record, scene.patient, frozen=True)
    return {}


def _team(scene: StateScene) -> Team:
    store: Store = scene.workspace.store
    organisation: Organisation = scene.organisation
    if "team" in scene.values:
        team = store.find_one(Team, scene.values["team"])
        if team is None:
            raise Invalid("params.team must be the id of a team")
        return team
    teams = store.find(Team, "organisation", organisation.id)
    default = next((team for team in teams if team.id == organisation.default_team), next(iter(teams), None))
    if default is None:
        raise Conflict(f"{organisation.name} has no team, which this state needs")
    return default


def _grantee(team: Team) -> Grantee:
    return Grantee(kind="team", id=team.id)
