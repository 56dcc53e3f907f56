"""What notifications are about: the events of `notifications.toml`, and the news of one event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.base.quick_init import quick_init
from sandbox.domain.record import Record
from sandbox.model import About, DataPoint, Options, Patient

GENERAL = "GENERAL_HEALTH"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row of the table of events."""

    words: str
    link: str = ""
    nhs_app: bool = False
    sms: bool = False
    unregistered: bool = False
    time_sensitive: bool = False
    daily: bool = False
    stale: str = ""
    by_hand: bool = False
    reminder: bool = False
    carers: bool = False


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A notification of new data. `event` is a row of the table; `organisation` is the one whose options apply.

    `at` is the time of an appointment, document or discharge; `title` follows the words of the row; `url` is a link
    to another site; `sms` allows a text message; `unmailed` means that the sender wants no e-mail; `also` lists other
    people to e-mail.
    """

    event: str
    about: About
    organisation: str = ""
    label: str = GENERAL
    at: datetime | None = None
    title: str = ""
    link: str = ""
    url: str = ""
    sms: bool = False
    unmailed: bool = False
    released_at: datetime | None = None
    also: tuple[Patient, ...] = ()

    @classmethod
    def of(cls, event: str, point: DataPoint, **more: Any) -> News:
        """Build the notification of a data point."""
        about, source = about_entity(point), point.source.organisation or ""
        if not more:
            return cls(event=event, about=about, organisation=source, label=point.label)
        return cls(**{"event": event, "about": about, "organisation": source, "label": point.label, **more})


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxNotice:
    """One item for one person and channel; `to` is the address, or empty."""

    record: Record
    event: Event
    news: News
    options: Options
    patient: Patient
    recipient: Patient
    channel: str
    to: str


def about_entity(entity: Any) -> About:
    """Return the kind and id of an entity, for a notification about it."""
    return About(kind=_kind_of(type(entity).__name__), id=entity.id)


@cache
def _kind_of(type_: str) -> str:
    return _CAPITAL.sub("_", type_).lower()


@cache
def events() -> Mapping[str, Event]:
    """The table of events, by name."""
    rows = notifications_table()["event"]
    return {name_of(row): Event(**{key: row[key] for key in Event.__slots__ if key in row}) for row in rows}


def notifications_table() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("domain/notifications/notifications.toml"))


def name_of(row: dict[str, Any]) -> str:
    return str(row["id"]).removeprefix("notifications.")
