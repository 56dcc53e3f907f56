"""A large draft is made ready before it is written: its text and its comparison are those of any draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.fhir.resources.drafts import renamed, without_warnings
from sandbox.fhir.resources.ready import made_ready
from sandbox.model import Resource

Json = dict[str, Any]
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
UPDATED = CREATED + timedelta(days=1)
CONTENTS: dict[str, Json] = {
    "no meta": {"resourceType": "Patient", "id": "p", "active": True},
    "meta between": {"resourceType": "Patient", "id": "p", "meta": {"tag": [{"code": "x"}]}, "active": True},
    "meta at the end": {"resourceType": "Patient", "active": True, "id": "p", "meta": {"profile": ["urn:x"]}},
    "meta of the server": {"resourceType": "Patient", "id": "p", "meta": {"versionId": "1"}, "active": True},
}


def stored(content: Json, version: int = 3, **more: Any) -> Resource:
    text = without_warnings(content).text(version, CREATED, UPDATED)
    return Resource(endpoint="own", type="Patient", logical_id="p", version=version, created_at=CREATED,
                    updated_at=UPDATED, method="PUT", text=text, **more)  # fmt: skip


@pytest.mark.parametrize("name", CONTENTS)
def test_a_draft_made_ready_has_the_text_of_any_draft(name: str):
    draft = without_warnings(CONTENTS[name])
    for before in (None, stored(CONTENTS[name])):
        ready = made_ready(draft, before)
        assert ready.text(7, CREATED, UPDATED) == draft.text(7, CREATED, UPDATED)
        assert '"versionId":"7"' in ready.text(7, CREATED, UPDATED)


@pytest.mark.parametrize("name", CONTENTS)
def test_a_draft_made_ready_is_compared_with_the_version_before(name: str):
    draft, before = without_warnings(CONTENTS[name]), stored(CONTENTS[name])
    ready = made_ready(draft, before)
    assert (ready.compared, ready.is_same_as(before)) == ((3, True), True)
    other = stored({**CONTENTS[name], "active": False})
    ready = made_ready(draft, other)
    assert (ready.compared, ready.is_same_as(other)) == ((3, False), False)


def test_a_version_that_came_meanwhile_is_compared_anew():
    content = CONTENTS["no meta"]
    ready = made_ready(without_warnings(content), stored(content))
    assert not ready.is_same_as(stored({**content, "active": False}, version=4))
    assert ready.is_same_as(stored(content, version=5))


def test_nothing_and_a_deletion_are_not_compared():
    content = CONTENTS["no meta"]
    deleted = replace(stored(content), method="DELETE", text="")
    for before in (None, deleted):
        ready = made_ready(without_warnings(content), before)
        assert ready.compared is None
        assert ready.around_meta is not None
        assert ready.is_same_as(stored(content))


def test_a_draft_under_another_id_is_not_ready():
    ready = made_ready(without_warnings(CONTENTS["no meta"]), stored(CONTENTS["no meta"]))
    assert renamed(ready, "p") is ready
    other = renamed(ready, "q")
    assert (other.id, other.content["id"], other.around_meta, other.compared) == ("q", "q", None, None)
    assert '"id":"q"' in other.text(1, CREATED, UPDATED)
