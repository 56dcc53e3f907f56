"""What a failure quotes of the exchanges: a long value is cut, and of many values three are named."""

from __future__ import annotations

import pytest

from tests.control.verify.test_verify import texts
from tests.support import Client


def difference(pkb: Client, parts: list[str]) -> str:
    """The difference of the one exchange, a refused write with some identifiers."""
    body = {"resourceType": "Condition", "identifier": [{"value": part} for part in parts]}
    pkb.facade("/Condition", method="POST", json=body)
    condition = {"jsonpath": "$.identifier[*].value", "equals": "-"}
    (text,) = texts(pkb, expect=[{"api": "facade", "body": [condition]}])
    return text


@pytest.mark.parametrize("length", [57, 58, 59, 120])
def test_a_value_of_sixty_characters_with_its_quotes_is_whole(pkb: Client, length: int):
    quoted = f'"{"x" * length}"'
    assert f"({quoted if length < 59 else quoted[:60] + '…'})" in difference(pkb, ["x" * length])


@pytest.mark.parametrize(
    ("count", "values"),
    [(2, '("0", "1")'), (3, '("0", "1", "2")'), (4, '("0", "1", "2" and 1 more)'), (5, '("0", "1", "2" and 2 more)')],
)
def test_of_many_values_three_are_named_and_the_others_counted(pkb: Client, count: int, values: str):
    assert values in difference(pkb, [str(number) for number in range(count)])
