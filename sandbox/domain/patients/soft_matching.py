"""Soft matching, an option of an organisation: compare demographics of the message with those of the matched record.

Source: *Soft Matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4213014614
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.domain.patients.review import Hold
from sandbox.domain.record import Sender
from sandbox.errors import Invalid
from sandbox.model import Demographics, Patient


@dataclass(frozen=True, slots=True)
class Component:
    """A value to compare: its place in a message, and how to read it from message and record."""

    address: str
    incoming: Callable[[Demographics], str]
    stored: Callable[[Patient], str]


COMPONENTS = {
    "date_of_birth": Component(
        "PID-7.1 (date of birth)",
        lambda values: values.date_of_birth.isoformat() if values.date_of_birth else "",
        lambda patient: patient.date_of_birth.isoformat() if patient.date_of_birth else "",
    ),
    "family_name": Component(
        "PID-5.1 (surname)", lambda values: values.family or "", lambda patient: patient.name.family
    ),
    "given_initial": Component(
        "PID-5.2 (givenName)", lambda values: (values.given or "")[:1], lambda patient: patient.name.given[:1]
    ),
}
"""The values that an organisation can compare. PKB's current pages mention the date of birth, older ones the names."""


def check_sent(sender: Sender, values: Demographics) -> None:
    """Raise Invalid if the message lacks a value that the organisation compares with the record."""
    for name in sender.organisation.options.soft_matching:
        component = COMPONENTS[name]
        if not component.incoming(values):
            raise Invalid(
                f"{component.address} must be provided. You provided []",
                rule="matching.soft-match-needs-value",
                instead="a value, which the organisation compares with the record",
            )


def hold(sender: Sender, values: Demographics, patient: Patient | None) -> Hold | None:
    """Return the first difference as the reason to hold the message. A value that the record does not have counts as
    equal.
    """
    if patient is None:
        return None
    for name in sender.organisation.options.soft_matching:
        component = COMPONENTS[name]
        message, record = component.incoming(values), component.stored(patient)
        # A value that the record lacks cannot disagree with the message.
        if record and message.casefold() != record.casefold():
            return Hold(
                f"{component.address} differs", (f"message: {message}", f"record: {record}"), "review.soft-matching"
            )
    return None
