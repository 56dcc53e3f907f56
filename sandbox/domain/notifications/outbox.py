"""The outbox of a world: every e-mail, push message and text message goes there and nowhere else."""

from __future__ import annotations

from sandbox.domain.record import Record
from sandbox.model import About, OutboxItem

EMAIL, NHS_APP, SMS, LETTER = "email", "nhs-app", "sms", "letter"
KEPT = 10_000
"""Maximum number of sent items, and of suppressed items; older ones are dropped."""


def post(
    record: Record,
    kind: str,
    *,
    to: str,
    patient: str,
    organisation: str,
    text: str,
    link: str = "",
    url: str = "",
    channel: str = EMAIL,
    about: About | None = None,
    suppressed: str = "",
    daily: bool = False,
) -> OutboxItem:
    """Put an item into the outbox. `link` is a path of PKB's web pages, `url` a link to another site."""
    item = OutboxItem(
        id=record.ids.uuid(),
        at=record.now(),
        to=to,
        kind=kind,
        channel=channel,
        patient=patient,
        organisation=organisation,
        about=about,
        exchange=record.cause.exchange,
        suppressed=suppressed,
        daily=daily,
        text=text,
        links=tuple(address for address in (link, url) if address),
    )
    record.store.put(item)
    # Sent and suppressed items are counted apart, so that a flood of suppressed ones drops no mail.
    if (
        record.store.count(OutboxItem) > KEPT
        and len(alike := record.store.ids(OutboxItem, "sent", not suppressed)) > KEPT
    ):
        record.store.delete(record.store.get(OutboxItem, next(iter(alike))))
    return item


def empty(record: Record) -> None:
    """Empty the outbox; the limit of one e-mail a day restarts."""
    with record.store.transaction():
        for item in list(record.store.all(OutboxItem)):
            record.store.delete(item)
