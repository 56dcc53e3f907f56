"""Acts that take access away: grants, credentials, consents, sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.conformance.stages import Stage, Undo
from sandbox.domain import consents
from sandbox.model import Consent, Credential, Grant

Json = dict[str, Any]


def revoke_grants(stage: Stage, _: Json) -> Undo:
    """Revoke every grant of the client's partner by the organisation and its teams."""
    store, cast = stage.workspace.store, stage.cast
    grants = store.find(Grant, "partner", cast.credential.partner) if cast.credential.partner else []
    revoked = [grant for grant in grants if grant.organisation == cast.organisation.id]
    for grant in revoked:
        store.delete(grant)

    def restore() -> None:
        for grant in revoked:
            store.put(grant)

    return restore


def revoke_credential(stage: Stage, _: Json) -> Undo:
    """Revoke the credential of the client."""
    store, credential = stage.workspace.store, stage.cast.credential
    store.put(replace(credential, revoked=True))
    # The credential as it is then: other attributes may have changed during the step.
    return lambda: store.put(replace(store.get(Credential, credential.id), revoked=False))


def withdraw_consents(stage: Stage, _: Json) -> Undo:
    """Withdraw every consent of the patient, as they do in PKB's web pages."""
    workspace, patient = stage.workspace, stage.cast.patient
    before = workspace.store.find(Consent, "patient", patient.id)
    for consent in before:
        consents.consent_to(workspace.record, patient, consent.grantee, (), None)

    def restore() -> None:
        for consent in before:
            workspace.store.put(consent)

    return restore


def end_sessions(stage: Stage, _: Json) -> None:
    """End every session of the client, as when a person takes an app's access away. They can sign in again."""
    stage.workspace.sessions.end_all_of(stage.cast.credential.id)
