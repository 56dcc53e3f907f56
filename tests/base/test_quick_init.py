"""The quicker constructor of frozen dataclasses behaves as the one of `dataclasses`."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from sandbox.base.quick_init import changed, quick_init
from sandbox.model import Patient
from sandbox.model.patient import Name


@dataclass(frozen=True, slots=True)
class Base:
    first: str
    second: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain(Base):
    third: str
    fourth: list[str] = field(default_factory=list)
    fifth: Any = None


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick(Base):
    third: str
    fourth: list[str] = field(default_factory=list)
    fifth: Any = None


ARGUMENTS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    (("a",), {"third": "c"}),
    (("a", 3), {"third": "c", "fourth": ["x"], "fifth": None}),
    ((), {"first": "a", "second": 0, "third": "c", "fifth": 5}),
)


@pytest.mark.parametrize(("by_place", "by_name"), ARGUMENTS)
def test_the_same_arguments_give_the_same_attributes(by_place: tuple[Any, ...], by_name: dict[str, Any]) -> None:
    plain, quick = Plain(*by_place, **by_name), Quick(*by_place, **by_name)
    assert [getattr(quick, f.name) for f in fields(quick)] == [getattr(plain, f.name) for f in fields(plain)]
    assert type(quick) is Quick


def test_each_instance_has_a_default_of_its_own() -> None:
    assert Quick("a", third="c").fourth is not Quick("a", third="c").fourth


def test_an_instance_is_frozen() -> None:
    quick = Quick("a", third="c")
    with pytest.raises(FrozenInstanceError):
        quick.third = "d"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del quick.third


@pytest.mark.parametrize(
    ("by_place", "by_name"),
    [((), {"third": "c"}), (("a",), {}), (("a", 1, "c"), {}), (("a",), {"third": "c", "sixth": 6})],
)
def test_wrong_arguments_are_refused(by_place: tuple[Any, ...], by_name: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Quick(*by_place, **by_name)


def test_the_parameters_are_those_of_the_dataclass() -> None:
    of_quick, of_plain = (inspect.signature(cls).parameters for cls in (Quick, Plain))
    assert {name: (p.kind, p.annotation) for name, p in of_quick.items()} == {
        name: (p.kind, p.annotation) for name, p in of_plain.items()
    }


def test_instances_are_compared_copied_replaced_and_pickled() -> None:
    name = Name(family="Khatun", given="Rina")
    assert name == Name(given="Rina", family="Khatun")
    assert hash(name) == hash(Name(given="Rina", family="Khatun"))
    assert replace(name, title="Mrs") == Name(family="Khatun", given="Rina", title="Mrs")
    assert copy.deepcopy(name) == pickle.loads(pickle.dumps(name)) == name


def test_a_changed_copy_is_frozen_and_leaves_the_original() -> None:
    quick = Quick("a", third="c")
    copied = changed(quick, second=5, fifth="e")
    assert copied == Quick("a", 5, third="c", fifth="e")
    assert (quick.second, type(copied)) == (2, Quick)
    with pytest.raises(FrozenInstanceError):
        copied.third = "d"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="sixth"):
        changed(quick, sixth=6)


def test_the_address_of_a_patient_without_any_is_empty() -> None:
    times: dict[str, Any] = dict.fromkeys(("entered_at", "created_at", "updated_at"))
    assert Patient(id="p", legacy_id=1, name=Name(), **times).address.line1 == ""


@quick_init
@dataclass(frozen=True, slots=True)
class ByName:
    only: str = field(default="o", kw_only=True)


@quick_init
@dataclass(frozen=True, slots=True)
class ByPlace:
    only: str


def test_a_single_parameter_is_by_name_or_by_place() -> None:
    assert (ByName().only, ByName(only="x").only, ByPlace("y").only, ByPlace(only="z").only) == ("o", "x", "y", "z")
    with pytest.raises(TypeError):
        ByName("x")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ByPlace()  # type: ignore[call-arg]


@dataclass(slots=True)
class Open:
    first: str


@dataclass(frozen=True)
class Loose:
    first: str


@dataclass(frozen=True, slots=True)
class Checked:
    first: str

    def __post_init__(self) -> None:
        assert self.first


@pytest.mark.parametrize("cls", [Open, Loose, Checked, Name.__mro__[1]])
def test_other_classes_are_refused(cls: type[Any]) -> None:
    with pytest.raises(TypeError, match=cls.__name__):
        quick_init(cls)


def test_a_class_without_names_alone_takes_its_arguments_by_place():
    @quick_init
    @dataclass(frozen=True, slots=True)
    class Pair:
        first: str
        second: int = 2

    assert (Pair("a"), Pair("a", second=3).second) == (Pair("a", 2), 3)
