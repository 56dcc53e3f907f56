"""Remembered resources, purviews and grants: every answer equals that of a store in which nothing is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import model
from sandbox.fhir.facade import rendering
from sandbox.model import Attachment, Consent, Document, Grant, LocalIdType, Organisation, Patient, Team
from sandbox.store import Store
from tests.fhir.facade.inprocess import InProcess
from tests.fhir.facade.samples import NORTHMOOR_ID, RENAL, RHYS

LETTER = "79b3236f-1e61-495c-b8c5-9e3a13c51948"
START = datetime(2026, 3, 10, 22, tzinfo=UTC)
ADDRESSES = (
    f"/Patient/{RHYS}",
    f"/Patient/{RHYS}?_elements=name",
    f"/DocumentReference?patient={RHYS}",
    f"/DocumentReference?patient={RHYS}&_count=1",
    f"/Consent?patient={RHYS}",
    f"/Encounter?patient={RHYS}",
    f"/Organization/{RENAL}",
)
Act = Callable[[InProcess], None]


def change(facade: InProcess, kind: type[Any], id_: str, **changes: Any) -> None:
    entity = facade.workspace.store.find_one(kind, id_)
    if entity is not None:
        facade.workspace.store.put(replace(entity, **changes))


def each(facade: InProcess, kind: type[Any], **changes: Any) -> None:
    for entity in list(facade.workspace.store.all(kind)):
        facade.workspace.store.put(replace(entity, **changes))


def rename_file(facade: InProcess) -> None:
    document = facade.workspace.store.find_one(Document, LETTER)
    if document is not None and document.attachment:
        change(facade, Attachment, document.attachment, filename="renamed.pdf")


def withdraw_grants(facade: InProcess) -> None:
    for grant in list(facade.workspace.store.all(Grant)):
        facade.workspace.store.delete(grant)


def grant_by_a_team(facade: InProcess) -> None:
    for grant in list(facade.workspace.store.all(Grant)):
        if grant.organisation == NORTHMOOR_ID:
            facade.workspace.store.put(replace(grant, team=RENAL))


ACTS: dict[str, Act] = {
    "a document is read": lambda f: change(f, Document, LETTER, status="READ"),
    "a document gets another label": lambda f: change(f, Document, LETTER, label="SEXUAL_HEALTH"),
    "a document is held back until midnight": lambda f: change(
        f, Document, LETTER, released_at=START + timedelta(hours=2)
    ),
    "a document is deleted": lambda f: (
        f.workspace.store.delete(f.workspace.store.get(Document, LETTER))
        if f.workspace.store.find_one(Document, LETTER)
        else None
    ),
    "a file is renamed": rename_file,
    "the patient is renamed": lambda f: change(f, Patient, RHYS, name=model.Name(given="Rhys")),
    "the patient leaves every team": lambda f: change(f, Patient, RHYS, teams=(), organisations=()),
    "the patient disables sharing": lambda f: change(f, Patient, RHYS, sharing_disabled=True),
    "access is frozen": lambda f: change(f, Patient, RHYS, access_frozen=True),
    "every consent ends": lambda f: each(f, Consent, discharged=True),
    "every consent is to one label": lambda f: each(f, Consent, discharged=False, labels=("GENERAL_HEALTH",)),
    "a team is renamed": lambda f: change(f, Team, RENAL, name="Kidneys"),
    "a team changes its organisation": lambda f: change(f, Team, RENAL, organisation="elsewhere"),
    "an organisation is renamed": lambda f: change(f, Organisation, NORTHMOOR_ID, name="Northmoor"),
    "local numbers become a team's": lambda f: each(f, LocalIdType, team="another"),
    "grants are withdrawn": withdraw_grants,
    "a team grants": grant_by_a_team,
    "midnight passes": lambda f: f.workspace.clock.advance(timedelta(hours=3)),
    "the clock goes back": lambda f: f.workspace.clock.advance(timedelta(hours=-3)),
    "the world is reset": lambda f: f.workspace.reset(("store",)),
}


def responses(facade: InProcess) -> list[tuple[int, str]]:
    """The status and body of every address for every caller, without what is new in every response."""
    callers = (
        facade.partner(),
        facade.user(RHYS, "PATIENT"),
        replace(facade.partner(), credential=replace(facade.partner().credential, partner=None)),
    )
    rows = []
    for caller in callers:
        for address in ADDRESSES:
            response = facade.ask(address, caller)
            body = response.json()
            if body.get("resourceType") == "Bundle":
                body = {key: body[key] for key in ("total", "entry") if key in body}
            rows.append((response.status_code, json.dumps(body)))
    return rows


def responses_of_a_new_store(facade: InProcess) -> list[tuple[int, str]]:
    """The same for a store with the same state, which remembers nothing."""
    store = facade.workspace.store
    copy = Store()
    copy.restore(store.snapshot())
    facade.workspace.store = copy
    try:
        return responses(facade)
    finally:
        facade.workspace.store = store


@settings(max_examples=12)
@given(st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=6))
def test_no_answer_is_remembered_longer_than_it_is_right(names: list[str]) -> None:
    facade = InProcess()
    facade.workspace.clock.freeze(START)
    responses(facade)
    for name in names:
        ACTS[name](facade)
        assert responses(facade) == responses_of_a_new_store(facade), name
    assert rendering._remembered[facade.workspace.store]


def test_every_act_is_seen_at_once() -> None:
    facade = InProcess()
    facade.workspace.clock.freeze(START)
    responses(facade)
    for name in sorted(ACTS):
        ACTS[name](facade)
        assert responses(facade) == responses_of_a_new_store(facade), name
