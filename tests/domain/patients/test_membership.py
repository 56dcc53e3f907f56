"""Organisation, teams and the consents that follow. Source: *Team membership*, pages/3365013031."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.patients.membership import TeamChange, join
from sandbox.errors import Invalid
from sandbox.model import Consent, Team
from tests.domain.small_world import FIRST, MAIN, OTHER, RENAL, SECOND, consents, patient, sender, world


def test_a_new_record_enters_organisation_and_creating_team():
    record = world()
    joined = join(record, patient(record, organisations=()), sender(record), TeamChange(), created=True)
    assert (joined.organisations, joined.teams) == ((FIRST,), (MAIN,))
    assert [consent.discharged for consent in consents(record, "p-1", MAIN)] == [False]


def test_a_new_record_is_in_the_creating_team_besides_those_named():
    record = world()
    change = TeamChange(add=("renal", "main"))
    joined = join(record, patient(record, organisations=()), sender(record), change, created=True)
    assert set(joined.teams) == {MAIN, RENAL}


def test_a_record_from_outside_joins():
    record = world()
    joined = join(record, patient(record, teams=(MAIN,)), sender(record, SECOND), TeamChange(), created=False)
    assert (joined.organisations, joined.teams) == ((FIRST, SECOND), (MAIN, OTHER))


def test_a_record_that_is_there_stays_as_it_is():
    record = world()
    existing = patient(record)
    assert join(record, existing, sender(record), TeamChange(), created=False) == existing
    assert record.store.count(Consent) == 0


def test_without_a_creating_team_a_record_from_outside_joins_the_organisation_only():
    record = world()
    joined = join(record, patient(record), sender(record, SECOND, creating_team=None), TeamChange(), created=False)
    assert (joined.organisations, joined.teams) == ((FIRST, SECOND), ())


def test_without_a_creating_team_nothing_is_created():
    record = world()
    with pytest.raises(Invalid, match="no creating team"):
        join(record, patient(record), sender(record, creating_team=None), TeamChange(), created=True)


def test_an_alias_is_one_of_the_senders_own_organisation():
    record = world()
    joined = join(record, patient(record), sender(record, SECOND), TeamChange(add=("main",)), created=False)
    assert joined.teams == (OTHER,)


def test_a_consent_that_was_taken_back_is_not_given_again():
    record = world()
    existing = patient(record, teams=(MAIN,))
    joined = join(record, existing, sender(record), TeamChange(add=("main",)), created=False)
    assert joined == existing
    assert consents(record, "p-1", MAIN) == []


def test_leaving_discharges_and_returning_restores_the_labels():
    record = world()
    existing = join(record, patient(record), sender(record), TeamChange(add=("main", "renal")), created=False)
    (consent,) = consents(record, "p-1", RENAL)
    record.store.put(replace(consent, labels=("GENERAL_HEALTH",)))
    gone = join(record, existing, sender(record), TeamChange(remove=("renal",)), created=False)
    assert (gone.teams, consents(record, "p-1", RENAL)[0].discharged) == ((MAIN,), True)
    back = join(record, gone, sender(record), TeamChange(add=("main", "renal")), created=False)
    (consent,) = consents(record, "p-1", RENAL)
    assert (back.teams, consent.discharged, consent.labels) == ((MAIN, RENAL), False, ("GENERAL_HEALTH",))


@pytest.mark.parametrize(
    "change",
    [
        TeamChange(add=("renal",)),
        TeamChange(add=("main", "nowhere")),
        TeamChange(remove=("renal",)),
        TeamChange(remove=("ONE",)),
        TeamChange(add=("main", "renal"), remove=("renal",)),
    ],
    ids=["no default team", "unknown", "not in it", "the organisation", "both"],
)
def test_a_refused_change_changes_nothing(change):
    record = world()
    existing = patient(record, teams=(MAIN,))
    with pytest.raises(Invalid) as refused:
        join(record, existing, sender(record), change, created=False)
    assert refused.value.rule == "membership.team-change"
    assert record.store.count(Consent) == 0


def test_a_record_joins_the_named_team_alone_without_a_creating_team():
    record = world()
    joined = join(
        record, patient(record), sender(record, creating_team=None), TeamChange(add=("renal",)), created=False
    )
    assert joined.teams == (RENAL,)


def test_labels_come_from_the_team():
    record = world()
    record.store.put(replace(record.store.get(Team, RENAL), labels=("SOCIAL_CARE",)))
    join(record, patient(record), sender(record), TeamChange(add=("main", "renal")), created=False)
    assert consents(record, "p-1", RENAL)[0].labels == ("SOCIAL_CARE",)
