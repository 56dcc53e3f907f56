"""ADT^A28 and ADT^A31: creating and updating a record. Source: *ADT A28*, pages/3365078168, and its update table."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sandbox.model import Allergy, Patient
from tests.hl7.samples import (
    A28,
    A31,
    LOCAL,
    NEW,
    NHS,
    NORTHMOOR_NUMBER,
    ORGANISATIONS,
    PREFIX_AR,
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
