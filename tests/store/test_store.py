"""The store: typed access, indexes, all-or-nothing changes, snapshots, and TinyDB's own view of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tinydb import Query

from sandbox.domain.worlds import loading
from sandbox.errors import NotFound
from sandbox.model import Consent, Grant, Organisation, Partner, Patient, Team
from sandbox.model.consent import Grantee
from sandbox.model.patient import Contact, Identifier, Name
from sandbox.store import Store
from sandbox.store.schema import TABLES

AT = datetime(2026, 1, 1, tzinfo=UTC)


def patient(id_: str, *numbers: str, **parts: Any) -> Patient:
    identifiers = tuple(Identifier(type="NHS", value=number) for number in numbers)
    common: dict[str, Any] = {"legacy_id": 1, "name": Name(family=id_), "identifiers": identifiers}
    return Patient(id=id_, **{**common, "entered_at": AT, "created_at": AT, "updated_at": AT, **parts})


@pytest.fixture
def store() -> Store:
    return Store()


# --- access ---


def test_an_entity_is_stored_under_its_id(store: Store):
    ann = patient("ann")
    store.put(ann)
    assert store.get(Patient, "ann") is ann
    assert store.find_one(Patient, "ann") is ann
    assert list(store.all(Patient)) == [ann]
    assert store.count(Patient) == 1


def test_what_is_not_there(store: Store):
    assert store.find_one(Patient, "nobody") is None
    assert store.find_one(Patient, None) is None
    with pytest.raises(NotFound, match=r"^Patient/nobody$"):
        store.get(Patient, "nobody")


def test_tables_share_no_ids(store: Store):
    store.put(Partner(id="1", name="One"))
    assert store.find_one(Patient, "1") is None


def test_a_change_keeps_the_place(store: Store):
    for id_ in "abc":
        store.put(patient(id_))
    store.put(patient("b", phone="1"))
    assert [patient.id for patient in store.all(Patient)] == ["a", "b", "c"]
    assert store.get(Patient, "b").phone == "1"


def test_deleting_what_is_not_there_changes_nothing(store: Store):
    store.put(patient("a"))
    store.delete(patient("b"))
    assert store.count(Patient) == 1


# --- indexes ---


def ids(store: Store, index: str, key: Any) -> list[str]:
    return [patient.id for patient in store.find(Patient, index, key)]


def test_an_index_names_the_latest_first(store: Store):
    for id_, number in (("b", "1"), ("a", "1"), ("c", "2")):
        store.put(patient(id_, number))
    assert list(store.ids(Patient, "identifier", ("NHS", "1"))) == ["b", "a"]
    assert list(store.latest(Patient, "identifier", ("NHS", "1"))) == ["a", "b"]
    assert list(store.latest(Patient, "identifier", ("NHS", "2"))) == ["c"]
    assert list(store.latest(Patient, "identifier", ("NHS", "3"))) == []


def test_an_index_finds_in_the_order_of_storing(store: Store):
    for id_ in "cab":
        store.put(patient(id_, organisations=("o",)))
    assert ids(store, "organisation", "o") == ["c", "a", "b"]
    assert ids(store, "organisation", "p") == []


def test_an_entity_is_found_by_each_of_its_keys(store: Store):
    store.put(patient("a", "1", "2"))
    assert ids(store, "identifier", ("NHS", "1")) == ids(store, "identifier", ("NHS", "2")) == ["a"]
    assert ids(store, "identifier", ("CHI", "1")) == []


def test_an_index_follows_a_change(store: Store):
    store.put(patient("a", "1", "2"))
    store.put(patient("a", "2", "3"))
    assert [ids(store, "identifier", ("NHS", number)) for number in "123"] == [[], ["a"], ["a"]]


def test_an_index_follows_a_deletion(store: Store):
    a, b = patient("a", "1"), patient("b", "1")
    store.put(a)
    store.put(b)
    store.delete(a)
    assert ids(store, "identifier", ("NHS", "1")) == ["b"]
    store.delete(b)
    assert ids(store, "identifier", ("NHS", "1")) == []


def test_a_key_that_an_entity_has_twice_finds_it_once(store: Store):
    store.put(patient("a", "1", "1"))
    assert ids(store, "identifier", ("NHS", "1")) == ["a"]
    store.put(patient("a", "1"))
    assert ids(store, "identifier", ("NHS", "1")) == ["a"]


def test_e_mail_addresses_are_found_in_any_case(store: Store):
    store.put(patient("a", contacts=(Contact(value="Ann@Example.ORG"),)))
    assert ids(store, "email", "ann@example.org") == ["a"]


def test_consents_are_found_by_patient_and_grantee(store: Store):
    consent = Consent(id="c", patient="p", grantee=Grantee(kind="team", id="t"), updated_at=AT)
    store.put(consent)
    assert store.find(Consent, "patient", "p") == store.find(Consent, "grantee", ("p", "t")) == [consent]
    store.put(replace(consent, grantee=Grantee(kind="team", id="u")))
    assert store.find(Consent, "grantee", ("p", "t")) == []


def test_an_unknown_index_is_an_error(store: Store):
    with pytest.raises(KeyError):
        store.find(Patient, "colour", "red")


@pytest.fixture(scope="module")
def default() -> Store:
    """The default world."""
    loaded = Store()
    loading.load_world(loaded, "default")
    return loaded


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_index_of_the_default_world_holds_what_a_scan_finds(default: Store, kind: type):
    entities: list[Any] = list(default.all(kind))
    for index, keys in TABLES[kind][1].items():
        scanned: dict[Any, list[Any]] = {}
        for entity in entities:
            for key in keys(entity):
                scanned.setdefault(key, []).append(entity)
        for key, expected in scanned.items():
            assert default.find(kind, index, key) == expected


# --- transactions ---


def failing(store: Store, *changes: Callable[[], None], error: type[BaseException] = ZeroDivisionError) -> None:
    """Makes the changes in a transaction that then fails."""

    def attempt() -> None:
        with store.transaction():
            for change in changes:
                change()
            raise error

    with pytest.raises(error):
        attempt()


def test_a_transaction_that_ends_well_stays(store: Store):
    with store.transaction():
        store.put(patient("a", "1"))
    assert ids(store, "identifier", ("NHS", "1")) == ["a"]


def test_a_transaction_that_fails_takes_back_every_change(store: Store):
    kept, changed, dropped = patient("kept", "1"), patient("changed", "2"), patient("dropped", "3")
    for patient_ in (kept, changed, dropped):
        store.put(patient_)
    failing(
        store,
        lambda: store.put(patient("new", "1")),
        lambda: store.put(patient("changed", "4")),
        lambda: store.put(patient("changed", "5")),
        lambda: store.delete(dropped),
        lambda: store.put(Partner(id="p", name="P")),
    )
    assert {patient.id: patient for patient in store.all(Patient)} == {
        "kept": kept,
        "changed": changed,
        "dropped": dropped,
    }
    assert [ids(store, "identifier", ("NHS", number)) for number in "12345"] == [
        ["kept"],
        ["changed"],
        ["dropped"],
        [],
        [],
    ]
    assert store.count(Partner) == 0


def test_a_nested_transaction_joins_the_outer_one(store: Store):
    def inner() -> None:
        with store.transaction():
            store.put(patient("a"))

    failing(store, inner)
    assert store.count(Patient) == 0


def test_an_inner_failure_that_is_caught_outside_of_it_keeps_what_the_outer_one_did(store: Store):
    with store.transaction():
        store.put(patient("a"))
        failing(store)
    assert store.count(Patient) == 1


def test_an_interruption_takes_changes_back_too(store: Store):
    failing(store, lambda: store.put(patient("a")), error=KeyboardInterrupt)
    assert store.count(Patient) == 0
    store.put(patient("b"))
    assert store.count(Patient) == 1


# --- snapshots ---


def test_a_snapshot_stays_good_after_later_writes(store: Store):
    store.put(patient("a", "1"))
    snapshot = store.snapshot()
    for _ in range(3):
        store.put(patient("a", "2"))
        store.put(patient("b", "1"))
        store.delete(patient("a"))
        store.restore(snapshot)
        assert [patient.id for patient in store.all(Patient)] == ["a"]
        assert ids(store, "identifier", ("NHS", "1")) == ["a"]
        assert ids(store, "identifier", ("NHS", "2")) == []


def live_rows(store: Store) -> Any:
    tables: Any = store.database.storage.read()
    return tables["patients"]


def test_a_snapshot_is_by_reference_until_the_next_write(store: Store):
    a = patient("a")
    store.put(a)
    rows, _ = store.snapshot()["patients"]
    assert live_rows(store) is rows
    store.put(Partner(id="p", name="P"))
    assert live_rows(store) is rows
    store.put(patient("b"))
    assert live_rows(store) is not rows
    assert list(rows) == ["a"]
    assert rows["a"]["entity"] is a


def test_two_snapshots_are_two_states(store: Store):
    first = store.snapshot()
    store.put(patient("a", organisations=("o",)))
    second = store.snapshot()
    store.put(patient("b", organisations=("o",)))
    store.restore(first)
    assert ids(store, "organisation", "o") == []
    store.put(patient("c", organisations=("o",)))
    store.restore(second)
    assert ids(store, "organisation", "o") == ["a"]
    store.restore(first)
    assert store.count(Patient) == 0


# --- TinyDB ---


def test_tinydb_sees_the_rows(default: Store):
    rows: list[Any] = default.database.table("patients").all()  # whose annotation says that ids are numbers
    assert [row["entity"] for row in rows] == list(default.all(Patient))
    assert [row.doc_id for row in rows] == [patient.id for patient in default.all(Patient)]
    assert len(default.database.table("patients")) == default.count(Patient)


def test_tinydb_sees_the_tables(default: Store):
    assert default.database.tables() == {name for name, _ in TABLES.values()}


def test_tinydb_queries_work(default: Store):
    born = Query().entity.test(lambda born_on: born_on.date_of_birth.year < 1940)
    rows = default.database.table("patients").search(born)
    assert {row["entity"].name.family for row in rows} == {"Oldcastle", "Wainfleet"}
    teams: Any = default.database.table("teams")
    id_ = "b1fca6de-884d-4803-b760-ebd7f8cac475"
    assert teams.get(doc_id=id_) == {"entity": default.get(Team, id_)}


def test_tinydb_sees_what_the_store_changed(store: Store):
    table = store.database.table("patients")
    store.put(patient("a"))
    snapshot = store.snapshot()
    store.put(patient("a", phone="1"))
    assert [row["entity"].phone for row in table.all()] == ["1"]
    store.restore(snapshot)
    assert [row["entity"].phone for row in table.all()] == [""]


def test_the_default_world_is_all_there(default: Store):
    assert default.count(Organisation) == 3
    assert default.count(Patient) == 17
    assert default.count(Grant) == 2
