"""The patient: demographics, identifiers, contacts, organisations and teams."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sandbox.base.quick_init import quick_init

GENDERS = ("UNKNOWN", "MALE", "FEMALE", "INDETERMINATE")
ALL_NOTIFICATIONS, TIME_SENSITIVE = "all", "time-sensitive"
"""A patient's notification preferences."""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A person's name in PKB's five parts; an unknown part is empty."""

    family: str = ""
    given: str = ""
    middle: str = ""
    title: str = ""

    @property
    def display(self) -> str:
        """The name as PKB displays it: title, given and family name, separated by spaces."""
        return " ".join(filter(None, (self.title, self.given, self.family)))

    @property
    def full(self) -> str:
        """The full name: title, given, middle and family name, separated by spaces; for texts that are not linked to
        a person.
        """
        return " ".join(filter(None, (self.title, self.given, self.middle, self.family)))


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The postal address of a record."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An e-mail address, PKB's only kind of contact. If a patient has any, exactly one is primary."""

    value: str
    primary: bool = False
    confirmed: bool = False


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number of the patient. `type` is a national type's code (`NHS`) or the id of a `LocalIdType`."""

    type: str
    value: str


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A patient's record. `entered_at` guards updates: an older message changes no demographics."""

    id: str
    legacy_id: int
    name: Name
    date_of_birth: date | None = None
    gender: str = "UNKNOWN"
    address: Address = field(default_factory=Address)
    phone: str = ""
    language: str = "en"
    contacts: tuple[Contact, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    deceased: bool = False
    died_at: datetime | None = None
    organisations: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    registered: bool = False
    registration_changed_at: datetime | None = None
    activated: bool = True
    sharing_disabled: bool = False
    access_frozen: bool = False
    notifications: str = ALL_NOTIFICATIONS
    do_not_contact: bool = False
    password: str = ""
    entered_at: datetime
    created_at: datetime
    updated_at: datetime
    reason: str = ""

    @property
    def email(self) -> str:
        """The primary e-mail address, or empty."""
        return next((contact.value for contact in self.contacts if contact.primary), "")

    @property
    def can_sign_in(self) -> bool:
        """Whether PKB lets the patient sign in. Unregistered and deceased patients cannot."""
        return self.registered and bool(self.password) and not self.deceased
