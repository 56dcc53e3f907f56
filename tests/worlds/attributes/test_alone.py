"""An attribute that changes alone changes what a door shows at the places that the tables name, and nothing else.

So a door for which a table names no place does not show the attribute in any form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.console.doors.places import LABELS
from sandbox.worlds.attributes.table import table_of
from tests.worlds.attributes.alone import change, different, unexplained
from tests.worlds.attributes.bench import Bench, left_by, started
from tests.worlds.attributes.doors import Doors
from tests.worlds.attributes.samples import SAMPLES
from tests.worlds.attributes.test_places import SENT

TIES = (
    "id",
    "legacy_id",
    "patient",
    "organisation",
    "grantee.kind",
    "grantee.id",
    "questionnaire",
    "report",
    "request",
)
"""Attributes that say what belongs together: changed alone, nothing would fit any more."""

HIDES = ("label", "status", "activated", "organisations", "registered", "sharing_disabled", "access_frozen")
"""Attributes that decide whether a door shows the entity at all."""

FOLLOWS = {
    # The access route, where none is stored, follows from who entered what, and through whom.
    ("source.person", "aggregated"): {"meta.extension.valueCoding.code", "meta.extension.valueCoding.display"},
    ("source.partner", "aggregated"): {"meta.extension.valueCoding.code", "meta.extension.valueCoding.display"},
    ("attachment.media_type", "rest"): {"actionPlan"},  # REST gives the action plan as HTML, and no PDF
    ("reactions", "aggregated"): {"reaction.severity"},  # stands beside each reaction
    ("answers.question", "facade"): {"item.text"},  # the text of the question, in the questionnaire
    ("answers.question", "aggregated"): {"item.text"},
    ("contacts.value", "rest"): {"contacts.id"},  # made of the address
    ("contacts.primary", "rest"): {"email"},  # the primary address
    ("identifiers.type", "rest"): {  # the list that the number stands in
        "nationalIds.value",
        "nationalIds.countryCodes",
        "orgLevelIds.value",
        "orgLevelIds.organizationName",
    },
    ("reasons.label", "rest"): {
        f"{label}GrantedReasonText" for label in LABELS.values()
    },  # each label has its own keys
}
"""Effects of an attribute at a door other than its value."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    yield from started()


def values_by_door(doors: Doors) -> dict[tuple[str, str], Any]:
    """Return each door's view of the entity: a resource, or the objects of a call."""
    rest = {("rest", call): doors.rest(call) for call in doors.table.rest}
    return {("facade", ""): doors.facade(), ("aggregated", ""): doors.aggregated(), **rest}


@pytest.mark.parametrize("kind", SENT)
def test_an_attribute_shows_where_the_table_says_and_nowhere_else(bench: Bench, kind: str):
    table, problems = table_of(kind), []
    store = bench.pkb.server.workspaces.default.store
    left = set(table.attributes) - set(TIES)
    for sample in (sample for sample in SAMPLES if sample.kind == kind):
        if not left:
            break
        entity = left_by(bench.pkb, sample, table)
        doors, snapshot = Doors(bench.pkb, bench.tokens, table, entity), store.snapshot()
        before = values_by_door(doors)
        for path in [path for path in table.attributes if path in left]:
            store.restore(snapshot)
            if not change(store, table, entity, path):
                continue
            left.discard(path)
            for (door, call), new in values_by_door(doors).items():
                old = before[door, call]
                if old and not new and path in HIDES:
                    continue
                places = [
                    place.removeprefix(call)
                    for place in getattr(table.attributes[path], door)
                    if place.startswith(call)
                ]
                changed = set(different(old, new)) - FOLLOWS.get((path, door), set())
                problems += [(path, door, call, element) for element in unexplained(places, changed)]
    assert not problems, "\n".join(map(str, problems))
    assert left == set()
