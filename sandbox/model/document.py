"""Documents, care plans, radiology reports and their attachments:
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743121409 ,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186945
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sandbox.base.quick_init import quick_init
from sandbox.model.datapoint import DataPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a data point, stored once. `size` is in bytes."""

    id: str
    patient: str
    data_point: str
    filename: str
    media_type: str
    size: int
    content: bytes


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Document(DataPoint):
    """A letter or other document. `status` is `UNREAD` or `READ`; a patient sees the content from `released_at` on."""

    type: str
    title: str
    class_: str = ""
    at: datetime
    status: str = "UNREAD"
    read_at: datetime | None = None
    released_at: datetime | None = None
    planned_postal_at: datetime | None = None
    attachment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePlan(DataPoint):
    """A care plan; its attachment is the action plan, HTML or PDF; `red`, `amber` and `green` are HTML beside it.

    `status` is `INDRAFT` or `ACTIVE`. `versions` contains earlier versions, oldest first.
    """

    name: str
    created_at: datetime
    last_edited_at: datetime
    review_on: date | None = None
    status: str = "ACTIVE"
    red: str = ""
    amber: str = ""
    green: str = ""
    attachment: str = ""
    versions: tuple[CarePlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiologyReport(DataPoint):
    """A radiology report: `description` is HTML, `attachments` are the ids of its images and files."""

    title: str
    at: datetime
    description: str = ""
    enterer_location: str = ""
    attachments: tuple[str, ...] = ()
    released_at: datetime | None = None
    deleted: bool = False
