"""Values of primitive types in generated resources."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from sandbox.synthetic.fhir.primitives import code, number_between


def drawn(value: float, low: float, high: float) -> int | float:
    making = SimpleNamespace(source=SimpleNamespace(uniform=lambda low, high: value))
    return number_between(cast("Any", making), low, high)


def test_a_number_has_the_precision_of_its_bounds():
    assert drawn(3.14159, 0.5, 9.5) == 3.1
    assert drawn(3.14159, 0.25, 9.5) == 3.14
    assert drawn(3.9, 1, 9) == 4


def test_a_whole_number_is_an_integer():
    for number in (drawn(3.02, 0.5, 9.5), drawn(3.02, 1, 9)):
        assert isinstance(number, int)


def test_a_code_for_errors_is_chosen_only_when_there_is_no_other():
    def chosen(*codes: str) -> str:
        element = SimpleNamespace(name="zz", choice="", codes=list(codes))
        making = SimpleNamespace(source=SimpleNamespace(randrange=lambda size: 0))
        return code(cast("Any", making), "Nothing", cast("Any", element))

    assert chosen("entered-in-error", "final", "amended") == "final"
    assert chosen("entered-in-error") == "entered-in-error"
