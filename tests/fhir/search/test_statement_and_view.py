"""A search goes by the statement, and by what its caller may see"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.search import StoreView, search
from sandbox.fhir.search.view import Ordered
from sandbox.model import Resource
from tests.fhir.search.world import BASE, NOW, everything, ward


def changed(type_: str, **rules: SearchRule | None) -> StoreView:
    """The ward, with other rules for some parameters of one type; None for those that are not offered."""
    parameters = {**everything("r4")[type_], **rules}
    offered = {name: rule for name, rule in parameters.items() if rule is not None}
    return replace(ward().view, offered={**everything("r4"), type_: offered})


def test_a_parameter_that_the_statement_does_not_offer_is_unknown():
    view = changed("Patient", family=None)
    assert search(view, "Patient", [("family", "allen")]).query.ignored == ["family"]
    with pytest.raises(Invalid):
        search(view, "Observation", [("subject:Patient.family", "allen")])
    with pytest.raises(Invalid):
        search(view, "Patient", [("_sort", "family")])


def test_a_parameter_that_the_rules_require_must_be_there():
    view = changed("Patient", birthdate=SearchRule(name="birthdate", type="date", optionality="required"))
    with pytest.raises(Invalid, match="birthdate"):
        search(view, "Patient", [("family", "allen")])
    with pytest.raises(Invalid, match="birthdate"):
        search(view, "Patient", [("birthdate", "")])
    assert search(view, "Patient", [("family", "allen"), ("birthdate", "1980")]).total == 1


@dataclass(frozen=True)
class Hiding(StoreView):
    """The ward without one patient; the indexes still name it."""

    complete: bool = False

    def resource(self, key: str) -> Resource | None:
        return None if key == "own/Patient/ann" else super().resource(key)

    def of_type(self, type_: str) -> Collection[str]:
        return [key for key in super().of_type(type_) if key != "own/Patient/ann"]

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        return super().with_value(type_, parameter, key)

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        return super().between(type_, parameter, order, low, high)


@pytest.mark.parametrize(
    ("type_", "name", "value", "total"),
    [
        ("Patient", "family", "allen", 0),
        ("Patient", "_id", "ann", 0),
        ("Patient", "_sort", "-birthdate", 2),
        ("Patient", "_total", "accurate", 2),
        ("Patient", "_has:Observation:patient:status", "final", 1),
        ("Observation", "subject:Patient.family", "allen", 0),
        ("Observation", "subject", "Patient/ann", 2),
    ],
)
def test_what_a_view_hides_is_neither_found_nor_counted(type_: str, name: str, value: str, total: int):
    whole = ward().view
    view = Hiding(store=whole.store, endpoint="own", release="r4", base=BASE, now=NOW, offered=whole.offered)
    result = search(view, type_, [(name, value)])
    assert result.total == len(result.matches) == total
    wished = search(view, "Observation", [("_include", "Observation:subject")])
    assert [resource.logical_id for resource in wished.included] == ["bob"]
