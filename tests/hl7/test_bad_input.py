"""PKB's refusals, in its own words. Refused messages are not stored, and the answer can be explained.

Source: *HL7 message ACK error responses*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3850600457
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest

from sandbox.hl7.escapes import unescape
from tests.hl7 import samples
from tests.hl7.samples import PREFIX_AE, PREFIX_AR, message, pid, state
from tests.support import SOAP, Client

A28 = samples.A28.replace("\n", "\r")
MSH, PID, AL1, *_ = A28.split("\r")
OTHERS_EMAIL = "tola.adeyemi@example.org"


def replaced(before: str, after: str) -> str:
    assert before in A28
    return A28.replace(before, after)


REFUSED = {
    "no-message-timestamp": (
        replaced("|20260310101500|", "||"),
        "MSH-7.1 (message timestamp) must be provided. You provided []",
    ),
    "no-message-type": (replaced("|ADT^A28|", "||"), "Unknown messageType received from HL7"),
    "no-trigger-event": (replaced("|ADT^A28|", "|ADT|"), "Unknown messageType received from HL7"),
    "unknown-message-type": (replaced("ADT^A28", "ADT^A40"), "Unknown messageType received from HL7"),
    "another-type-without-its-segments": (replaced("ADT^A28", "SIU^S12"), "SCH segment must be provided"),
    "no-control-id": (replaced("|a28-001|", "||"), "MSH-10.1 (message control ID) must be provided. You provided []"),
    "no-processing-id": (replaced("|P|2.4", "||2.4"), "MSH-11.1 (processing ID) must be provided. You provided []"),
    "no-pid": (f"{MSH}\r{AL1}", "PID segment must be provided"),
    "no-identifier": (
        replaced("9998120012^^^NHS^NH{status:01}~NM00901^^^NORTHMOOR^MR", ""),
        "Lookup single patient must be provided with at least one identifier",
    ),
    "unknown-identifier-type": (
        replaced("^^^NHS^NH{status:01}~NM00901^^^NORTHMOOR^MR", "^^^ELSE^XX"),
        "Lookup single patient must be provided with at least one identifier",
    ),
    "invalid-nhs-number": (
        replaced("9998120012^^^NHS^NH{status:01}~NM00901^^^NORTHMOOR^MR", "9998120013^^^NHS^NH"),
        "Lookup single patient must be provided with at least one identifier",
    ),
    "no-surname": (replaced("Khatun^Rina", "^Rina"), "Cannot create patient missing these fields: surname"),
    "no-given-name": (replaced("Khatun^Rina", "Khatun^"), "Cannot create patient missing these fields: givenName"),
    "no-name": (replaced("Khatun^Rina", "^"), "Cannot create patient missing these fields: givenName, surname"),
    "email-of-another": (
        replaced("rina.khatun@example.org", OTHERS_EMAIL),
        f"Patient email address [{OTHERS_EMAIL}] already active in PKB",
    ),
    "ambiguous": (replaced("NM00901^", "9991001379^^^NHS^NH~NM00406^"), "Ambiguous patient IDs provided"),
    "gender": (replaced("|F|", "|X|"), "Invalid gender. Expected U, M, F or I"),
    "date-of-birth": (replaced("|19910623|", "|199106233|"), "Invalid timestamp [199106233] in PID-7.1"),
    "two-emails": (
        replaced("~^NET^^rina", "~^NET^^other@example.org~^NET^^rina"),
        "Only one email address may be provided in PID-13",
    ),
    "no-allergen": (
        replaced("91936005^Penicillin allergy^SNOMED CT", ""),
        "You need to provide at least one of: AL1.3.1 (Allergen code ID), AL1.3.2 (Allergen code text)",
    ),
    "no-diagnosis": (
        replaced("195967001^Asthma^SNOMED CT", ""),
        "You need to provide at least one of: DG1.3.1 (Diagnosis code ID), DG1.3.2 (Diagnosis code text)",
    ),
    "no-medication": (
        replaced("|^Salbutamol inhaler", "|"),
        "You need to provide at least one of: ZRX.2.1 (Medication code ID), ZRX.2.2 (Medication code text)",
    ),
    "duplicate-allergies": (replaced(AL1, f"{AL1}\r{AL1}"), "Duplicate allergies provided"),
    "default-team-missing": (replaced("ZTM|northmoor_default~", "ZTM|"), "ZTM-1 must include the default team"),
    "unknown-team": (replaced("northmoor_renal", "nowhere"), "Unknown team alias [nowhere]"),
    "team-added-and-removed": (
        replaced("northmoor_renal", "northmoor_renal|northmoor_renal"),
        "ZTM-1 and ZTM-2 must not contain the same team [northmoor_renal]",
    ),
    "not-in-team": (
        replaced("northmoor_renal", "northmoor_renal|northmoor_sexual"),
        "Patient is not in team [northmoor_sexual]",
    ),
    "alias-of-the-organisation": (
        replaced("northmoor_renal", "northmoor_renal|RNM99"),
        "Alias [RNM99] does not identify a team",
    ),
    "no-query-definition": (f"{MSH.replace('ADT^A28', 'QRY^A19')}", "QRD segment must be provided"),
    "query-filter": (
        f"{MSH.replace('ADT^A28', 'QRY^A19')}\rQRD|20260310091500|R|I|Q|||||XYZ",
        "Unknown query filter [XYZ]",
    ),
    "query-rows": (
        f"{MSH.replace('ADT^A28', 'QRY^A19')}\rQRD|20260310091500|R|I|Q|||10^XX||STA",
        "QRD-7.2 must be RD",
    ),
    "query-rows-number": (
        f"{MSH.replace('ADT^A28', 'QRY^A19')}\rQRD|20260310091500|R|I|Q|||ten^RD||STA",
        "QRD-7.1 must be a number of rows. You provided [ten]",
    ),
    "query-status": (
        f"{MSH.replace('ADT^A28', 'QRY^A19')}\rQRD|20260310091500|R|I|Q|||||STA||PERHAPS",
        "Unknown registration status [PERHAPS]",
    ),
    "query-window": (
        f"{MSH.replace('ADT^A28', 'QRY^A19')}\rQRD|20260310091500|R|I|Q|||||DEM\rQRF||2026031",
        "Invalid timestamp [2026031] in QRF-2.1",
    ),
    "null-is-no-control-id": (
        replaced("|a28-001|", '|""|'),
        "MSH-10.1 (message control ID) must be provided. You provided []",
    ),
    "null-is-no-surname": (replaced("Khatun^Rina", '""^Rina'), "Cannot create patient missing these fields: surname"),
    "null-is-no-allergen": (
        replaced("91936005^Penicillin allergy^SNOMED CT", '""'),
        "You need to provide at least one of: AL1.3.1 (Allergen code ID), AL1.3.2 (Allergen code text)",
    ),
    "message-timestamp": (replaced("|20260310101500|", "|2026031|"), "Invalid timestamp [2026031] in MSH-7.1"),
    "message-timestamp-offset": (
        replaced("|20260310101500|", "|20260310101500+9900|"),
        "Invalid timestamp [20260310101500+9900] in MSH-7.1",
    ),
    "onset": (replaced("|20190401", "|2019041"), "Invalid timestamp [2019041] in AL1-6.1"),
    "diagnosed": (replaced("|20050110", "|20050230"), "Invalid timestamp [20050230] in DG1-5.1"),
    "medication-start": (replaced("^20240115|", "^2024011|"), "Invalid timestamp [2024011] in ZRX-1.4"),
    "time-of-death": (
        replaced("|||||||||||||||N", "||||||||||||||yesterday|Y"),
        "Invalid timestamp [yesterday] in PID-29.1",
    ),
    "two-business-emails": (
        replaced("~^NET^^rina.khatun@example.org|", "|^NET^^a@example.org~b@example.org^NET"),
        "Only one email address may be provided in PID-14",
    ),
    "public-id-of-nobody": (
        replaced(
            "9998120012^^^NHS^NH{status:01}~NM00901^^^NORTHMOOR^MR", "11111111-1111-4111-8111-111111111111^^^PKB^PI"
        ),
        "Lookup single patient must be provided with at least one identifier",
    ),
    "email-identifier-of-nobody": (
        replaced("9998120012^^^NHS^NH{status:01}~NM00901^^^NORTHMOOR^MR", "nobody@example.org^^^EMAIL^EMAIL"),
        "Lookup single patient must be provided with at least one identifier",
    ),
    "wrong-case-of-the-type": (replaced("ADT^A28", "adt^a28"), "Unknown messageType received from HL7"),
    "acknowledgement": (replaced("ADT^A28", "ACK^A28"), "Unknown messageType received from HL7"),
    "two-team-segments": (replaced("ZTM|", "ZTM|northmoor_default\rZTM|"), "Only one ZTM segment may be provided"),
    "unknown-team-to-leave": (replaced("northmoor_renal", "northmoor_renal|nowhere"), "Unknown team alias [nowhere]"),
    "duplicate-allergies-by-text": (
        replaced(AL1, "AL1|1||^Latex|||2019\rAL1|2||^Latex|||2019"),
        "Duplicate allergies provided",
    ),
    "duplicate-allergies-by-alternate-code": (
        replaced(AL1, "AL1|1||^Latex^^111|||\rAL1|2||^Rubber^^111|||"),
        "Duplicate allergies provided",
    ),
    "several-messages": (f"{A28}\r{A28}", "The request contains several messages; send one message per request"),
}


@pytest.fixture
def unchanged(pkb: Client) -> Iterator[None]:
    """Whatever the test sends, the record is afterwards what it was before."""
    before = state(pkb)
    yield
    assert state(pkb) == before
    assert pkb.control("/health/live")["status"] == "live"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("text", "detail"), REFUSED.values(), ids=REFUSED.keys())
def test_a_message_with_a_fault_is_refused_in_these_words(pkb: Client, text: str, detail: str):
    response = pkb.post_soap(SOAP.format(escape(text)))
    ack = pkb.ack(response)
    assert (ack.code, unescape(ack.detail)) == ("AR", PREFIX_AR + detail)
    explained = pkb.http.get(response.headers["PKB-Sandbox-Explain"]).json()
    assert explained["expected"] == detail
    assert explained["caller"] == "customer org_northmoor (hl7-org)"
    assert all(explained[key] for key in ("rule", "cell", "instead", "standing", "source")), explained


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("batch", ["FHS|^~\\&|PAS", "BHS|^~\\&|PAS"], ids=["file", "batch"])
def test_a_batch_is_refused(pkb: Client, batch: str):
    ack = pkb.send(f"{batch}\r{A28}")
    assert (ack.code, ack.control_id) == ("AR", "")
    assert ack.detail == PREFIX_AR + "Batches are not accepted; send one message per request"


UNREADABLE = {
    "empty": "",
    "blank": " \n ",
    "no header": "PID|||1",
    "short header": "MSH|^~",
    "prose": "hello",
    "header second": f"{PID}\r{MSH}",
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_message_is_an_unexpected_error(pkb: Client, text: str):
    response = pkb.post_soap(SOAP.format(escape(text)))
    ack = pkb.ack(response)
    assert (ack.code, ack.control_id, ack.detail) == ("AE", "", PREFIX_AE + "null")
    assert ack.segment("MSH")[8] == "ACK"
    explained = pkb.http.get(response.headers["PKB-Sandbox-Explain"]).json()
    assert all(explained[key] for key in ("rule", "caller", "instead", "source")), explained


@pytest.mark.usefixtures("unchanged")
def test_a_fault_in_one_list_leaves_the_other_lists_and_the_patient_alone(pkb: Client):
    tola = "9991001379^^^NHS^NH"
    ack = pkb.send(message(pid(tola, "Changed^Tola"), "AL1|1||1^New", "DG1|1||2^New", "ZRX||"))
    assert ack.code == "AR"


SENDERS = {
    "twice": ("partner_letterbox", "NORTHMOOR_LB{NORTHMOOR_LB}", None),
    "bare": ("partner_letterbox", "NORTHMOOR_LB", None),
    "one-through-the-other": ("partner_letterbox", "EASTGATE_LB{NORTHMOOR_LB}", None),
    "none": ("partner_letterbox", "", "MSH-4.1 (sending facility) must be provided. You provided []"),
    "null": ("partner_letterbox", '""', "MSH-4.1 (sending facility) must be provided. You provided []"),
    "unknown": ("partner_letterbox", "NOBODY{NOBODY}", "Unknown sending facility [NOBODY{NOBODY}]"),
    "half-unknown": ("partner_letterbox", "NOBODY{NORTHMOOR_LB}", "Unknown sending facility [NOBODY{NORTHMOOR_LB}]"),
    "wrong-case": ("partner_letterbox", "northmoor_lb", "Unknown sending facility [northmoor_lb]"),
    "unbalanced": ("partner_letterbox", "NORTHMOOR_LB{", "Unknown sending facility [NORTHMOOR_LB{]"),
    "unbalanced-after": ("partner_letterbox", "NORTHMOOR_LB}", "Unknown sending facility [NORTHMOOR_LB}]"),
    "first-half-empty": ("partner_letterbox", "{NORTHMOOR_LB}", "Unknown sending facility [{NORTHMOOR_LB}]"),
    "second-half-empty": ("partner_letterbox", "NORTHMOOR_LB{}", "Unknown sending facility [NORTHMOOR_LB{}]"),
    "not-granted": ("partner_untethered", "NORTHMOOR_LB", "Unknown sending facility [NORTHMOOR_LB]"),
    "organisation-without-aliases": ("org_northmoor", "ANYTHING", None),
    "organisation-without-facility": ("org_northmoor", "", None),
}


@pytest.mark.parametrize(("user", "facility", "detail"), SENDERS.values(), ids=SENDERS.keys())
def test_the_sending_facility_decides_on_whose_behalf(pkb: Client, user: str, facility: str, detail: str | None):
    before = state(pkb)
    ack = pkb.send(replaced("|PAS|NORTHMOOR|", f"|PAS|{facility}|"), user)
    assert (ack.code, ack.detail) == (("AR", PREFIX_AR + detail) if detail else ("AA", ""))
    assert (state(pkb) == before) is bool(detail)


def test_a_message_of_nothing_but_delimiters_is_refused_at_once(pkb: Client):
    ack = pkb.send(f"{A28}\rNTE{'|' * 2_000_000}")
    assert (ack.code, ack.detail) == ("AR", PREFIX_AR + "The message has more than 100000 delimiters")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("delimiters", ["|^^\\&", "|^~\\^"])
def test_a_delimiter_used_twice_is_an_unexpected_error(pkb: Client, delimiters: str):
    ack = pkb.send(A28.replace("|^~\\&", delimiters, 1))
    assert (ack.code, ack.detail) == ("AE", PREFIX_AE + "null")
