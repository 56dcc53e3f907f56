"""Release delays: data points whose content the patient sees from a time on, in the order of these times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import NamedTuple

from sandbox.model import Document, LabResult, Patient, RadiologyReport
from sandbox.store import Store

DataPointWithRelease = Document | LabResult | RadiologyReport
KINDS: dict[type[DataPointWithRelease], str] = {
    Document: "document",
    LabResult: "laboratory result",
    RadiologyReport: "radiology report",
}
"""Entity → its name in a text."""
ORDER = "release"
"""The ordered index of release times, and its one ordering."""
MOST_LINES = 100
"""Maximum number of lines about releases."""


class DueRelease(NamedTuple):
    """A release to the patient: its time, and the data point."""

    at: datetime
    point: DataPointWithRelease

    @property
    def text(self) -> str:
        """The kind and the title of the data point: `document Clinic letter`."""
        point = self.point
        title = (point.code.text or point.code.code) if isinstance(point, LabResult) else point.title
        return f"{KINDS[type(point)]} {title}".strip()


def releases_after(store: Store, after: datetime, until: datetime | None = None) -> Iterator[DueRelease]:
    """Return the releases after a time, earliest first, up to and including another time."""
    rows = (_rows(store, kind, after, until) for kind in KINDS)
    return merge(*rows, key=lambda release: release.at)


def count_after(store: Store, after: datetime) -> int:
    """Return about how many releases are to come: deleted data points count too."""
    return sum(len(store.between(kind, ORDER, ORDER, after, None)) for kind in KINDS)


def describe_between(store: Store, start: datetime, end: datetime) -> list[str]:
    """Return a line for each release after `start`, up to `end`; a last line counts those beyond the first hundred."""
    releases = list(islice(releases_after(store, start, end), MOST_LINES)) if start < end else []
    total = (
        sum(len(store.between(kind, ORDER, ORDER, start, end)) for kind in KINDS) if len(releases) == MOST_LINES else 0
    )
    lines = [f"Released to {_name(store, release)}: {release.text}" for release in releases]
    return [*lines, f"Released: {total - MOST_LINES} more data points"] if total > MOST_LINES else lines


def _rows(
    store: Store, kind: type[DataPointWithRelease], after: datetime, until: datetime | None
) -> Iterator[DueRelease]:
    for id_ in store.between(kind, ORDER, ORDER, after, until):
        point = store.get(kind, id_)
        # The index includes its lower limit, and deleted points.
        if point.released_at is not None and point.released_at > after and not getattr(point, "deleted", False):
            yield DueRelease(point.released_at, point)


def _name(store: Store, release: DueRelease) -> str:
    patient = store.find_one(Patient, release.point.patient)
    return patient.name.display if patient is not None else "the patient"
