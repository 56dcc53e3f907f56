"""Consents, sharing and frozen access, without a server."""

from __future__ import annotations

import pytest

from sandbox.domain import consents
from sandbox.errors import Invalid
from sandbox.model import (
    Consent,
    Grantee,
)
from tests.domain.data_points.points import ada, mails, record_of
from tests.domain.small_world import NOW, OTHER, RENAL

# --- consents ---


@pytest.mark.parametrize(("disabled", "kinds"), [(True, ["team"]), (False, ["carer", "team"])])
def test_disabled_sharing_removes_the_carers(disabled: bool, kinds: list[str]):
    record = record_of()
    for kind, id_ in (("carer", "p-2"), ("team", RENAL)):
        record.store.put(Consent(id=id_, patient="p-1", grantee=Grantee(kind=kind, id=id_), updated_at=NOW))
    after = consents.set_sharing(record, ada(record), disabled=disabled)
    assert after.sharing_disabled is disabled
    assert sorted(row.grantee.kind for row in record.store.all(Consent)) == kinds
    assert mails(record) == disabled
    consents.set_sharing(record, after, disabled=disabled)
    assert mails(record) == disabled


def test_a_consent_is_news_if_it_changed():
    record = record_of()
    team, labels = Grantee(kind="team", id=OTHER), ("GENERAL_HEALTH",)
    counts = []
    for wanted in (labels, labels, None, (), ()):
        consent = consents.consent_to(record, ada(record), team, wanted, None)
        counts.append((consent.labels, mails(record)))
    assert counts == [(labels, 1), (labels, 1), (labels, 1), ((), 2), ((), 2)]
    ended = consents.consent_to(record, ada(record), team, None, True)
    assert (ended.discharged, mails(record)) == (True, 3)
    with pytest.raises(Invalid, match="extended past a birthday"):
        consents.consent_to(record, ada(record), team, None, None, kept=True)
    for grantee in (Grantee(kind="team", id="gone"), Grantee(kind="carer", id="p-1")):
        with pytest.raises(Invalid, match="does not exist"):
            consents.consent_to(record, ada(record), grantee, labels, None)


@pytest.mark.parametrize("frozen", [True, False])
def test_access_is_frozen_and_freed(frozen: bool):
    record = record_of(access_frozen=not frozen)
    assert consents.set_frozen(record, ada(record), frozen=frozen).access_frozen is frozen
    assert ada(record).access_frozen is frozen
