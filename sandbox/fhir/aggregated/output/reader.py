"""One caller at the Aggregated endpoint, and one request: what has to be mapped first, and what then may be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sandbox.access.matrix import decide
from sandbox.access.roles import READER, check_role
from sandbox.errors import SandboxError
from sandbox.fhir.aggregated.intake import changes, sync
from sandbox.fhir.aggregated.intake.sync import Part
from sandbox.fhir.aggregated.intake.unmapped import Needs
from sandbox.fhir.aggregated.mapped import shown
from sandbox.fhir.aggregated.output.enricher import enriched
from sandbox.fhir.aggregated.output.render import ENDPOINT
from sandbox.fhir.aggregated.output.view import AggregatedView
from sandbox.fhir.aggregated.output.visibility import Visibility
from sandbox.fhir.base.caller import admit
from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.base.endpoints import AGGREGATED, action_of
from sandbox.fhir.search import StoreView
from sandbox.http.call import Call
from sandbox.model import Patient, Resource
from sandbox.store import Store

T = TypeVar("T")
PIECE = 10
"""Parts of records that are mapped at once, before other requests get their turn."""

OTHERS = "read_clinical_from_others"


@dataclass(frozen=True, slots=True)
class Reader:
    """A caller who was admitted."""

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

    async def find(
        self,
        question: Callable[[AggregatedView], T],
        *,
        base: str,
        offered: Mapping[str, Mapping[str, SearchRule]],
        only: Callable[[], Iterable[str] | None] = lambda: None,
    ) -> T:
        """What a question finds, put again until all that it looks at is mapped. `only` as for `AggregatedView`."""
        self.prepare()
        limit = only()
        while True:
            view = AggregatedView(
                whole=self._whole(base, offered),
                visibility=self.visibility,
                fresh=self._fresh,
                mapped=shown(self.call.workspace.settings.aggregated_all_mapped),
                only=None if limit is None else frozenset(limit),
            )
            answer = question(view)
            if not await self._map(view.needs):
                return answer

    def prepare(self) -> None:
        """Brings up to date what belongs to no one record."""
        with self.store.transaction():
            changes.prepare(self.call.workspace)
        self.visibility.forget()

    async def _map(self, needs: Needs) -> bool:
        """Maps parts of records, some at a time; at the end, at one go, those that others have changed meanwhile.

        False where there is nothing left to be mapped.
        """
        parts = self._parts(needs)
        for start in range(0, len(parts), PIECE):
            self._map_now(parts[start : start + PIECE])
            await asyncio.sleep(0)
        self._map_now(self._parts(needs))
        notes = needs.everyone if not self.visibility.user else ()
        for type_ in notes:
            sync.note_all(self.store, self.visibility.everyone, type_, self.visibility.patients())
        self.visibility.forget()
        return bool(parts or notes)

    def _map_now(self, parts: list[Part]) -> None:
        with self.store.transaction():
            sync.map_parts(self.store, parts, self.call.workspace.clock.now())

    def _parts(self, needs: Needs) -> list[Part]:
        """The parts that are needed and not fresh."""
        everyone = [patient.id for patient in self.visibility.patients()] if needs.everyone else []
        wanted = [*needs.parts, *((id_, type_) for id_ in everyone for type_ in sorted(needs.everyone))]
        return [part for part in wanted if self.store.find_one(Patient, part[0]) is not None and not self._fresh(*part)]

    def _fresh(self, id_: str, type_: str) -> bool:
        return sync.fresh(self.store, (id_, type_), self.call.workspace.clock.now())

    def _whole(self, base: str, offered: Mapping[str, Mapping[str, SearchRule]]) -> StoreView:
        return StoreView(
            store=self.store,
            endpoint=ENDPOINT,
            release=AGGREGATED.release,
            base=base,
            now=self.call.workspace.clock.now(),
            offered=offered,
        )

    def shows(self, resources: Iterable[Resource]) -> None:
        """Adds the cell of others' data to those that the answer rests on, when there is such data in it."""
        for resource in resources:
            clinical = action_of("GET", resource.type) == "read_clinical"
            if clinical and not self.visibility.own(f"{resource.type}/{resource.logical_id}"):
                self.call.authorise(OTHERS)
                return

    def was_there(self, type_: str, id_: str) -> bool:
        """Whether a resource of that name was deleted; so much is told to every caller."""
        resource = self.store.find_one(Resource, f"{ENDPOINT}/{type_}/{id_}")
        return resource is not None and resource.deleted

    def text(self, resource: Resource, base: str) -> str:
        """A resource as it is shown to a client that calls the endpoint at `base`."""
        return enriched(self.store, resource, base)
