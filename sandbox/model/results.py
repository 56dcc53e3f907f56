"""Laboratory reports and measurements: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744006145 ,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sandbox.base.quick_init import quick_init
from sandbox.model.datapoint import Code, DataPoint


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class LabReport(DataPoint):
    """The report of results with one filler order number, which is its `external_id`."""

    discipline: str = ""
    enterer_location: str = ""
    received_at: datetime | None = None


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class LabResult(DataPoint):
    """One result, or one textual report, of a `LabReport`.

    `value` is a number, `comparator` the sign before it (`<`, `>=` …), `text` any other value, one line each.
    `service` is the group in which it is displayed. The patient may see the content from `released_at`. `versions`
    contains earlier versions, oldest first; a `deleted` result is kept for audit but not shown.
    """

    report: str
    code: Code
    service: Code = field(default_factory=Code)
    at: datetime
    textual: bool = False
    value: Decimal | None = None
    comparator: str = ""
    text: str = ""
    unit: Code = field(default_factory=Code)
    reference_range: str = ""
    abnormal_flag: str = ""
    comments: str = ""
    released_at: datetime | None = None
    deleted: bool = False
    versions: tuple[LabResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredAs:
    """A value entered in another unit than the type's: stone and pounds, feet and inches, degrees Fahrenheit.

    `type` is the apiRef of the input form, or of the type itself if only the unit differs.
    """

    type: str
    value: Decimal
    value2: Decimal | None = None
    unit: str = ""
    unit2: str = ""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(DataPoint):
    """A measurement; `external_id` is the filler order number. `value2` is the diastolic value of a blood pressure.

    `type` is an apiRef, empty if only the code identifies the type. `text` is a value that is not a number, which is
    stored and not displayed. `entered_as` keeps the entered values if the stored ones were converted.
    """

    type: str = ""
    code: Code
    code2: Code | None = None
    at: datetime
    value: Decimal | None = None
    value2: Decimal | None = None
    unit: str = ""
    text: str = ""
    entered_as: EnteredAs | None = None
    deleted: bool = False
