"""The keys under which the indexes of the store list an entity: all of them, and none where an attribute is empty."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox import model
from sandbox.base.ids import aggregated_id, legacy_id
from sandbox.store.schema import ORDERS, PARTITIONS, TABLES

AT, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def entity(**attributes: Any) -> Any:
    """Anything with attributes: an index reads no more."""
    return SimpleNamespace(id="e-1", **attributes)


def source(**attributes: Any) -> model.Source:
    return model.Source(**attributes)


SENT = {"patient": "p", "source": source(organisation="o", team="t", person="u"), "external_id": "x-1"}
OWN = {"patient": "p", "source": source(person="p"), "external_id": ""}
ITEM = {"exchange": "x", "patient": "p", "to": "a@b.c", "daily": True, "suppressed": "", "about": entity(kind="k")}
HELD = {"organisation": "o", "record": "r", "data_point": "d", "outcome": "held"}

KEYS: list[tuple[type, str, dict[str, Any], set[Any]]] = [
    (model.Organisation, "code", {"code": "ONE"}, {"ONE"}),
    (model.Organisation, "code", {"code": ""}, set()),
    (model.Organisation, "endpoint", {"endpoints": [entity(name="a"), entity(name="b")]}, {"a", "b"}),
    (model.User, "email", {"email": "Ada@Example.ORG"}, {"ada@example.org"}),
    (model.User, "team", {"team": "t"}, {"t"}),
    (model.User, "team", {"team": None}, set()),
    (model.Patient, "email", {"contacts": [entity(value="A@b.c"), entity(value="d@e.f")]}, {"a@b.c", "d@e.f"}),
    (model.Patient, "number", {"identifiers": [entity(type="NHS", value="1"), entity(type="X", value="1")]}, {"1"}),
    (model.Patient, "can_sign_in", {"can_sign_in": True}, {True}),
    (model.Patient, "can_sign_in", {"can_sign_in": False}, set()),
    (model.Patient, "aggregated_id", {}, {aggregated_id("e-1")}),
    (model.Consent, "legacy_id", {}, {legacy_id("e-1")}),
    (model.Consent, "grantee", {"patient": "p", "grantee": entity()}, {("p", "e-1")}),
    (model.Allergy, "supplier", SENT, {("p", "t"), ("p", "u")}),
    (model.Allergy, "supplier", OWN, set()),
    (model.Allergy, "supplier", {**SENT, "source": source()}, set()),
    (model.Allergy, "sent_id", SENT, {"x-1"}),
    (model.Allergy, "sent_id", OWN, set()),
    (model.Appointment, "external", SENT, {("p", "o", "x-1")}),
    (model.Appointment, "external", OWN, set()),
    (model.Appointment, "encounter", {"encounter": "e"}, {"e"}),
    (model.Appointment, "encounter", {"encounter": ""}, set()),
    (model.Document, "number", SENT, {("o", "x-1")}),
    (model.Document, "number", OWN, set()),
    (model.Document, "supplied_by", SENT, {"t", "u"}),
    (model.Message, "participant", {"sender": "a", "recipients": ("b", "a")}, {"a", "b"}),
    (model.QuestionnaireRequest, "named", {"identifier": None}, set()),
    (model.QuestionnaireRequest, "named", {"identifier": entity(value="v", system="s")}, {"v", ("s",)}),
    (model.QuestionnaireResponse, "request", {"request": "r"}, {"r"}),
    (model.QuestionnaireResponse, "request", {"request": ""}, set()),
    (model.Resource, "type", {"deleted": False, "endpoint": "e", "type": "T"}, {("e", "T")}),
    (model.Resource, "type", {"deleted": True, "endpoint": "e", "type": "T"}, set()),
    (model.Upstream, "key", {"type": "T", "keys": ("a", "b")}, {("T", "a"), ("T", "b")}),
    (model.Upstream, "target", {"target": "T/1"}, {"T/1"}),
    (model.Upstream, "target", {"target": ""}, set()),
    (model.Grant, "alias", {"partner": "p", "alias": "a"}, {("p", "a")}),
    (model.OutboxItem, "sent", ITEM, {True}),
    (model.OutboxItem, "sent", {**ITEM, "suppressed": "frozen"}, {False}),
    (model.OutboxItem, "cause", ITEM, {("x", "p", "k")}),
    (model.OutboxItem, "cause", {**ITEM, "daily": False}, set()),
    (model.OutboxItem, "cause", {**ITEM, "exchange": None}, set()),
    (model.OutboxItem, "cause", {**ITEM, "suppressed": "frozen"}, {("x", "p", "k")}),
    (model.OutboxItem, "daily", ITEM, {("p", "a@b.c")}),
    (model.OutboxItem, "daily", {**ITEM, "daily": False}, set()),
    (model.OutboxItem, "daily", {**ITEM, "suppressed": "frozen"}, set()),
    (model.HeldMessage, "data_point", HELD, {("o", "r", "d")}),
    (model.HeldMessage, "data_point", {**HELD, "record": ""}, set()),
    (model.HeldMessage, "data_point", {**HELD, "data_point": ""}, set()),
]


@pytest.mark.parametrize(
    ("kind", "index", "attributes", "keys"), KEYS, ids=lambda part: getattr(part, "__name__", None)
)
def test_an_entity_is_listed_under_its_keys(kind: type, index: str, attributes: dict[str, Any], keys: set[Any]):
    assert set(TABLES[kind][1][index](entity(**attributes))) == keys


@pytest.mark.parametrize(
    ("kind", "id_", "index", "keys"),
    [
        (model.Mapped, "p-1/Observation", "whose", {"p-1"}),
        (model.Mapped, "all/o-1/Patient", "whose", {"all/o-1"}),
        (model.Waiting, "feed/Patient/1", "key", {("Patient", "a"), ("Patient", "b")}),
    ],
)
def test_an_id_of_parts_is_listed_under_its_part(kind: type, id_: str, index: str, keys: set[Any]):
    assert set(TABLES[kind][1][index](SimpleNamespace(id=id_, keys=("a", "b")))) == keys


SUPPLIED = {"source": source(organisation="o"), "at": AT, "persisted_at": LATER, "released_at": None}


@pytest.mark.parametrize(
    ("order", "changes", "places"),
    [
        ("supplied", {}, [(("o", "created"), AT), (("o", "indexed"), LATER)]),
        ("supplied", {"source": source(person="p")}, []),
        ("release", {}, []),
        ("release", {"released_at": LATER}, [("release", LATER)]),
    ],
)
def test_a_document_has_its_places_in_orderings(order: str, changes: dict[str, Any], places: list[Any]):
    assert list(ORDERS[model.Document][order](entity(**{**SUPPLIED, **changes}))) == places


def test_an_index_of_resources_has_a_part_for_each_type():
    resource, version = PARTITIONS[model.Resource], PARTITIONS[model.ResourceVersion]
    assert resource.of_entity(entity(endpoint="e", type="T")) == resource.of_key(("e", "T", "more", 1)) == ("e", "T")
    assert version.of_entity(entity(endpoint="e")) == version.of_key(("e", "T", "1")) == "e"
