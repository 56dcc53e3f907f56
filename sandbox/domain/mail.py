"""What PKB mails: every mail goes to the outbox of the world, and nowhere else."""

from __future__ import annotations

from sandbox.domain.record import Record
from sandbox.model import OutboxItem


def post(record: Record, kind: str, *, to: str, patient: str, organisation: str, text: str, link: str = "") -> None:
    """Puts a mail into the outbox. `to` is an e-mail address, or a postal one; `link` a path of PKB's web pages."""
    item = OutboxItem(
        id=record.ids.uuid(),
        at=record.now(),
        to=to,
        kind=kind,
        patient=patient,
        organisation=organisation,
        text=text,
        links=(link,) if link else (),
    )
    record.store.put(item)
