"""The notes beside a consent, and the callers of requests that the console makes for people."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sandbox.console.patients.consents import _notes
from sandbox.console.patients.reasons import _rule
from sandbox.console.sending import _check_target, principal_of
from sandbox.errors import Invalid
from sandbox.model import Consent, Credential, Patient
from sandbox.settings import Settings
from sandbox.worlds.workspace import DEFAULT, Workspace


@pytest.fixture(scope="module")
def world() -> Workspace:
    return Workspace(DEFAULT, Settings())


@pytest.fixture(scope="module")
def consent(world: Workspace) -> Consent:
    return next(consent for consent in world.store.all(Consent) if consent.labels and consent.grantee.kind != "team")


@pytest.fixture(scope="module")
def patient(world: Workspace, consent: Consent) -> Patient:
    return replace(world.store.get(Patient, consent.patient), sharing_disabled=False, access_frozen=False)


def test_a_consent_says_what_ended_or_suspends_it(consent: Consent, patient: Patient):
    plain = replace(consent, discharged=False, kept=False)
    assert [note.text for note in _notes(plain, patient)] == []
    every = replace(plain, discharged=True, labels=(), kept=True)
    closed = replace(patient, sharing_disabled=True, access_frozen=True)
    assert [note.text for note in _notes(every, closed)] == [
        "discharged",
        "ended",
        "suspended: sharing disabled",
        "access frozen",
        "kept past the next birthday",
    ]


def access(kind: str, *, is_open: bool, frozen: bool = False, covered: bool = False, labels: Any = ()) -> Any:
    purview = SimpleNamespace(kind=kind, frozen=frozen)
    return cast(Any, SimpleNamespace(open=is_open, purview=purview, covered=covered, labels=labels))


@pytest.mark.parametrize(
    ("decided", "disabled", "label", "rule"),
    [
        (access("patient", is_open=False, frozen=True), False, "GENERAL_HEALTH", "access.frozen"),
        (access("patient", is_open=False), True, "GENERAL_HEALTH", "access.visibility-sharing-disabled"),
        (access("organisation", is_open=False), False, "GENERAL_HEALTH", "access.visibility-organisation"),
        (access("carer", is_open=False), False, "GENERAL_HEALTH", "access.visibility-frozen"),
        (access("team", is_open=True, covered=True), False, "", "access.visibility-sharing-disabled"),
        (access("team", is_open=True, labels=("MENTAL_HEALTH",)), False, "SOCIAL_CARE", "access.visibility-consent"),
        (access("team", is_open=True, labels=("MENTAL_HEALTH",)), False, "", "access.visibility-unlabelled"),
    ],
)
def test_the_rule_that_hides_a_point_is_named(patient: Patient, decided: Any, disabled: bool, label: str, rule: str):
    point = cast(Any, SimpleNamespace(label=label))
    assert _rule(decided, replace(patient, sharing_disabled=disabled), point) == rule


def credential(world: Workspace, kind: str) -> Credential:
    return next(row for row in world.store.all(Credential) if row.kind == kind)


def test_an_app_is_called_by_the_person_or_the_first_who_can_sign_in(world: Workspace):
    app = credential(world, "user-client")
    first = principal_of(world, app)
    assert first.user
    assert principal_of(world, app, first.user).user == first.user
    with pytest.raises(Invalid):
        principal_of(world, app, "nobody@example.org")
    with pytest.raises(Invalid, match="Nobody in this world"):
        principal_of(world, replace(app, scopes=()))


def test_other_clients_are_called_for_their_team_or_organisation(world: Workspace):
    tethered = credential(world, "tethered-token-system-client")
    assert (principal_of(world, tethered).team, principal_of(world, tethered).scope) == (tethered.team, "SITE")
    customer = credential(world, "customer-system-client")
    assert principal_of(world, customer).organisation == customer.organisation


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "fhir/Patient"), ("G T", "/fhir"), ("GET", "/fhir\r\nX: y"), ("GET", "/_sandbox/reset")],
)
def test_only_a_request_to_an_api_is_made(method: str, path: str):
    with pytest.raises(Invalid):
        _check_target(method, path)
