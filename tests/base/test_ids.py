"""New ids: random, or the same in every run."""

from __future__ import annotations

import random
import uuid

import pytest

from sandbox.base.ids import RESERVE, Ids, is_uuid, legacy_id, named_uuid


def test_ids_are_random_without_a_seed():
    assert Ids().uuid() != Ids().uuid()
    assert Ids().token() != Ids().token()


def test_ids_are_the_same_with_the_same_seed():
    def some(seed: int) -> list[object]:
        ids = Ids(seed)
        return [ids.uuid(), ids.token(), ids.legacy(), ids.uuid()]

    assert some(7) == some(7) != some(8)


def test_a_public_id_is_a_uuid_of_version_4():
    uuid = Ids().uuid()
    assert is_uuid(uuid)
    assert uuid[14] == "4"
    assert uuid[19] in "89ab"


def test_an_id_has_the_random_bytes_of_its_seed_but_for_version_and_variant():
    ids, chance = Ids(7), random.Random(7)
    for _ in range(20):
        assert ids.uuid() == str(uuid.UUID(bytes=chance.randbytes(16), version=4))


@pytest.mark.parametrize("length", [0, 1, 12])
def test_a_code_has_letters_and_digits_of_all_random_bytes(length: int):
    characters = "abcdefghijklmnopqrstuvwxyz0123456789"
    expected = "".join(characters[byte % 36] for byte in random.Random(7).randbytes(length))
    assert Ids(7).code(length) == expected


@pytest.mark.parametrize("seed", [None, 7])
def test_many_ids_in_a_row_are_uuids_and_never_the_same(seed: int | None):
    ids = Ids(seed)
    many = [ids.uuid() for _ in range(2 * RESERVE + 1)]
    assert all(map(is_uuid, many))
    assert len({*many}) == len(many)


def test_a_token_is_url_safe():
    assert len(Ids().token()) == 32
    assert set("".join(Ids().token() for _ in range(50))) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_legacy_ids_are_numbers_in_order():
    ids = Ids()
    assert [ids.legacy(), ids.legacy()] == [1_000_001, 1_000_002]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab0469a5-c2ba-4ff7-b9d4-9080df2db07e", True),
        ("AB0469A5-C2BA-4FF7-B9D4-9080DF2DB07E", True),
        ("ab0469a5-c2ba-4ff7-b9d4-9080df2db07", False),
        ("ab0469a5c2ba4ff7b9d49080df2db07e", False),
        ("{ab0469a5-c2ba-4ff7-b9d4-9080df2db07e}", False),
        ("ab0469a5-c2ba-4ff7-b9d4-9080df2db07e\n", False),
        ("gb0469a5-c2ba-4ff7-b9d4-9080df2db07e", False),
        ("", False),
    ],
)
def test_a_uuid_is_recognised_in_its_canonical_form(text: str, expected: bool):
    assert is_uuid(text) is expected


@pytest.mark.parametrize("seed", [None, 7])
def test_a_generator_goes_on_from_its_state(seed: int | None):
    ids = Ids(seed)
    ids.legacy()
    state, legacy = ids.state, ids.last_legacy
    assert (state is None) is (seed is None)
    following = (ids.token(), ids.legacy())
    again = Ids(seed)
    again.go_on_from(state, legacy)
    assert again.legacy() == following[1]
    if seed is not None:
        assert again.token() == following[0]
    again.go_on_from(None, 5)
    assert again.legacy() == 6


@pytest.mark.parametrize("seed", [None, 7])
def test_a_rehearsal_uses_up_no_ids(seed: int | None):
    ids = Ids(seed)
    with ids.unspent():
        rehearsed = (ids.legacy(), ids.token())
    assert ids.legacy() == rehearsed[0]
    assert (ids.token() == rehearsed[1]) is (seed is not None)


def test_the_legacy_id_of_an_entity_has_at_most_fifteen_digits():
    numbers = [legacy_id(f"entity-{number}") for number in range(50)]
    assert all(number.isdigit() and len(number) <= 15 for number in numbers)
    assert len(set(numbers)) == 50
    assert legacy_id("entity-0") == numbers[0]


@pytest.mark.parametrize("name", ["", "pkb/4c86625f-13d7-423c-93e9-d58574a12dec", "feed/Condition/ä"])
def test_the_id_of_a_name_is_its_uuid_of_version_3(name: str):
    assert named_uuid(name) == str(uuid.uuid3(uuid.NAMESPACE_URL, name))
