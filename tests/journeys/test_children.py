"""Children and their carers on the clock: accesses that end on birthdays, warnings, and who may register.

Sources: *Paediatric records*, https://sites.google.com/patientsknowbest.com/manual/professional/paediatric-records ;
*Carers*, https://manual.patientsknowbest.com/carer
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sandbox.domain.patients import invitations
from sandbox.domain.patients.ages import birthday
from sandbox.model import Consent, Organisation, Patient
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import NEW, message, pid
from tests.journeys.test_notifications import act, clock, id_of, outbox, outcomes
from tests.rest.support import call, token_of
from tests.support import Client

NOOR, SAMIRA, CARER = "9991006850", "9991008225", "samira.halloran@example.org"
"""Born on 21 May 2015; her carer, who is registered."""
WHO = "the access of Mrs Samira Halloran to the record of Miss Noor Halloran"
Json = dict[str, Any]


def access(pkb: Client, child: str = NOOR) -> Json:
    """The consent of the child's carer."""
    carer = id_of(pkb, SAMIRA)
    (consent,) = [item for item in consents(pkb, child) if item["grantee"]["id"] == carer]
    return consent


def consents(pkb: Client, child: str) -> list[Json]:
    store = pkb.server.workspaces.default.store
    matches = store.find(Consent, "patient", id_of(pkb, child))
    return [{"grantee": {"kind": c.grantee.kind, "id": c.grantee.id}, "ended": c.discharged} for c in matches]


def keep(pkb: Client, kept: bool = True) -> None:
    act(pkb, NOOR, "consents", {"grantee": {"kind": "carer", "id": id_of(pkb, SAMIRA)}, "kept": kept})


def give(pkb: Client) -> None:
    grantee = {"kind": "carer", "id": id_of(pkb, SAMIRA)}
    act(pkb, NOOR, "consents", {"grantee": grantee, "labels": ["GENERAL_HEALTH"], "discharged": False})


def until(pkb: Client, at: str) -> list[str]:
    lines: list[str] = clock(pkb, {"mode": "frozen", "at": at})["became_due"]
    return lines


@pytest.fixture
def pkb(pkb: Client) -> Client:
    until(pkb, "2027-05-01T09:00:00Z")
    return pkb


def test_an_access_ends_on_the_birthday_with_a_warning_three_months_before(pkb: Client):
    assert until(pkb, "2028-02-21T05:59:00Z") == []
    assert clock(pkb, {"advance": "PT1M"})["became_due"] == [f"Warning: {WHO} ends on 2028-05-21"]
    (warning,) = outbox(pkb, to=CARER)
    assert (warning["kind"], warning["channel"], warning["at"]) == ("notification", "email", "2028-02-21T06:00:00Z")
    assert warning["patient"] == id_of(pkb, NOOR)
    assert warning["about"]["kind"] == "consent"
    assert outcomes(outbox(pkb, suppressed="true")) == [("email", "no-address")]  # the child has none
    assert until(pkb, "2028-05-20T22:59:59Z") == []
    assert access(pkb)["ended"] is False
    assert clock(pkb, {"advance": "PT1S"})["became_due"] == [
        f"Birthday: {WHO} ended"
    ]  # midnight of British Summer Time
    assert access(pkb)["ended"] is True


def test_what_is_kept_goes_on_until_the_next_birthday(pkb: Client):
    keep(pkb)
    assert until(pkb, "2028-06-01T00:00:00Z") == [f"Birthday: {WHO} was extended"]
    assert access(pkb)["ended"] is False
    assert outbox(pkb, to=CARER) == []
    lines = until(pkb, "2031-06-01T00:00:00Z")
    assert lines == [f"Warning: {WHO} ends on 2031-05-21", f"Birthday: {WHO} ended"]


def test_the_carer_s_calls_follow_the_access(pkb: Client):
    token = pkb.user_token(CARER)
    assert NOOR in str(call(pkb, "GET", "/users/myPatients", token).json())
    until(pkb, "2028-06-01T00:00:00Z")
    token = pkb.user_token(CARER)
    assert NOOR not in str(call(pkb, "GET", "/users/myPatients", token).json())


def test_every_birthday_of_the_three_ends_an_access(pkb: Client):
    for at, ends in (("2028-06-01", True), ("2031-06-01", True), ("2033-06-01", True), ("2043-06-01", False)):
        lines = until(pkb, f"{at}T00:00:00Z")
        assert (lines[-1:] == [f"Birthday: {WHO} ended"]) is ends
        assert access(pkb)["ended"] is ends
        give(pkb)


