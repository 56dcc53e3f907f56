"""One caller at the Aggregated endpoint, and one request: what has to be mapped first, and what then may be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.access.matrix import decide
from sandbox.access.roles import READER, check_role
from sandbox.call import Call
from sandbox.errors import SandboxError
from sandbox.fhir.aggregated import changes, sync
from sandbox.fhir.aggregated.enricher import enriched
from sandbox.fhir.aggregated.render import ENDPOINT
from sandbox.fhir.aggregated.view import AggregatedView
from sandbox.fhir.aggregated.visibility import Visibility
from sandbox.fhir.caller import admit
from sandbox.fhir.capability import SearchRule
from sandbox.fhir.endpoints import AGGREGATED, action_of
from sandbox.fhir.matching import StoreView
from sandbox.model import Patient, Resource
from sandbox.store import Store

PIECE = 5
"""Records that are mapped at once, before other requests get their turn."""

OTHERS = "read_clinical_from_others"


@dataclass(frozen=True, slots=True)
class Reader:
    """A caller who was admitted. `visibility` is asked after `map` only."""

    call: Call
    visibility: Visibility

    @classmethod
    def admitted(cls, call: Call, action: str) -> Reader:
        """The caller, if the matrix lets it in. Raises what `admit` raises."""
        principal = admit(call, action).known
        check_role(principal, READER)
        organisation = principal.organisation or principal.credential.organisation or ""
        try:
            others = decide(principal, call.api, OTHERS) is not None
        except SandboxError:
            others = False
        store = call.workspace.store
        user, teams = principal.user or "", principal.granting_teams
        return cls(call, Visibility(store, organisation, user=user, teams=teams, others=others))

    @property
    def store(self) -> Store:
        return self.call.workspace.store

    async def map(self, patients: Sequence[Patient] | None) -> None:
        """Brings Aggregated up to date, for some records or for all that the caller may see."""
        workspace, now = self.call.workspace, self.call.workspace.clock.now()
        with self.store.transaction():
            changes.prepare(workspace)
            changes.catch_up(workspace)
        everyone = f"all/{self.visibility.organisation}"
        if patients is None and sync.fresh(self.store, everyone, now):
            return
        found = self.visibility.patients() if patients is None else patients
        for start in range(0, len(found), PIECE):
            with self.store.transaction():
                piece = found[start : start + PIECE]
                sync.map_patients(self.store, piece, now, all_mapped=workspace.settings.aggregated_all_mapped)
            await asyncio.sleep(0)
        if patients is None and not self.visibility.user:
            sync.note_all(self.store, everyone, found)

    def view(
        self, base: str, offered: dict[str, dict[str, SearchRule]], only: Iterable[str] | None = None
    ) -> AggregatedView:
        """What a search looks at; `only` some of the resources, where it is limited to them."""
        whole = StoreView(
            store=self.store,
            endpoint=ENDPOINT,
            release=AGGREGATED.release,
            base=base,
            now=self.call.workspace.clock.now(),
            offered=offered,
        )
        return AggregatedView(whole, self.visibility, None if only is None else frozenset(only))

    def shows(self, resources: Iterable[Resource]) -> None:
        """Adds the cell of others' data to those that the answer rests on, when there is such data in it."""
        for one in resources:
            clinical = action_of("GET", one.type) == "read_clinical"
            if clinical and not self.visibility.own(f"{one.type}/{one.logical_id}"):
                self.call.authorise(OTHERS)
                return

    def was_there(self, type_: str, id_: str) -> bool:
        """Whether a resource of that name was deleted; so much is told to every caller."""
        found = self.store.find_one(Resource, f"{ENDPOINT}/{type_}/{id_}")
        return found is not None and found.deleted

    def text(self, resource: Resource) -> str:
        """A resource as it is shown."""
        return enriched(self.store, resource)
