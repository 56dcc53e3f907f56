"""Which ids, names and credentials of another server stand for recorded ones."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.replay.bindings import Bindings
from sandbox.replay.credentials import MatchedCredential, bind_credentials, match_credentials
from sandbox.replay.other_sandbox import bind_worlds
from tests.replay.recorded_requests import Json, bindings


def test_an_id_stands_for_one_id_alone():
    names = bindings(a="1")
    assert [names.bind("a", "1"), names.bind("a", "2"), names.bind("b", "1")] == [True, False, False]
    assert (names.actual("a"), names.actual("c"), names.is_actual("1"), names.is_actual("9")) == (
        "1",
        None,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clinic and clinic.org", "C and O"),
        ("my-clinic", "my-clinic"),
        ("clinical", "clinical"),
        ("clinic-x", "clinic-x"),
        ("(clinic)", "(C)"),
        ("same", "same"),
    ],
)
def test_a_name_is_replaced_as_a_whole_word(text: str, expected: str):
    names = Bindings()
    for before, after in (("clinic", "C"), ("clinic.org", "O"), ("same", "same"), ("", "x"), ("y", "")):
        names.name(before, after)
    assert names.rewrite(text) == expected
    assert (names.value("clinic"), names.value("y"), names.value("")) == ("C", "y", "")


def row(kind: str, id_: str, **more: Any) -> Json:
    return {"kind": kind, "client_id": id_, **more}


def test_credentials_are_matched_by_id_then_by_order():
    before = [row("a", "1"), row("a", "2"), row("a", "3"), row("b", "1"), row("c", "9")]
    after = [row("a", "x"), row("a", "2"), row("b", "y"), row("a", "z"), row("a", "unused")]
    matched = match_credentials(before, after)
    assert {key: pair.id for key, pair in matched.items() if key != "1"} == {"2": "2", "3": "z"}
    assert matched["1"].kind == "b"
    assert match_credentials([row("a", "1")], [row("a", "x")])["1"].id == "x"


URIS = {"redirect_uris": ["r-1", "r-2", "r-3"]}


@pytest.mark.parametrize(
    ("actual", "uri", "expected"),
    [
        ([], "r-1", "r-1"),
        (["x", "r-1"], "r-1", "r-1"),
        (["x", "y", "z"], "r-2", "y"),
        (["x", "y"], "r-3", "y"),
        (["x"], "unknown", "unknown"),
    ],
)
def test_a_redirect_uri_stands_in_the_same_place(actual: list[str], uri: str, expected: str):
    assert MatchedCredential(row("a", "1", **URIS), row("a", "1", redirect_uris=actual)).redirect_uri(uri) == expected


def test_what_belongs_to_credentials_stands_for_each_other():
    before = row(
        "a", "c-1", organisation={"id": "o-1"}, endpoints=["e-1"], on_behalf_of=[{"organisation": {"id": "o-2"}}]
    )
    after = row(
        "a", "c-9", organisation={"id": "o-9"}, endpoints=["e-9"], on_behalf_of=[{"organisation": {"id": "o-8"}}]
    )
    users = {"users": [{"id": "u-1", "email": "a@b.c"}]}, {"users": [{"id": "u-9", "email": "d@e.f"}]}
    names = Bindings()
    bind_credentials(match_credentials([{**before, **users[0]}], [{**after, **users[1]}]), names)
    pairs = {"c-1": "c-9", "o-1": "o-9", "o-2": "o-8", "e-1": "e-9", "u-1": "u-9", "a@b.c": "d@e.f"}
    assert {name: names.value(name) for name in pairs} == pairs


def test_people_of_two_worlds_are_recognised_by_id_number_and_name():
    before = {
        "patients": [{"id": "p-1", "nhs_number": "1", "legacy_id": 5}, {"id": "p-2"}, {"id": "p-3", "nhs_number": "3"}],
        "organisations": [
            {"id": "o-1", "name": "N", "teams": [{"id": "t-1", "alias": "x"}, {"id": "t-2", "name": "y"}]}
        ],
        "users": "none",
    }
    after = {
        "patients": [{"id": "p-9", "nhs_number": "1", "legacy_id": 6}, {"id": "p-2"}, {"id": "p-8"}],
        "organisations": [
            {"id": "o-9", "name": "N", "teams": [{"id": "t-8", "name": "y"}, {"id": "t-9", "alias": "x"}]}
        ],
    }
    names = Bindings()
    bind_worlds(before, after, names)
    pairs = {"p-1": "p-9", "5": "6", "p-2": "p-2", "o-1": "o-9", "t-1": "t-9", "t-2": "t-8"}
    assert {name: names.actual(name) for name in pairs} == pairs
    assert names.actual("p-3") is None