def test_a_leap_over_several_birthdays_ends_at_the_first(pkb: Client):
    lines = until(pkb, "2040-01-01T00:00:00Z")
    assert lines == [f"Warning: {WHO} ends on 2028-05-21", f"Birthday: {WHO} ended"]


def test_an_extended_consent_ends_at_the_next_birthday(pkb: Client):
    keep(pkb)
    lines = until(pkb, "2040-01-01T00:00:00Z")
    assert lines == [
        f"Birthday: {WHO} was extended",
        f"Warning: {WHO} ends on 2031-05-21",
        f"Birthday: {WHO} ended",
    ]


def test_a_world_that_starts_after_the_birthday_shows_the_access_ended():
    workspace = Workspaces(Settings(clock="2028-06-01T00:00:00Z")).default
    (consent,) = [item for item in workspace.store.all(Consent) if item.grantee.kind == "carer"]
    assert (consent.discharged, consent.updated_at.isoformat()) == (True, "2028-05-21T00:00:00+01:00")
    assert workspace.catch_up() == []


def test_a_date_of_birth_that_is_corrected_moves_the_birthday(pkb: Client):
    born = {7: "20150601", 8: "F"}
    correction = message(pid(f"{NOOR}^^^NHS^NH", "Halloran^Noor", born), type_="ADT^A31", at="20270501100000")
    assert pkb.send(correction).code == "AA"
    assert until(pkb, "2028-05-31T22:00:00Z") == [f"Warning: {WHO} ends on 2028-06-01"]
    assert until(pkb, "2028-06-01T00:00:00Z") == [f"Birthday: {WHO} ended"]


def test_an_access_that_was_ended_or_whose_sharing_is_off_has_no_birthday(pkb: Client):
    act(pkb, NOOR, "sharing", {"disabled": True})
    assert until(pkb, "2029-01-01T00:00:00Z") == []


def test_only_a_carer_s_access_is_kept(pkb: Client):
    body = {"grantee": {"kind": "team", "id": "ab37b23d-c031-4ced-86aa-2691c368e777"}, "kept": True}
    response = pkb.http.post(f"/_sandbox/records/{NOOR}/consents", json=body)
    assert response.status_code == 400
    assert response.json()["detail"] == "Only a carer's access can be extended past a birthday"


def test_a_birthday_on_29_february_is_on_1_march_in_other_years():
    assert birthday(date(2012, 2, 29), 13) == date(2025, 3, 1)
    assert birthday(date(2012, 2, 29), 16) == date(2028, 2, 29)


# --- registration under 16 ---


def test_a_child_gets_no_codes_on_paper(pkb: Client):
    response = call(pkb, "GET", f"/v1/users/{id_of(pkb, NOOR)}/recordAccessToken", token_of(pkb, "TEAMCOORD"))
    assert response.status_code == 409, response.text
    explained = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert "under 16" in explained["expected"].lower()


def test_an_invitation_by_e_mail_lets_a_child_register(pkb: Client):
    person = pid(f"{NEW}^^^NHS^NH", "Khatun^Rina", {7: "20150521", 13: "^NET^^rina.khatun@example.org"})
    assert pkb.send(message(person)).code == "AA"
    (mail,) = outbox(pkb, kind="invitation")
    code, token = (mail["links"][0].split(f"{name}=")[1].split("&")[0] for name in ("t1", "t2"))
    filled = {"code": code, "token": token, "date_of_birth": "2015-05-21", "password": "Sandbox-1234"}
    response = pkb.http.post(f"/_sandbox/records/{NEW}/register", json=filled)
    assert response.status_code == 200, response.text
    assert response.json()["registered"] is True


def test_codes_on_paper_do_not_let_a_child_register(pkb: Client):
    workspace = pkb.server.workspaces.default
    organisation = next(iter(workspace.store.all(Organisation)))
    noor = workspace.store.get(Patient, id_of(pkb, NOOR))
    invitation = invitations.invite(workspace.record, noor, organisation)
    filled = {
        "code": invitation.id,
        "token": invitation.access_code,
        "date_of_birth": "2015-05-21",
        "email": "noor@example.org",
    }
    response = pkb.http.post(f"/_sandbox/records/{NOOR}/register", json={**filled, "password": "Sandbox-1234"})
    assert response.status_code == 409
    assert response.json()["detail"] == "A patient under 16 can register only with an e-mail invitation"
