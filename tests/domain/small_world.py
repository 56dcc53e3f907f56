"""A small world of entities for the tests of the domain, without files and servers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.base.clock import Clock
from sandbox.base.ids import Ids
from sandbox.domain.record import Record, Rules, Sender
from sandbox.model import Consent, LocalIdType, Name, Organisation, OutboxItem, Patient, Team
from sandbox.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST, SECOND = "org-first", "org-second"
MAIN, RENAL, OTHER = "team-main", "team-renal", "team-other"
HOSPITAL, ANY, WARD = "type-hospital", "type-any", "type-ward"


def world(**rules: Any) -> Record:
    """Two organisations: the first with two teams and two kinds of number, the second with one of each."""
    store = Store()
    for id_, code, team in ((FIRST, "ONE", MAIN), (SECOND, "TWO", OTHER)):
        store.put(Organisation(id=id_, legacy_id=1, name=id_, code=code, default_team=team))
    for id_, organisation, alias in ((MAIN, FIRST, "main"), (RENAL, FIRST, "renal"), (OTHER, SECOND, "main")):
        store.put(Team(id=id_, legacy_id=1, organisation=organisation, name=id_, alias=alias))
    for id_, organisation, authority, code in (
        (HOSPITAL, FIRST, "HOSP", "MR"),
        (ANY, FIRST, "*", "XX"),
        (WARD, SECOND, "HOSP", "MR"),
    ):
        kind = LocalIdType(id=id_, organisation=organisation, name=id_, assigning_authority=authority, type_code=code)
        store.put(kind)
    return Record(store, Clock(NOW), Ids(1), Rules(**rules))


def sender(record: Record, organisation: str = FIRST, **more: Any) -> Sender:
    entity = record.store.get(Organisation, organisation)
    main = record.store.find_one(Team, entity.default_team)
    return Sender(organisation=entity, **{"creating_team": main, **more})


def patient(record: Record, id_: str = "p-1", **values: Any) -> Patient:
    """A stored patient of the first organisation."""
    entered = {"entered_at": NOW, "created_at": NOW, "updated_at": NOW}
    attributes = {"name": Name(family="Byrne", given="Ada"), "organisations": (FIRST,), **entered, **values}
    created = Patient(id=id_, legacy_id=1, **attributes)
    record.store.put(created)
    return created


def consents(record: Record, id_: str, team: str) -> list[Consent]:
    return record.store.find(Consent, "grantee", (id_, team))


def mails(record: Record) -> list[tuple[str, str]]:
    """Return the sent items: kind and recipient of each."""
    return [(item.kind, item.to) for item in record.store.all(OutboxItem) if not item.suppressed]
