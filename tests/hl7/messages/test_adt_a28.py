"""ADT^A28 and ADT^A31: creating and updating a record. Source: *ADT A28*, pages/3365078168, and its update table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sandbox.model import Allergy, Organisation, Patient
from tests.hl7.samples import (
    A28,
    A31,
    IDS,
    LOCAL,
    NEW,
    NHS,
    NORTHMOOR_NUMBER,
    ORGANISATIONS,
    PREFIX_AR,
    TEAMS,
    header,
    message,
    pid,
    state,
    stored,
)
from tests.support import Client

TOLA, RHYS, AOIFE, KWABENA = "9991001379", "9991013709", "9991015078", "NM00409"
"""Numbers of the default world: two of Northmoor's, one of Eastgate's alone, one without an NHS number."""


def count(pkb: Client) -> int:
    return pkb.server.workspaces.default.store.count(Patient)


# --- creation ---


@pytest.mark.parametrize("type_", ["ADT^A28", "ADT^A31", "ADT^A28^ADT_A05"])
def test_either_message_creates_a_missing_person(pkb: Client, type_: str):
    before = count(pkb)
    ack = pkb.send(A28.replace("ADT^A28", type_))
    assert (ack.code, ack.detail, ack.control_id) == ("AA", "", "a28-001")
    assert count(pkb) == before + 1


def test_a_new_record_holds_what_was_sent(pkb: Client):
    pkb.send(A28)
    patient = stored(pkb)
    assert patient.name.display == "Mrs Rina Khatun"
    assert patient.name.middle == "Lee"
    assert (patient.date_of_birth, patient.gender, patient.phone) == (date(1991, 6, 23), "FEMALE", "07700900111")
    assert (patient.address.line1, patient.address.postcode) == ("2 Mill Yard", "LS0 0ZZ")
    assert [(identifier.type, identifier.value) for identifier in patient.identifiers] == [
        ("NHS", NHS),
        (NORTHMOOR_NUMBER, LOCAL),
    ]
    assert patient.organisations == (ORGANISATIONS["northmoor"],)
    assert patient.entered_at == datetime(2026, 3, 10, 10, 15, tzinfo=UTC)
    assert (patient.registered, patient.activated, patient.deceased) == (False, True, False)


def test_a_new_record_needs_no_more_than_an_identifier_and_two_names(pkb: Client):
    assert pkb.send(message(pid(f"{NEW}^^^NHS^NH"))).code == "AA"
    patient = stored(pkb, NEW)
    assert (patient.language, patient.date_of_birth, patient.gender) == ("en", None, "UNKNOWN")


def test_a_local_number_alone_creates_a_record(pkb: Client):
    assert pkb.send(message(pid("NM00999^^^NORTHMOOR^MR"))).code == "AA"
    store = pkb.server.workspaces.default.store
    assert len(store.find(Patient, "identifier", (NORTHMOOR_NUMBER, "NM00999"))) == 1


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"], ids=["LF", "CR", "CRLF"])
def test_any_line_end_is_accepted(pkb: Client, end: str):
    assert pkb.send(A28.replace("\n", end)).code == "AA"
    assert len(pkb.server.workspaces.default.store.find(Allergy, "patient", stored(pkb).id)) == 1


@pytest.mark.parametrize("version", ["2.3", "2.4", "2.7", "", "9"])
def test_the_version_is_not_used(pkb: Client, version: str):
    assert pkb.send(A28.replace("|P|2.4", f"|P|{version}")).code == "AA"


def test_segments_that_pkb_does_not_use_are_ignored(pkb: Client):
    extra = "EVN|A28|2026\rPD1||||X\rNK1|1|\rZZZ|anything\rPV1|1|"
    assert pkb.send(message(pid(), extra)).code == "AA"


def test_one_national_number_of_a_type_is_stored(pkb: Client):
    pkb.send(message(pid(f"{NHS}^^^NHS^NH~{NEW}^^^NHS^NH")))
    assert [(identifier.type, identifier.value) for identifier in stored(pkb).identifiers] == [("NHS", NHS)]


# --- updates ---


def test_a_blank_leaves_a_value_and_the_null_clears_it(pkb: Client):
    pkb.send(A28)
    blank = message(pid(name="Khatun^Rina", fields={8: "", 11: '^""', 13: "", 30: ""}), at="20260311")
    assert pkb.send(blank).code == "AA"
    patient = stored(pkb)
    assert (patient.name.middle, patient.name.title, patient.gender) == ("Lee", "Mrs", "FEMALE")
    assert (patient.address.line1, patient.address.line2, patient.phone) == ("2 Mill Yard", "", "07700900111")
    cleared = message(pid(name='Khatun^Rina^""^^""', fields={11: '""', 13: '""', 15: '""'}), at="20260312")
    assert pkb.send(cleared).code == "AA"
    patient = stored(pkb)
    assert (patient.name.display, patient.name.middle) == ("Rina Khatun", "")
    assert (patient.address.postcode, patient.phone, patient.language) == ("", "", "en")
    assert patient.email == "rina.khatun@example.org"


def test_names_birth_and_gender_cannot_be_cleared(pkb: Client):
    pkb.send(A28)
    assert pkb.send(message(pid(name='""^""', fields={7: '""', 8: '""'}), at="20260311")).code == "AA"
    patient = stored(pkb)
    assert (patient.name.family, patient.name.given) == ("Khatun", "Rina")
    assert (patient.date_of_birth, patient.gender) == (date(1991, 6, 23), "FEMALE")


def test_an_update_changes_what_it_carries(pkb: Client):
    pkb.send(A28)
    pkb.send(A31)
    patient = stored(pkb)
    assert (patient.name.title, patient.name.middle, patient.phone) == ("Ms", "Lee", "07700900222")
    assert (patient.address.line1, patient.address.line2, patient.address.city) == ("5 Canal Row", "Eastgate", "Leeds")
    assert patient.entered_at == datetime(2026, 3, 11, 9, tzinfo=UTC)


def test_a_message_older_than_the_record_changes_no_demographics(pkb: Client):
    pkb.send(A31)
    before = stored(pkb)
    ack = pkb.send(A28)
    assert (ack.code, ack.detail) == ("AA", "")
    after = stored(pkb)
    assert (after.name, after.address, after.phone, after.entered_at) == (
        before.name,
        before.address,
        before.phone,
        before.entered_at,
    )


def test_a_message_older_than_the_record_adds_no_email_and_still_replaces_lists(pkb: Client):
    pkb.send(A28)
    before = stored(pkb)
    contact = {13: "^NET^^later@example.org"}
    old = message(pid(fields=contact), "AL1|1||1^Peanut", at="20200101")
    assert pkb.send(old).code == "AA"
    assert stored(pkb) == before
    store = pkb.server.workspaces.default.store
    assert [allergy.allergen.text for allergy in store.find(Allergy, "patient", before.id)] == ["Peanut"]


def test_two_emails_as_identifiers_are_refused(pkb: Client):
    ids = f"{NEW}^^^NHS^NH~a@example.org^^^EMAIL^EMAIL~b@example.org^^^EMAIL^EMAIL"
    ack = pkb.send(message(pid(ids)))
    assert (ack.code, ack.detail) == ("AR", PREFIX_AR + "Only one email address may be provided as an identifier")


def test_a_message_as_old_as_the_record_changes_it(pkb: Client):
    pkb.send(A28)
    pkb.send(A28.replace("^Lee^", "^Leigh^"))
    assert stored(pkb).name.middle == "Leigh"


def test_death_is_recorded_and_taken_back(pkb: Client):
    pkb.send(A28)
    pkb.send(message(pid(fields={29: "202603120415"}), at="20260312"))
    assert (stored(pkb).deceased, stored(pkb).died_at) == (True, datetime(2026, 3, 12, 4, 15, tzinfo=UTC))
    pkb.send(message(pid(fields={30: "N"}), at="20260313"))
    assert (stored(pkb).deceased, stored(pkb).died_at) == (False, None)


def test_sending_a_message_twice_changes_nothing(pkb: Client):
    pkb.send(A28)
    before = state(pkb)
    assert pkb.send(A28).code == "AA"
    after = state(pkb)
    assert {name: set(rows) for name, rows in after.items()} == {name: set(rows) for name, rows in before.items()}
    assert after["patients"] == before["patients"]
    assert after["outbox"] == before["outbox"]


# --- record lookup ---

LOOKUPS = {
    "national number": (f"{TOLA}^^^NHS^NH", TOLA),
    "national number with its status": (f"{TOLA}^^^NHS^NH{{status:03}}", TOLA),
    "local number": ("NM00401^^^NORTHMOOR^MR", TOLA),
    "public id": ("4C86625F-13D7-423C-93E9-D58574A12DEC^^^PKB^PI", TOLA),
    "primary e-mail": ("Tola.Adeyemi@example.org^^^EMAIL^EMAIL", TOLA),
    "number in PID-2 with an unknown one": ("5^^^ELSE^XX", TOLA),
    "all of one record": (f"{TOLA}^^^NHS^NH~NM00401^^^NORTHMOOR^MR", TOLA),
    "one known and one that is new": (f"{TOLA}^^^NHS^NH~NM00777^^^NORTHMOOR^MR", TOLA),
    "one known and one invalid": ("NM00401^^^NORTHMOOR^MR~9991001370^^^NHS^NH", TOLA),
    "one known and one of an unknown type": (f"{TOLA}^^^NHS^NH~7^^^ELSE^XX", TOLA),
}


@pytest.mark.parametrize(("ids", "number"), LOOKUPS.values(), ids=LOOKUPS.keys())
def test_identifiers_lead_to_the_record(pkb: Client, ids: str, number: str):
    before = count(pkb)
    fields = {2: f"{TOLA}^^^NHS^NH"} if "ELSE^XX" in ids and "~" not in ids else {}
    assert pkb.send(message(pid(ids, "Adeyemi^Teniola", fields))).code == "AA"
    assert count(pkb) == before
    assert stored(pkb, number).name.given == "Teniola"


def test_the_status_suffix_is_not_part_of_the_number(pkb: Client):
    pkb.send(A28)
    assert [identifier.value for identifier in stored(pkb).identifiers] == [NHS, LOCAL]


def test_an_unknown_local_number_is_added_and_none_is_taken_away(pkb: Client):
    pkb.send(message(pid(f"{TOLA}^^^NHS^NH~NM00777^^^NORTHMOOR^MR", "Adeyemi^Tola")))
    values = [identifier.value for identifier in stored(pkb, TOLA).identifiers]
    assert values == [TOLA, "NM00401", "NM00777"]


def test_a_national_number_of_a_new_type_is_added(pkb: Client):
    pkb.send(message(pid(f"{TOLA}^^^NHS^NH~0101701233^^^CHI^CHI", "Adeyemi^Tola")))
    assert ("CHI", "0101701233") in [
        (identifier.type, identifier.value) for identifier in stored(pkb, TOLA).identifiers
    ]


def test_a_national_number_is_added_to_a_record_without_one(pkb: Client):
    pkb.send(message(pid(f"{KWABENA}^^^NORTHMOOR^MR~{NEW}^^^NHS^NH", "Forsyth^Kwabena")))
    assert stored(pkb, NEW).name.given == "Kwabena"


@pytest.mark.parametrize("other", ["NM00401^^^NORTHMOOR^MR", "4c86625f-13d7-423c-93e9-d58574a12dec^^^PKB^PI"])
def test_a_national_number_is_changed_when_another_identifier_leads_to_the_record(pkb: Client, other: str):
    assert pkb.send(message(pid(f"{other}~{NEW}^^^NHS^NH", "Adeyemi^Tola"))).code == "AA"
    patient = stored(pkb, NEW)
    assert sorted(identifier.value for identifier in patient.identifiers) == [NEW, "NM00401"]


def test_a_second_national_number_changes_nothing_when_only_the_first_leads_to_the_record(pkb: Client):
    assert pkb.send(message(pid(f"{TOLA}^^^NHS^NH~{NEW}^^^NHS^NH", "Adeyemi^Tola"))).code == "AA"
    assert [identifier.value for identifier in stored(pkb, TOLA).identifiers] == [TOLA, "NM00401"]


def test_a_national_number_of_another_record_is_ambiguous(pkb: Client):
    before = state(pkb)
    ack = pkb.send(message(pid(f"NM00401^^^NORTHMOOR^MR~{RHYS}^^^NHS^NH", "Adeyemi^Tola")))
    assert (ack.code, ack.detail) == ("AR", PREFIX_AR + "Ambiguous patient IDs provided")
    assert state(pkb) == before


def test_an_invalid_national_number_is_not_stored(pkb: Client):
    assert pkb.send(message(pid("NM00999^^^NORTHMOOR^MR~9998120013^^^NHS^NH"))).code == "AA"
    store = pkb.server.workspaces.default.store
    (patient,) = store.find(Patient, "identifier", (NORTHMOOR_NUMBER, "NM00999"))
    assert [identifier.value for identifier in patient.identifiers] == ["NM00999"]


def test_the_local_number_of_another_organisation_means_nothing_here(pkb: Client):
    ack = pkb.send(message(pid("EG00711^^^EASTGATE^PN", "Someone^Else")))
    assert ack.detail == PREFIX_AR + "Lookup single patient must be provided with at least one identifier"


def test_a_record_outside_the_organisation_joins_it(pkb: Client):
    assert pkb.send(message(pid(f"{AOIFE}^^^NHS^NH~NM00888^^^NORTHMOOR^MR", "Byrne^Aoife"))).code == "AA"
    patient = stored(pkb, AOIFE)
    assert patient.organisations == (ORGANISATIONS["eastgate"], ORGANISATIONS["northmoor"])
    assert TEAMS["northmoor_default"] in patient.teams
    assert patient.name.family == "Byrne"


def test_a_record_in_the_organisation_changes_no_team_without_ztm(pkb: Client):
    before = stored(pkb, RHYS).teams
    pkb.send(message(pid(f"{RHYS}^^^NHS^NH", "Delacroix^Rhys")))
    assert stored(pkb, RHYS).teams == before


# --- e-mails and invitations ---


def mails(pkb: Client) -> list[tuple[str, str]]:
    return [(item["kind"], item["to"]) for item in pkb.control("/outbox")["items"]]


@pytest.mark.parametrize("entry", ["^NET^^a@example.org", "^NET^a@example.org", "a@example.org^NET"])
def test_the_first_email_of_a_new_record_is_primary_unconfirmed_and_invited(pkb: Client, entry: str):
    pkb.send(message(pid(fields={13: f"07700900111^PRS~{entry}"})))
    (contact,) = stored(pkb).contacts
    assert (contact.value, contact.primary, contact.confirmed) == ("a@example.org", True, False)
    assert mails(pkb) == [("invitation", "a@example.org")]


def test_a_known_email_sends_no_invitation(pkb: Client):
    pkb.send(message(pid(f"{TOLA}^^^NHS^NH", "Adeyemi^Tola", {13: "^NET^^TOLA.ADEYEMI@example.org"})))
    assert [contact.value for contact in stored(pkb, TOLA).contacts] == ["tola.adeyemi@example.org"]
    assert mails(pkb) == []


def test_a_later_email_of_a_registered_patient_is_to_be_confirmed(pkb: Client):
    pkb.send(message(pid(f"{TOLA}^^^NHS^NH", "Adeyemi^Tola", {14: "new@example.org^NET"})))
    first, second = stored(pkb, TOLA).contacts
    assert (first.primary, second.value, second.primary, second.confirmed) == (True, "new@example.org", False, False)
    assert mails(pkb) == [("confirmation", "new@example.org")]


def test_a_later_email_of_a_patient_who_is_not_registered_is_kept_without_mail(pkb: Client):
    pkb.send(A28)
    pkb.send(message(pid(fields={13: "^NET^^second@example.org"}), at="20260311"))
    assert [contact.value for contact in stored(pkb).contacts] == ["rina.khatun@example.org", "second@example.org"]
    assert mails(pkb) == [("invitation", "rina.khatun@example.org")]


def test_the_first_email_of_an_existing_record_invites(pkb: Client):
    pkb.send(message(pid(f"{KWABENA}^^^NORTHMOOR^MR", "Forsyth^Kwabena", {13: "^NET^^k@example.org"})))
    assert mails(pkb) == [("invitation", "k@example.org")]


def test_no_message_removes_an_email(pkb: Client):
    pkb.send(A28)
    pkb.send(message(pid(fields={13: '""', 14: '""'}), at="20260311"))
    assert stored(pkb).email == "rina.khatun@example.org"


def test_the_email_of_another_record_rejects_the_whole_message(pkb: Client):
    before = state(pkb)
    ack = pkb.send(message(pid(fields={13: "^NET^^Tola.Adeyemi@EXAMPLE.org"}), "AL1|1||1^New"))
    assert ack.detail == PREFIX_AR + "Patient email address [Tola.Adeyemi@EXAMPLE.org] already active in PKB"
    assert state(pkb) == before


# --- NHS-number status checking ---


@pytest.fixture
def checking(pkb: Client) -> Client:
    """The running sandbox, with NHS-number status checking on at Northmoor."""
    store = pkb.server.workspaces.default.store
    northmoor = store.get(Organisation, ORGANISATIONS["northmoor"])
    store.put(replace(northmoor, options=replace(northmoor.options, nhs_status_checking=True)))
    return pkb


CHECKED = {
    "verified": (IDS, False),
    "traced but not verified": (IDS.replace(":01", ":02"), True),
    "to be traced": (IDS.replace(":01", ":03"), True),
    "without status": (IDS.replace("{status:01}", ""), True),
    "local number of a record with an NHS number": ("NM00401^^^NORTHMOOR^MR", True),
    "local number of a record without one": (f"{KWABENA}^^^NORTHMOOR^MR", False),
    "local number of nobody": ("NM00999^^^NORTHMOOR^MR", False),
}


@pytest.mark.parametrize(("ids", "held"), CHECKED.values(), ids=CHECKED.keys())
def test_with_status_checking_only_verified_numbers_pass(checking: Client, ids: str, held: bool):
    before = state(checking)
    ack = checking.send(message(pid(ids, "Held^Person"), "AL1|1||1^New", "ZTM|northmoor_default"))
    assert (ack.code, ack.detail) == ("AA", "")
    after = state(checking)
    queue = after.pop("held_messages")
    assert len(queue) == int(held)
    before.pop("held_messages")
    assert (after == before) is held


@pytest.mark.parametrize("ids", [ids for ids, _ in CHECKED.values()], ids=CHECKED.keys())
def test_without_status_checking_nothing_is_held(pkb: Client, ids: str):
    assert pkb.send(message(pid(ids, "Not^Held"))).code == "AA"
    assert state(pkb)["held_messages"] == {}


def test_a_held_message_waits_with_what_disagrees(checking: Client):
    text = message(pid(IDS.replace(":01", ":02"))).replace("\r", "\n")
    checking.send(text)
    (held,) = state(checking)["held_messages"].values()
    assert (held.message_type, held.credential, held.text) == ("ADT^A28", "org_northmoor", text)
    assert (held.organisation, held.patient) == (ORGANISATIONS["northmoor"], "Rina Khatun")
    assert held.differences == ("status 02", "status 01 expected")


NEVER_HELD = {
    "no names": (pid(IDS.replace(":01", ":02"), ""), "Cannot create patient missing these fields: givenName, surname"),
    "the e-mail of another": (
        pid(IDS.replace(":01", ":02"), fields={13: "^NET^^tola.adeyemi@example.org"}),
        "Patient email address [tola.adeyemi@example.org] already active in PKB",
    ),
    "an unknown team": (pid(IDS.replace(":01", ":02")) + "\rZTM||nowhere", "Unknown team alias [nowhere]"),
    "no allergen": (
        pid(IDS.replace(":01", ":02")) + "\rAL1|1||",
        "You need to provide at least one of: AL1.3.1 (Allergen code ID), AL1.3.2 (Allergen code text)",
    ),
}


@pytest.mark.parametrize(("segments", "detail"), NEVER_HELD.values(), ids=NEVER_HELD.keys())
def test_an_invalid_message_is_refused_and_never_held(checking: Client, segments: str, detail: str):
    before = state(checking)
    ack = checking.send(f"{header()}\r{segments}")
    assert (ack.code, ack.detail) == ("AR", PREFIX_AR + detail)
    assert state(checking) == before


def test_checking_is_an_option_of_one_organisation(checking: Client):
    assert checking.send(message(pid(f"{NEW}^^^NHS^NH{{status:02}}")), "org_eastgate").code == "AA"
    assert stored(checking, NEW).organisations == (ORGANISATIONS["eastgate"],)
