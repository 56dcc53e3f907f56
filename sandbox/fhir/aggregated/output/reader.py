"""One caller and one request at the Aggregated endpoint: map missing data first, then read the visible resources."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sandbox.access.matrix import decide
from sandbox.access.roles import READER, check_role
from sandbox.errors import SandboxError
from sandbox.fhir.aggregated.intake import changes, sync
from sandbox.fhir.aggregated.intake.sync import Part
from sandbox.fhir.aggregated.intake.unmapped import Needs
from sandbox.fhir.aggregated.kinds import POINTS
from sandbox.fhir.aggregated.mapped import shown_types
from sandbox.fhir.aggregated.output.enricher import enriched_text
from sandbox.fhir.aggregated.output.render import ENDPOINT
from sandbox.fhir.aggregated.output.view import AggregatedView
from sandbox.fhir.aggregated.output.visibility import Visibility
from sandbox.fhir.base.caller import admit
from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.base.endpoints import AGGREGATED, action_of
from sandbox.fhir.search import StoreView
from sandbox.fhir.search.limits import SearchLimits
from sandbox.fhir.search.sorting_in import sort_in_types
from sandbox.http.call import Call
from sandbox.model import Patient, Resource
from sandbox.store import Store
from sandbox.worlds.settling import settle
from sandbox.worlds.slices import Slices

T = TypeVar("T")
PIECE = 10
"""Number of parts that are mapped before other requests run."""

INDEXES = frozenset({"aggregated_id", "identifier", "number", "patient"})
"""The indexes of patients and data points that most questions read."""

OTHERS = "read_clinical_from_others"


@dataclass(frozen=True, slots=True)
class Reader:
    """An admitted caller."""

    call: Call
    visibility: Visibility

    @classmethod
    def admitted(cls, call: Call, action: str) -> Reader:
        """Admit the caller by the access matrix. Raises what `admit` raises."""
        principal = admit(call, action).caller
        check_role(principal, READER)
        organisation = principal.organisation or principal.credential.organisation or ""
        try:
            others = decide(principal, call.api, OTHERS) is not None
        # A refusal of this cell hides others' data; it does not refuse the request.
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
        question: Callable[[AggregatedView], Awaitable[T]],
        *,
        base: str,
        offered: Mapping[str, Mapping[str, SearchRule]],
        only: Callable[[], Iterable[str] | None] = lambda: None,
        types: Iterable[str] = (),
        with_values: bool = True,
    ) -> T:
        """Repeat a query until all data that it reads is mapped. `only` as for `AggregatedView`; `types` are those that
        it searches, `with_values` whether by search values.
        """
        # Thousands of messages leave their patients and data points outside the indexes, until these are read.
        kinds: set[type] = {Patient, *(POINTS[type_] for type_ in types if type_ in POINTS)}
        await settle(self.store, kinds, indexes=INDEXES)
        await changes.begin(self.call.workspace)
        self.prepare()
        limit = only()
        while True:
            view = AggregatedView(
                whole=self._whole(base, offered),
                visibility=self.visibility,
                fresh=self._fresh,
                mapped=shown_types(self.call.workspace.settings.aggregated_all_mapped),
                only=None if limit is None else frozenset(limit),
            )
            await sort_in_types(view.whole, types, with_values=with_values)
            answer = await question(view)
            if not await self._map(view.needs):
                return answer

    def prepare(self) -> None:
        """Map the data that belongs to no record."""
        with self.store.transaction():
            changes.prepare(self.call.workspace)
        self.visibility.forget()

    async def _map(self, needs: Needs) -> bool:
        """Map parts of records, some at a time; at the end, all at once those that have changed in the meantime.

        Returns False if there is nothing left to map.
        """
        has_waited = await changes.take_in(self.call.workspace, needs)
        parts, slices = self._parts(needs), Slices()
        for start in range(0, len(parts), PIECE):
            self._map_now(parts[start : start + PIECE])
            await slices.pause()
        # Other requests may have changed mapped parts meanwhile; this time nothing runs in between.
        self._map_now(self._parts(needs))
        notes = needs.everyone if not self.visibility.user else ()
        for type_ in notes:
            sync.note_all(self.store, self.visibility.everyone, type_, self.visibility.patients())
        self.visibility.forget()
        return bool(parts or notes or has_waited)

    def _map_now(self, parts: list[Part]) -> None:
        with self.store.transaction():
            sync.map_parts(self.store, parts, self.call.workspace.clock.now())

    def _parts(self, needs: Needs) -> list[Part]:
        """Return the parts that are needed and not mapped."""
        everyone = [patient.id for patient in self.visibility.patients()] if needs.everyone else []
        wanted = [*needs.parts, *((id_, type_) for id_ in everyone for type_ in sorted(needs.everyone))]
        return [part for part in wanted if self.store.find_one(Patient, part[0]) is not None and not self._fresh(*part)]

    def _fresh(self, id_: str, type_: str) -> bool:
        end = sync.end_of(self.store, (id_, type_))
        if end is not None:
            self.call.changes_at(end)
        return sync.is_mapped(self.store, (id_, type_), self.call.workspace.clock.now())

    def _whole(self, base: str, offered: Mapping[str, Mapping[str, SearchRule]]) -> StoreView:
        return StoreView(
            store=self.store,
            endpoint=ENDPOINT,
            release=AGGREGATED.release,
            base=base,
            now=self.call.workspace.clock.now(),
            offered=offered,
            limits=SearchLimits.of(self.call.settings),
        )

    def shows(self, resources: Iterable[Resource]) -> None:
        """Add the cell for others' data to the response's cells if it contains such data."""
        for resource in resources:
            clinical = action_of("GET", resource.type) == "read_clinical"
            if clinical and not self.visibility.own(f"{resource.type}/{resource.logical_id}"):
                self.call.authorise(OTHERS)
                return

    def was_there(self, type_: str, id_: str) -> bool:
        """Return whether a resource was deleted; every caller may know that."""
        resource = self.store.find_one(Resource, f"{ENDPOINT}/{type_}/{id_}")
        return resource is not None and resource.deleted

    def text(self, resource: Resource, base: str) -> str:
        """Return a resource for a client with the endpoint's URL `base`."""
        return enriched_text(self.store, resource, base)
