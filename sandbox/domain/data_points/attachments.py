"""Files of data points, each stored once."""

from __future__ import annotations

from sandbox.domain.record import Record
from sandbox.model import Attachment


def attach(record: Record, patient: str, data_point: str, filename: str, media_type: str, content: bytes) -> Attachment:
    """Store a file, with its size in bytes."""
    attachment = Attachment(
        id=record.ids.uuid(),
        patient=patient,
        data_point=data_point,
        filename=filename,
        media_type=media_type,
        size=len(content),
        content=content,
    )
    record.store.put(attachment)
    return attachment


def detach(record: Record, data_point: str) -> None:
    """Remove the files of a data point."""
    for attachment in record.store.find(Attachment, "data_point", data_point):
        record.store.delete(attachment)


def is_same_file(record: Record, id_: str, filename: str, media_type: str, content: bytes) -> bool:
    """Return whether a stored file has this name, type and content."""
    stored = record.store.find_one(Attachment, id_)
    return stored is not None and (stored.filename, stored.media_type, stored.content) == (
        filename,
        media_type,
        content,
    )
