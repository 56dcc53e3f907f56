"""World files: what opens, what does not and what is said about it; keys as bytes."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Damaged, Invalid
from sandbox.model import Patient
from sandbox.store import Store
from sandbox.store.world_file.keys import key_bytes
from sandbox.store.world_file.opening import open_world_file
from sandbox.store.world_file.reader import WorldFileReader
from sandbox.store.world_file.sort_keys import sort_bytes, sort_key
from sandbox.store.world_file.writing import WorldFileWriter
from tests.store.test_store import patient

INSTANTS = st.datetimes(timezones=st.just(UTC))
DECIMALS = st.decimals(allow_nan=False)
TEXTS = st.text(st.characters(codec="utf-16", categories=None, exclude_categories=()), max_size=4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A world file with three patients."""
    file = tmp_path / "world.sqlite"
    store = Store()
    with WorldFileWriter(file) as writer:
        for id_ in "abc":
            store.put(patient(id_, "1", organisations=("x",)))
        writer.attach(store)
        writer.finish({"name": "three"})
    return file


def change(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_file_is_complete_under_its_name_and_leaves_no_other(file: Path):
    assert [part.name for part in file.parent.iterdir()] == ["world.sqlite"]
    assert open_world_file(file).information == {"name": "three"}


def test_an_interrupted_file_leaves_the_earlier_one(file: Path):
    before = file.read_bytes()
    with pytest.raises(KeyboardInterrupt), WorldFileWriter(file):
        raise KeyboardInterrupt
    assert file.read_bytes() == before
    assert [part.name for part in file.parent.iterdir()] == ["world.sqlite"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid, match=r"file/world\.sqlite cannot be written"):
        WorldFileWriter(tmp_path / "file" / "world.sqlite").__enter__()


def test_an_error_of_sqlite_while_writing_names_the_file(tmp_path: Path):
    with (
        pytest.raises(Invalid, match=r"world\.sqlite cannot be written: disk full"),
        WorldFileWriter(tmp_path / "world.sqlite"),
    ):
        raise sqlite3.OperationalError("disk full")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"SQLite format 3\0" + b"\xff" * 2000, "is not a world file"), (b"", "is not a world file")],
)
def test_any_other_file_is_refused(tmp_path: Path, content: bytes, reason: str):
    (tmp_path / "other.sqlite").write_bytes(content)
    with pytest.raises(Invalid, match=rf"other\.sqlite {reason}"):
        open_world_file(tmp_path / "other.sqlite")


@pytest.mark.parametrize(
    ("pragma", "reason"),
    [("application_id = 7", "is not a world file"), ("user_version = 99", "has version 99 of the format")],
)
def test_another_kind_or_version_of_file_is_refused(file: Path, pragma: str, reason: str):
    change(file, f"PRAGMA {pragma}")
    with pytest.raises(Invalid, match=rf"world\.sqlite {reason}"):
        open_world_file(file)


@pytest.mark.parametrize("statement", ["DROP TABLE patients", "CREATE TABLE dragons (id TEXT)"])
def test_a_file_with_other_tables_is_refused(file: Path, statement: str):
    change(file, statement)
    with pytest.raises(Invalid, match=r"world\.sqlite was written by another version of the sandbox"):
        open_world_file(file)


def test_a_file_that_was_cut_is_damaged(file: Path):
    file.write_bytes(file.read_bytes()[:-4096])
    with pytest.raises(Invalid, match=r"world\.sqlite is damaged: it has"):
        open_world_file(file)


def test_a_file_whose_schema_is_damaged_is_refused(file: Path):
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * 900 + content[1000:])
    with pytest.raises(Invalid, match=r"world\.sqlite is damaged: .*malformed"):
        open_world_file(file)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE patients SET entity = '{'",
        "UPDATE patients SET entity = '{\"wings\": 2}'",
        "UPDATE patients SET entity = x'00'",
    ],
)
def test_a_row_that_cannot_be_read_names_the_file(file: Path, statement: str):
    change(file, statement)
    store = Store()
    store.restore(open_world_file(file).snapshot)
    with pytest.raises(Damaged, match=r"world\.sqlite is damaged"):
        store.find_one(Patient, "a")


def test_a_row_that_is_missing_names_the_file(file: Path):
    change(file, "DELETE FROM patients WHERE id = 'b'")
    store = Store()
    store.restore(open_world_file(file).snapshot)
    with pytest.raises(Damaged, match=r"world\.sqlite is damaged: row 2 of patients is missing"):
        store.find(Patient, "organisation", "x")


def test_a_query_that_sqlite_refuses_names_the_file(file: Path):
    reader = WorldFileReader(file, sqlite3.connect(":memory:"))
    with pytest.raises(Damaged, match=r"world\.sqlite is damaged: no such table"):
        reader.count("patients")
    reader.connection.close()


def test_a_key_of_a_file_is_looked_up_and_never_listed(file: Path):
    rows: Any
    rows, indexes = open_world_file(file).snapshot["patients"]
    assert rows["a"].entity.id == "a"
    assert list(reversed(rows)) == ["c", "b", "a"]
    assert indexes["organisation"]["x"].get("a") is None
    assert indexes["organisation"]["x"]["a"] is None
    for mapping, key in ((rows, "z"), (indexes["organisation"], "z"), (indexes["organisation"]["x"], "z")):
        with pytest.raises(KeyError):
            mapping[key]
    for mapping in (indexes["organisation"], open_world_file(file).snapshot["due_work"][1]["at"]):
        with pytest.raises(NotImplementedError):
            list(mapping)
        with pytest.raises(NotImplementedError):
            mapping.places(())
        with pytest.raises(KeyError):
            mapping["z"]


@pytest.mark.parametrize("keys", [TEXTS, st.integers(-(10**30), 10**30), DECIMALS, INSTANTS])
def test_sort_keys_compare_as_bytes_and_come_back(keys: st.SearchStrategy[Any]):
    @given(keys, keys)
    def check(first: Any, second: Any) -> None:
        assert (sort_bytes(first) < sort_bytes(second)) == (first < second)
        assert (sort_bytes(first) == sort_bytes(second)) == (first == second)
        assert sort_key(sort_bytes(first)) == first

    check()


def test_equal_keys_are_equal_bytes():
    assert key_bytes(("a", Decimal("1.10"))) == key_bytes(("a", Decimal("1.1")))
    assert key_bytes(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(0)) == key_bytes(datetime(2026, 1, 1, tzinfo=UTC))
    keys: list[Any] = ["a", ("a",), ("a", None), ("a", ""), (("a",), ""), True, 0, "0", "\ud800", Decimal(0), None]
    assert len({key_bytes(key) for key in keys}) == len(keys)


def test_other_keys_are_refused():
    with pytest.raises(Invalid, match="set"):
        key_bytes(frozenset("a"))
    with pytest.raises(Invalid, match="bytes"):
        sort_bytes(b"a")
