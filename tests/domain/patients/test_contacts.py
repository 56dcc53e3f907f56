"""E-mail addresses, invitations and confirmations. Source: *Email addresses*, pages/3364126763."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.domain.patients.contacts import add_emails
from sandbox.errors import Invalid
from sandbox.model import Contact, OutboxItem
from tests.domain.small_world import mails, patient, sender, world

HAS = (Contact(value="a@example.org", primary=True, confirmed=True),)

ADDED = {
    "first, new record": ({}, True, [("invitation", "b@example.org")]),
    "first, existing record": ({}, False, [("invitation", "b@example.org")]),
    "first, registered": ({"registered": True}, False, [("confirmation", "b@example.org")]),
    "first, deceased": ({"deceased": True}, False, []),
    "later, registered": ({"contacts": HAS, "registered": True}, False, [("confirmation", "b@example.org")]),
    "later, not registered": ({"contacts": HAS}, False, []),
}


@pytest.mark.parametrize(("values", "created", "mailed"), ADDED.values(), ids=ADDED.keys())
def test_an_address_is_added_and_its_owner_hears_of_it(values, created, mailed):
    record = world()
    changed = add_emails(record, patient(record, **values), ("b@example.org",), sender(record), created=created)
    added = changed.contacts[-1]
    assert (added.value, added.confirmed, added.primary) == ("b@example.org", False, "contacts" not in values)
    assert mails(record) == mailed


def test_the_first_of_two_addresses_is_primary():
    record = world()
    changed = add_emails(record, patient(record), ("b@example.org", "c@example.org"), sender(record), created=True)
    assert [(contact.value, contact.primary) for contact in changed.contacts] == [
        ("b@example.org", True),
        ("c@example.org", False),
    ]
    assert mails(record) == [("invitation", "b@example.org")]


@pytest.mark.parametrize("emails", [(), ("A@EXAMPLE.org",), ("a@example.org", "a@example.org")])
def test_an_address_that_is_there_changes_nothing(emails):
    record = world()
    existing = patient(record, contacts=HAS)
    assert add_emails(record, existing, emails, sender(record), created=False) is existing
    assert mails(record) == []


def test_the_address_of_another_record_is_refused():
    record = world()
    patient(record, "p-2", contacts=HAS)
    with pytest.raises(Invalid, match=r"^Patient email address \[A@example.org\] already active in PKB$"):
        add_emails(record, patient(record), ("A@example.org",), sender(record), created=False)


def test_inviting_owners_of_existing_records_can_be_switched_off():
    record = world(invite_on_first_email=False)
    existing = patient(record)
    assert add_emails(record, existing, ("b@example.org",), sender(record), created=False) is existing
    assert add_emails(record, existing, ("b@example.org",), sender(record), created=True).email == "b@example.org"


def test_an_invitation_links_to_the_page_of_the_creating_team():
    record = world()
    add_emails(record, patient(record), ("b+1@example.org",), sender(record), created=True)
    (item,) = record.store.all(OutboxItem)
    link = urlsplit(item.links[0])
    assert link.path == "/join/main"
    assert parse_qs(link.query)["e"] == ["b+1@example.org"]
    assert set(parse_qs(link.query)) == {"t1", "t2", "e"}
