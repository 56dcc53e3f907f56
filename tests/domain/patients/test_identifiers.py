"""Which identifiers mean something. Source: *Identifiers & matching*, pages/3365077836."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.domain.patients.identifiers import sort_identifiers
from sandbox.domain.patients.matching import find_patient
from sandbox.domain.patients.national_ids import national_id_types, national_type_of
from sandbox.errors import Invalid
from sandbox.model import Contact, Identifier, SentIdentifier
from tests.domain.small_world import ANY, FIRST, HOSPITAL, SECOND, WARD, patient, world

UUID = "4c86625f-13d7-423c-93e9-d58574a12dec"


SENT = {
    "national": (("9434765919", "NHS", "NH"), ("national", "NHS", "9434765919")),
    "national, with spaces": (("943 476 5919", "NHS", "NH"), ("national", "NHS", "9434765919")),
    "national, invalid": (("9434765918", "NHS", "NH"), None),
    "national, another authority": (("9434765919", "ELSE", "NH"), None),
    "national, another case": (("9434765919", "nhs", "NH"), None),
    "national, with dashes": (("943-476-5919", "NHS", "NH"), ("national", "NHS", "9434765919")),
    "national, another scheme": (("0101701233", "NHS Scotland", "NH"), ("national", "CHI", "0101701233")),
    "national, an alias": (("0101701233", "CHI", "CHI"), ("national", "CHI", "0101701233")),
    "public": ((UUID.upper(), "PKB", "PI"), ("public", "", UUID)),
    "public, no UUID": (("17", "PKB", "PI"), None),
    "e-mail": (("A@Example.org", "EMAIL", "EMAIL"), ("email", "", "a@example.org")),
    "local": (("7", "HOSP", "MR"), ("local", HOSPITAL, "7")),
    "local, another authority": (("7", "ELSE", "MR"), None),
    "local, any authority": (("7", "WHATEVER", "XX"), ("local", ANY, "7")),
    "local, another type": (("7", "HOSP", "YY"), None),
    "blank": (("  ", "HOSP", "MR"), None),
}


@pytest.mark.parametrize(("identifier", "expected"), SENT.values(), ids=SENT.keys())
def test_a_sent_identifier_is_known_or_ignored(identifier, expected):
    value, authority, code = identifier
    sent_identifier = SentIdentifier(value=value, assigning_authority=authority, type_code=code)
    recognised = sort_identifiers(world().store, FIRST, [sent_identifier], check_nhs_number=True).recognised
    assert [(identifier.kind, identifier.type, identifier.value) for identifier in recognised] == (
        [expected] if expected else []
    )


def test_a_local_type_belongs_to_one_organisation():
    identifier = SentIdentifier(value="7", assigning_authority="HOSP", type_code="MR")
    assert [
        recognised.type
        for recognised in sort_identifiers(world().store, SECOND, [identifier], check_nhs_number=True).recognised
    ] == [WARD]


def test_the_check_can_be_switched_off():
    identifier = SentIdentifier(value="1", assigning_authority="NHS", type_code="NH", status="02")
    (recognised,) = sort_identifiers(world().store, FIRST, [identifier], check_nhs_number=False).recognised
    assert (recognised.value, recognised.status) == ("1", "02")


@pytest.mark.parametrize(
    ("country", "type_"), [("GB-ENG", "NHS"), ("GB-WLS", "NHS"), ("GB-SCT", "CHI"), ("IE", "IHI"), ("FR", "")]
)
def test_a_country_has_its_national_type(country, type_):
    assert national_type_of(country) == type_


def test_no_two_national_types_share_authority_and_type_code():
    pairs = [(type_.assigning_authority, type_.type_code) for type_ in national_id_types().values()]
    assert len(pairs) == len(set(pairs))


# --- record lookup ---

RECORDS: dict[str, dict[str, Any]] = {
    "one": {"identifiers": (Identifier(type="NHS", value="9434765919"), Identifier(type=HOSPITAL, value="7"))},
    "two": {
        "identifiers": (Identifier(type="NHS", value="9434765870"),),
        "contacts": (
            Contact(value="Two@example.org", primary=True),
            Contact(value="open@example.org"),
            Contact(value="sure@example.org", confirmed=True),
        ),
    },
}


def looked_up(*identifiers: tuple[str, str, str]):
    record = world()
    for id_, values in RECORDS.items():
        patient(record, id_, **values)
    ids = [
        SentIdentifier(value=value, assigning_authority=authority, type_code=code)
        for value, authority, code in identifiers
    ]
    return find_patient(record.store, sort_identifiers(record.store, FIRST, ids, check_nhs_number=True).recognised)


@pytest.mark.parametrize(
    ("identifiers", "id_"),
    [
        ([("9434765919", "NHS", "NH")], "one"),
        ([("7", "HOSP", "MR")], "one"),
        ([("9434765919", "NHS", "NH"), ("7", "HOSP", "MR"), ("8", "HOSP", "MR")], "one"),
        ([("two@EXAMPLE.org", "EMAIL", "EMAIL")], "two"),
        ([("sure@example.org", "EMAIL", "EMAIL")], "two"),
        ([("open@example.org", "EMAIL", "EMAIL")], None),
        ([("8", "HOSP", "MR")], None),
    ],
    ids=["national", "local", "several", "primary e-mail", "confirmed", "unconfirmed", "nobody"],
)
def test_identifiers_lead_to_one_record_or_none(identifiers, id_):
    result = looked_up(*identifiers)
    assert (result.id if result else None) == id_


def test_identifiers_of_two_records_are_ambiguous():
    with pytest.raises(Invalid, match=r"^Ambiguous patient IDs provided$"):
        looked_up(("7", "HOSP", "MR"), ("9434765870", "NHS", "NH"))


def test_a_message_needs_an_identifier_of_a_known_type():
    with pytest.raises(Invalid, match="at least one identifier"):
        looked_up(("7", "ELSE", "MR"))
