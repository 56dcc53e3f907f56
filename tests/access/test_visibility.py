"""PKB's rules of who sees a data point, one by one.

Sources: https://github.com/patientsknowbest/fhirgate ; https://manual.patientsknowbest.com/patient/privacy-labels ;
https://manual.patientsknowbest.com/patient/sharing
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.access.principal import Principal
from sandbox.access.purview import sees_patient
from sandbox.access.visibility import Purview, access_to, decide_access, purview_of
from sandbox.model import Consent, Credential, Document, Grantee, Message, Name, Patient, Source, User
from sandbox.model.organisation import LABELS
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces

THEN = datetime(2026, 1, 1, tzinfo=UTC)
SENT: dict[str, Any] = {"entered_at": THEN, "persisted_at": THEN, "at": THEN}
PATIENT = Patient(
    id="p",
    legacy_id=1,
    name=Name(),
    organisations=("o",),
    teams=("t",),
    entered_at=THEN,
    created_at=THEN,
    updated_at=THEN,
)
SELF = Purview(kind="patient", person="p", grantees=frozenset({"p"}))
CARER = Purview(kind="patient", person="c", grantees=frozenset({"c"}))
ALONE = Purview(kind="professional", person="u", grantees=frozenset({"u"}))
TEAM = Purview(kind="team", person="u", grantees=frozenset({"t"}), teams=frozenset({"t"}), own="o")
WHOLE = Purview(
    kind="organisation", grantees=frozenset({"t", "s"}), teams=frozenset({"t", "s"}), organisation="o", own="o"
)
GRANTED = Purview(kind="organisation", grantees=frozenset({"t"}), teams=frozenset({"t"}), own="o")
CALLERS = {"self": SELF, "carer": CARER, "alone": ALONE, "team": TEAM, "whole": WHOLE, "granted": GRANTED}


def document(label: str = "GENERAL_HEALTH", **source: str) -> Document:
    return Document(id="d", patient="p", source=Source(**source), label=label, type="T", title="", **SENT)


def consent(grantee: str, *labels: str, discharged: bool = False) -> Consent:
    named = Grantee(kind="team", id=grantee)
    return Consent(id=grantee, patient="p", grantee=named, labels=labels, discharged=discharged, updated_at=THEN)


ELSEWHERE = document(organisation="x", team="y")
GENERAL = [consent(id_, "GENERAL_HEALTH") for id_ in ("c", "u", "t")]


def seeing(point: Any, consents: list[Consent], **state: Any) -> set[str]:
    """Return the callers that see a data point of a patient in that state."""
    patient = replace(PATIENT, **state)
    return {name for name, purview in CALLERS.items() if decide_access(purview, patient, consents).sees(point)}


def test_the_patient_sees_everything_and_others_need_source_or_consent():
    assert seeing(ELSEWHERE, []) == {"self"}
    assert seeing(document("SEXUAL_HEALTH", organisation="x"), []) == {"self"}


def test_a_source_sees_its_own_whatever_the_consent_the_label_or_the_sharing():
    own = document("SEXUAL_HEALTH", organisation="o", team="t")
    for consents in ([], [consent("t", discharged=True)]):
        for state in ({}, {"sharing_disabled": True}):
            assert seeing(own, consents, **state) == {"self", "team", "whole", "granted"}


def test_another_team_s_own_is_its_organisation_s_and_not_the_team_s():
    assert seeing(document(organisation="o", team="z"), []) == {"self", "whole"}


def test_the_author_sees_what_he_wrote():
    assert seeing(document(organisation="x", person="u"), []) == {"self", "alone", "team"}


def test_consent_opens_the_labels_that_it_grants():
    assert seeing(ELSEWHERE, GENERAL) == set(CALLERS)
    assert seeing(document("MENTAL_HEALTH", organisation="x"), GENERAL) == {"self"}


def test_consent_to_a_team_does_not_extend_to_another():
    assert seeing(ELSEWHERE, [consent("s", "GENERAL_HEALTH")]) == {"self", "whole"}


def test_a_consent_to_a_professional_who_has_a_team_does_not_count():
    assert seeing(ELSEWHERE, [consent("u", "GENERAL_HEALTH")]) == {"self", "alone"}


def test_discharged_is_without_consent():
    assert seeing(ELSEWHERE, [replace(consent, discharged=True) for consent in GENERAL]) == {"self"}


def test_sharing_disabled_switches_consent_off_and_removes_carers():
    assert seeing(ELSEWHERE, GENERAL, sharing_disabled=True) == {"self"}
    assert seeing(document(person="c"), GENERAL, sharing_disabled=True) == {"self"}
    assert seeing(document(person="c"), GENERAL) == set(CALLERS)


def test_a_frozen_patient_is_closed_to_carers_and_professionals_without_a_team():
    assert seeing(ELSEWHERE, GENERAL, access_frozen=True) == {"self", "team", "whole", "granted"}


@pytest.mark.parametrize("purview", [SELF, CARER], ids=["self", "carer"])
def test_a_patient_with_frozen_access_sees_nothing(purview: Purview):
    accesses = decide_access(replace(purview, frozen=True), PATIENT, GENERAL)
    assert not accesses.open
    assert not accesses.sees(document(person=purview.person or ""))


def test_data_without_a_label_takes_all_four():
    unlabelled = document("", organisation="x")
    assert seeing(unlabelled, GENERAL) == {"self"}
    assert seeing(unlabelled, [consent("t", *LABELS)]) == {"self", "team", "whole", "granted"}


def test_an_organisation_sees_its_own_patients_only():
    assert seeing(document(organisation="o", team="other"), GENERAL, organisations=("x",), teams=()) == {
        *("self", "carer", "alone", "team"),
    }


def test_a_team_and_who_acts_by_its_grant_see_what_the_team_supplied_to_any_record():
    assert seeing(document("", organisation="o", team="t"), [], organisations=("x",), teams=()) == {
        *("self", "team", "granted"),
    }


def message(**more: Any) -> Message:
    values = {"conversation": "k", "subject": "", "sender": "u", "recipients": ("c",), **SENT, **more}
    return Message(id="m", patient="p", source=Source(organisation="x", person=values["sender"]), **values)


def test_messages_show_to_those_who_take_part():
    assert seeing(message(), [consent("c", "SOCIAL_CARE")]) == {"self", "carer", "alone", "team"}


def test_a_draft_is_its_sender_s_alone():
    assert seeing(message(status="DRAFT"), GENERAL) == {"alone", "team"}
    assert seeing(message(status="DRAFT", sender="p"), GENERAL) == {"self"}


def test_data_is_others_data_unless_the_caller_is_its_source():
    mine = document(organisation="o", person="u")
    assert not TEAM.is_others(mine)
    assert TEAM.is_others(document(organisation="o", team="t"))
    assert not WHOLE.is_others(mine)
    assert WHOLE.is_others(ELSEWHERE)
    assert SELF.is_others(mine)


# --- from a caller to a purview ---

NORTHMOOR = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
RENAL, DEFAULT = "b1fca6de-884d-4803-b760-ebd7f8cac475", "ab37b23d-c031-4ced-86aa-2691c368e777"
OWEN, TOLA, NOOR, SAMIRA = (
    "f1640ff8-d059-403c-b0d5-295ffc6e627d",
    "4c86625f-13d7-423c-93e9-d58574a12dec",
    "c5df01a4-efc3-421a-8827-6c4aa06cf228",
    "9fc8c651-1a1d-47c4-b0c2-1f724601ecf4",
)


@pytest.fixture
def workspaces() -> Workspaces:
    return Workspaces(Settings())


def caller(workspaces: Workspaces, client: str = "stepwise-clinic", **session: Any) -> Principal:
    workspace = workspaces.default
    return Principal(workspace=workspace, credential=workspace.store.get(Credential, client), **session)


def test_a_professional_looks_as_the_team(workspaces: Workspaces):
    purview = purview_of(caller(workspaces, user=OWEN, scope="CLINICIAN"))
    assert (purview.kind, purview.person, purview.grantees) == ("team", OWEN, frozenset({RENAL}))


def test_a_professional_without_a_team_looks_alone(workspaces: Workspaces):
    store = workspaces.default.store
    store.put(replace(store.get(User, OWEN), team=None))
    purview = purview_of(caller(workspaces, user=OWEN, scope="CLINICIAN"))
    assert (purview.kind, purview.grantees, purview.teams) == ("professional", frozenset({OWEN}), frozenset())


def test_a_tethered_client_reads_as_its_team_and_not_as_a_person(workspaces: Workspaces):
    purview = purview_of(caller(workspaces, "letterbox-tethered", team=RENAL, scope="SITE"))
    assert (purview.kind, purview.person, purview.own, purview.teams) == ("team", None, NORTHMOOR, frozenset({RENAL}))


def test_a_partner_looks_as_the_organisation_or_as_the_teams_that_granted(workspaces: Workspaces):
    whole = purview_of(caller(workspaces, "letterbox-facade", organisation=NORTHMOOR))
    part = purview_of(caller(workspaces, "letterbox-facade", organisation=NORTHMOOR, granting_teams=frozenset({RENAL})))
    assert {RENAL, DEFAULT} < whole.grantees
    assert (whole.organisation, part.organisation, part.grantees) == (NORTHMOOR, None, frozenset({RENAL}))


def test_a_carer_knows_of_the_child_until_the_child_is_frozen(workspaces: Workspaces):
    store, carer = workspaces.default.store, caller(workspaces, "stepwise-diary", user=SAMIRA, scope="PATIENT")
    noor = store.get(Patient, NOOR)
    assert sees_patient(carer, noor)
    assert not access_to(carer, store.get(Patient, TOLA)).open
    assert not sees_patient(carer, replace(noor, access_frozen=True))
    assert not sees_patient(carer, replace(noor, sharing_disabled=True))
