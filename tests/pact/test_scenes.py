"""Who takes part in states and what they return, without a server: clients, organisations, people and values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sandbox.errors import Conflict, Invalid
from sandbox.model import Consent, Credential, Grant, Organisation, Patient
from sandbox.pact.scene import NOBODY, of_patient
from sandbox.pact.staging import CHECKPOINT, KEY, Staging, staging_of
from sandbox.pact.state import ProviderState, _state, state_named, states
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces
from tests.domain.small_world import patient, world

URL = "http://127.0.0.1:8080"
BOOKED, REGISTERED = "an appointment is booked", "a patient is registered"


@pytest.fixture
def workspace() -> Workspace:
    return Workspaces(Settings()).default


def set_up(workspace: Workspace, name: str, **params: Any) -> dict[str, Any]:
    return staging_of(workspace).set_up(name, params, URL)


@pytest.mark.parametrize(
    ("born", "expected"), [(None, ""), (date(1980, 2, 29), date(1980, 2, 29))], ids=["unknown", "known"]
)
def test_the_values_of_a_patient_are_empty_where_they_are_unknown(born: date | None, expected: Any):
    values = of_patient(patient(world(), date_of_birth=born))
    assert values["date_of_birth"] == expected
    assert (values["patient_id"], values["legacy_id"], values["email"], values["nhs_number"]) == ("p-1", 1, "", "")
    assert (values["family_name"], values["given_name"]) == ("Byrne", "Ada")


def test_each_interaction_has_numbers_of_its_own(workspace: Workspace):
    first, second = (set_up(workspace, BOOKED)["appointment"] for _ in range(2))
    assert [len(number.removeprefix("PACT-")) for number in (first, second)] == [6, 6]
    assert first != second


ROW = {"name": "n", "text": "t", "area": "a", "values": ["own"]}
PATIENT_VALUES = ["patient_id", "legacy_id", "nhs_number", "family_name", "given_name", "date_of_birth", "email"]


@pytest.mark.parametrize(
    ("row", "defaults", "values"),
    [
        ({}, [], ["own"]),
        ({"person": "any"}, ["patient", "organisation"], [*PATIENT_VALUES, "organisation_id", "own"]),
        ({"client": "system-client"}, ["client", "organisation"], ["organisation_id", "own"]),
        (
            {"person": "any", "client": "system-client"},
            ["patient", "organisation", "client"],
            [*PATIENT_VALUES, "organisation_id", "own"],
        ),
        ({"parameters": {"subject": "S"}, "values": ["own", "own"]}, ["subject"], ["own"]),
    ],
    ids=str,
)
def test_a_state_has_the_parameters_and_values_of_its_patient_and_client(
    row: dict[str, Any], defaults: list[str], values: list[str]
):
    state = _state({**ROW, **row})
    assert (list(state.defaults), list(state.values)) == (defaults, values)


def of_kind(kind: str) -> ProviderState:
    """A state with a client of a kind, or about no client."""
    return _state({**ROW, "client": kind})


def credentials(workspace: Workspace) -> list[Credential]:
    return list(workspace.store.all(Credential))


def test_the_first_client_of_the_kind_takes_part(workspace: Workspace):
    staging, (first, *others) = Staging(workspace), credentials(workspace)
    assert staging._client(of_kind(""), None, None) == first
    system = next(row for row in others if row.kind == "system-client")
    assert staging._client(of_kind("system-client"), None, None) == system
    with pytest.raises(Conflict, match="This world has no unheard-of, which the state 'n' needs"):
        staging._client(of_kind("unheard-of"), None, None)


def test_a_world_without_credentials_has_no_client(workspace: Workspace):
    for credential in credentials(workspace):
        workspace.store.delete(credential)
    with pytest.raises(Conflict, match="This world has no credential, which the state 'n' needs"):
        Staging(workspace)._client(of_kind(""), None, None)


def test_a_client_that_is_named_must_be_one(workspace: Workspace):
    staging, last = Staging(workspace), credentials(workspace)[-1]
    assert staging._client(of_kind("system-client"), last.id, None) == last
    # A state without a client has no such parameter.
    assert staging._client(of_kind(""), last.id, None) == credentials(workspace)[0]
    with pytest.raises(Invalid, match=r"params\.client must be the id of a credential"):
        staging._client(of_kind("system-client"), "nobody", None)


def test_an_interaction_keeps_its_patient_and_organisation(workspace: Workspace):
    other = list(workspace.store.all(Organisation))[1]
    first = set_up(workspace, REGISTERED, organisation=other.id)
    second = set_up(workspace, BOOKED)
    assert (second["patient_id"], second["organisation_id"]) == (first["patient_id"], other.id)
    with pytest.raises(Invalid, match=r"params\.organisation must be the id of an organisation"):
        set_up(workspace, BOOKED, organisation="nowhere")


def test_the_world_goes_back_with_the_last_state(workspace: Workspace):
    before = workspace.store.count(Patient)
    set_up(workspace, "")
    set_up(workspace, REGISTERED, nhs_number="9998120039")
    assert workspace.store.count(Patient) == before + 1
    staging = staging_of(workspace)
    staging.take_back("")
    assert workspace.runs[KEY] is staging
    staging.take_back("unknown")
    assert workspace.store.count(Patient) == before + 1
    staging.take_back(REGISTERED)
    assert workspace.store.count(Patient) == before
    assert KEY not in workspace.runs
    assert CHECKPOINT not in [checkpoint.name for checkpoint in workspace.checkpoints]


def test_states_that_were_never_set_up_restore_no_checkpoint(workspace: Workspace):
    workspace.checkpoints.create(CHECKPOINT)
    workspace.store.delete(credentials(workspace)[0])
    Staging(workspace).end()
    staging_of(workspace).take_back(REGISTERED)
    assert CHECKPOINT in [checkpoint.name for checkpoint in workspace.checkpoints]


def test_after_the_end_nothing_is_restored_twice(workspace: Workspace):
    staging = staging_of(workspace)
    staging.set_up("", {}, URL)
    staging.end()
    workspace.checkpoints.create(CHECKPOINT)
    staging.end()
    assert CHECKPOINT in [checkpoint.name for checkpoint in workspace.checkpoints]


def test_a_checkpoint_that_somebody_deleted_is_not_missed(workspace: Workspace):
    set_up(workspace, "")
    workspace.checkpoints.delete(CHECKPOINT)
    staging_of(workspace).end()
    assert KEY not in workspace.runs


def test_a_team_that_was_discharged_has_consent_again(workspace: Workspace):
    values = set_up(workspace, "a team has consent")
    consent = workspace.store.get(Consent, values["consent_id"])
    workspace.store.put(replace(consent, discharged=True, labels=()))
    staging_of(workspace).set_up("a team has consent", {"labels": "MENTAL_HEALTH"}, URL)
    again = workspace.store.get(Consent, values["consent_id"])
    assert (again.discharged, again.labels, again.grantee.id) == (False, ("MENTAL_HEALTH",), values["team_id"])
    set_up(workspace, "consent is withdrawn", team=values["team_id"])
    assert workspace.store.get(Consent, values["consent_id"]).labels == ()


def test_nobody_is_the_patient_of_a_state_without_one():
    assert (NOBODY.id, NOBODY.legacy_id, NOBODY.registered) == ("", 0, False)


@pytest.mark.parametrize("name", states())
def test_a_state_is_found_in_any_case(name: str):
    assert state_named(f" {name.upper()}  ").name == name


def test_the_first_grant_as_a_whole_is_the_organisation_of_a_partner(workspace: Workspace):
    partner = next(row for row in credentials(workspace) if row.kind == "system-client")
    grants = workspace.store.find(Grant, "partner", partner.partner or "")
    whole = next(grant.organisation for grant in grants if grant.team is None)
    assert Staging(workspace)._organisation(None, partner, None).id == whole
