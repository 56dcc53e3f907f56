"""The order of elements in a stored resource: the sender's, with what the server adds in front."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.customer.support import Endpoint
from tests.support import Client

Json = dict[str, Any]
TAGGED: Json = {"tag": [{"code": "x"}]}
ORDERS: dict[str, tuple[Json, list[str]]] = {
    "an id at the end, no meta": ({"active": True, "id": "p"}, ["resourceType", "id", "meta", "active"]),
    "an id at the end, with meta": (
        {"meta": TAGGED, "active": True, "id": "p"},
        ["resourceType", "meta", "active", "id"],
    ),
    "meta before the id": ({"meta": TAGGED, "id": "p", "active": True}, ["resourceType", "meta", "id", "active"]),
    "meta alone": ({"meta": TAGGED, "active": True}, ["resourceType", "id", "meta", "active"]),
    "neither": ({"active": True}, ["resourceType", "id", "meta", "active"]),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_created_resource_keeps_the_order_of_what_was_sent(pkb: Client, name: str):
    elements, order = ORDERS[name]
    created = Endpoint(pkb).ask("POST", "/Patient", {"resourceType": "Patient", **elements})
    assert created.status_code == 201, created.text
    assert list(created.json()) == order
    assert list(created.json()["meta"]) == ["versionId", "lastUpdated", "extension", *elements.get("meta", ())]
