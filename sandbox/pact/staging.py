"""The states of one interaction: they are set up one after the other, and taken back together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.conformance.cast import Cast, organisation_of, values_of
from sandbox.conformance.stages import Stage
from sandbox.errors import Conflict, Invalid, SandboxError
from sandbox.model import Credential, Organisation
from sandbox.pact import people
from sandbox.pact.acts import perform
from sandbox.pact.parameters import as_json, parse_parameters
from sandbox.pact.scene import NOBODY, StateScene
from sandbox.pact.state import ProviderState, parameters, state_named
from sandbox.worlds.workspace import Workspace

KEY = "pact-states"
"""The key in `Workspace.runs`, which a reset of the store or the faults ends: it takes the states back."""
CHECKPOINT = "before-pact-states"
"""The checkpoint to which the world returns; until then it can be compared with."""


def staging_of(workspace: Workspace) -> Staging:
    """Return the states of a world, set up or not."""
    staging = workspace.runs.get(KEY)
    return staging if isinstance(staging, Staging) else Staging(workspace)


class Staging:
    """The states of one interaction: the names of those set up and not yet taken back, and all scenes, in order."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._names: list[str] = []
        self._scenes: list[StateScene] = []
        self._has_begun = False
        """Whether the checkpoint has been made."""
        self._is_over = False
        """Whether states have been taken back: then a setup is of another interaction."""

    def set_up(self, name: str, params: Mapping[str, Any], base_url: str) -> dict[str, Any]:
        """Set a state up and return its values. The empty name, of an interaction without states, changes nothing.

        Raises NotFound, Invalid, Conflict; then nothing of the interaction stays.
        """
        if self._is_over:
            # A verifier that could not set a state up goes on with the next one, and takes none of them back.
            self.end()
        if not self._names:
            self._workspace.checkpoints.create(CHECKPOINT)
            self._workspace.runs[KEY] = self
            self._has_begun = True
        self._names.append(name)
        try:
            return self._enact(state_named(name), params, base_url) if name.strip() else {}
        except SandboxError:
            self.end()
            raise

    def _enact(self, state: ProviderState, params: Mapping[str, Any], base_url: str) -> dict[str, Any]:
        scene = self._scene(state, params, base_url)
        self._scenes.append(scene)
        with self._workspace.store.transaction():
            if state.person:
                people.choose_patient(scene, state)
            for row in state.do:
                perform(scene, row)
            if state.person:
                scene.enter(scene.patient)
        scene.values["organisation_id"] = scene.organisation.id
        return {name: as_json(scene.values[name]) for name in state.values}

    def _scene(self, state: ProviderState, params: Mapping[str, Any], base_url: str) -> StateScene:
        """Open the scene of a state; whom it does not name stays as in the state before."""
        before = self._scenes[-1].stage.cast if self._scenes else None
        run = self._workspace.ids.uuid()[:6]
        credential = self._client(state, params.get("client"), before)
        organisation = self._organisation(params.get("organisation"), credential, before)
        cast = Cast(credential=credential, organisation=organisation, patient=before.patient if before else NOBODY)
        values = values_of(self._workspace, cast, base_url, run)
        stage = Stage(workspace=self._workspace, cast=cast)
        # What is named as a parameter is there only if the state has it: acts ask for it.
        others = {name: value for name, value in values.items() if name not in parameters()}
        return StateScene(stage=stage, base_url=base_url, values={**others, **parse_parameters(state, params, values)})

    def _client(self, state: ProviderState, name: Any, before: Cast | None) -> Credential:
        """Return the client that a state names, else the one before, else the first of the kind, or of any kind."""
        live = [credential for credential in self._workspace.store.all(Credential) if not credential.revoked]
        if name is not None and state.client:
            named = next((credential for credential in live if credential.id == name), None)
            if named is None:
                raise Invalid("params.client must be the id of a credential")
            return named
        if before is not None and before.credential.kind == (state.client or before.credential.kind):
            return before.credential
        fitting = next((credential for credential in live if credential.kind == state.client), None)
        if fitting is None and (state.client or not live):
            raise Conflict(f"This world has no {state.client or 'credential'}, which the state {state.name!r} needs")
        # The state needs no client, but its organisation is that of one.
        return fitting or live[0]

    def _organisation(self, name: Any, credential: Credential, before: Cast | None) -> Organisation:
        store = self._workspace.store
        if name is not None:
            organisation = store.find_one(Organisation, str(name))
            if organisation is None:
                raise Invalid("params.organisation must be the id of an organisation")
            return organisation
        return before.organisation if before else organisation_of(store, credential)

    def take_back(self, name: str) -> None:
        """Take a state back. The last one of an interaction returns the world to the checkpoint before the first."""
        self._is_over = True
        if name in self._names:
            self._names.remove(name)
        if not self._names:
            self.end()

    def end(self) -> None:
        """Take everything back."""
        self._names.clear()
        self._is_over = False
        # The last scene first: its acts were made in the world that the earlier ones had changed.
        while self._scenes:
            self._scenes.pop().stage.clear()
        self._workspace.runs.pop(KEY, None)
        if self._has_begun:
            self._has_begun = False
            self._go_back()

    def _go_back(self) -> None:
        checkpoints = self._workspace.checkpoints
        # Somebody may have deleted it in the meantime.
        if any(checkpoint.name == CHECKPOINT for checkpoint in checkpoints):
            checkpoints.restore(CHECKPOINT)
            checkpoints.delete(CHECKPOINT)
