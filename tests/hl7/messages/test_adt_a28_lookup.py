"""The record that the identifiers of an ADT^A28 lead to, and the numbers that it keeps."""

from __future__ import annotations

import pytest

from sandbox.model import Patient
from tests.hl7.messages.test_adt_a28 import AOIFE, KWABENA, RHYS, TOLA, count
from tests.hl7.samples import (
    A28,
    LOCAL,
    NEW,
    NHS,
    NORTHMOOR_NUMBER,
    ORGANISATIONS,
    PREFIX_AR,
    TEAMS,
    message,
    pid,
    state,
    stored,
)
from tests.support import Client

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
