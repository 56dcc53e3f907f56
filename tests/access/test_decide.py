"""The one function that decides, over every kind of credential and every cell.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

import pytest

from sandbox.access.matrix import ACTIONS, APIS, NotOffered, OtherIssuer, Refused, decide, matrix
from sandbox.access.principal import INTEGRATION_TYPE, Principal
from sandbox.errors import Forbidden, SandboxError, Unauthenticated
from sandbox.model import Credential
from sandbox.model.access import KINDS
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace

DECISIONS = """
hl7-org                      hl7        ok      ok      no      no
hl7-org                      rest       other   other   other   other
hl7-org                      facade     other   other   other   other
hl7-org                      messaging  other   other   other   other
hl7-org                      customer   other   other   other   other
hl7-org                      aggregated other   other   other   other
hl7-partner                  hl7        ok      ok      no      no
hl7-partner                  rest       other   other   other   other
hl7-partner                  facade     other   other   other   other
hl7-partner                  messaging  other   other   other   other
hl7-partner                  customer   pending pending pending pending
hl7-partner                  aggregated other   pending pending pending
user-client                  hl7        other   other   other   other
user-client                  rest       ok      ok      ok      ok
user-client                  facade     no      ok      ok      ok
user-client                  messaging  type    type    type    type
user-client                  customer   pending pending pending pending
user-client                  aggregated other   pending pending pending
system-client                hl7        other   other   other   other
system-client                rest       type    type    type    type
system-client                facade     no      ok      ok      ok
system-client                messaging  ok      no      no      no
system-client                customer   pending pending pending pending
system-client                aggregated other   pending pending pending
customer-system-client       hl7        other   other   other   other
customer-system-client       rest       other   other   other   other
customer-system-client       facade     other   other   other   other
customer-system-client       messaging  other   other   other   other
customer-system-client       customer   ok      ok      ok      no
customer-system-client       aggregated no      ok      ok      ok
tethered-token-system-client hl7        other   other   other   other
tethered-token-system-client rest       ok      ok      ok      ok
tethered-token-system-client facade     type    type    type    type
tethered-token-system-client messaging  type    type    type    type
tethered-token-system-client customer   pending pending pending pending
tethered-token-system-client aggregated other   pending pending pending
"""
"""`ok`: goes on. `other`: another issuer's credential. `type`: the wrong kind of client. `no`: not offered."""

REFUSALS: dict[str, tuple[type[SandboxError], str]] = {
    "other": (OtherIssuer, "access.other-token-family-401"),
    "type": (Refused, "access.wrong-client-type-403"),
    "no": (NotOffered, "access.not-offered"),
    "pending": (Refused, "access.pending-403"),
}

ROWS = [
    (kind, api, action, outcome)
    for kind, api, *outcomes in (line.split() for line in DECISIONS.strip().split("\n"))
    for action, outcome in zip(ACTIONS, outcomes, strict=True)
]
REFUSED = [row for row in ROWS if row[3] != "ok"]
PENDING = [row for row in ROWS if row[3] == "pending"]


def label(row: tuple[str, ...]) -> str:
    return " ".join(row)


@pytest.fixture(scope="module")
def strict() -> Workspace:
    return Workspace("strict", Settings())


@pytest.fixture(scope="module")
def lenient() -> Workspace:
    return Workspace("lenient", Settings(pending_cells="allow"))


def holder(workspace: Workspace, kind: str) -> Principal:
    return Principal(workspace=workspace, credential=Credential(id="someone", kind=kind, name="Someone"))


def test_the_table_asks_every_kind_about_every_cell():
    assert [row[:3] for row in ROWS] == [(kind, api, action) for kind in KINDS for api in APIS for action in ACTIONS]


@pytest.mark.parametrize("row", [row for row in ROWS if row[3] == "ok"], ids=label)
def test_an_allowed_cell_lets_its_credential_in(strict: Workspace, row: tuple[str, str, str, str]):
    kind, api, action, _ = row
    cell = decide(holder(strict, kind), api, action)
    assert cell is matrix()[f"{INTEGRATION_TYPE[kind]}.{api}.{action}"]
    assert cell.credential == kind


@pytest.mark.parametrize("row", REFUSED, ids=label)
def test_a_refusal_has_its_kind_and_its_rule(strict: Workspace, row: tuple[str, str, str, str]):
    kind, api, action, outcome = row
    error_type, rule = REFUSALS[outcome]
    with pytest.raises(error_type) as refusal:
        decide(holder(strict, kind), api, action)
    assert refusal.value.rule == rule
    assert refusal.value.instead
    assert isinstance(refusal.value, Unauthenticated) == (outcome == "other")
    assert isinstance(refusal.value, Forbidden) == (outcome in ("type", "pending"))


@pytest.mark.parametrize("row", PENDING, ids=label)
def test_a_pending_cell_is_named_in_its_refusal(strict: Workspace, row: tuple[str, str, str, str]):
    kind, api, action, _ = row
    with pytest.raises(Refused, match=f"^{INTEGRATION_TYPE[kind]}.{api}.{action} is pending: "):
        decide(holder(strict, kind), api, action)


@pytest.mark.parametrize("row", PENDING, ids=label)
def test_pending_cells_let_callers_in_when_the_setting_says_so(lenient: Workspace, row: tuple[str, str, str, str]):
    kind, api, action, _ = row
    assert decide(holder(lenient, kind), api, action).decision == "pending"


@pytest.mark.parametrize("row", [row for row in REFUSED if row[3] != "pending"], ids=label)
def test_the_setting_for_pending_cells_changes_no_other(lenient: Workspace, row: tuple[str, str, str, str]):
    kind, api, action, outcome = row
    with pytest.raises(REFUSALS[outcome][0]):
        decide(holder(lenient, kind), api, action)
