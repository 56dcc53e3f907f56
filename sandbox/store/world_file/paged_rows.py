"""The rows of a table of a world file: each read when it is needed, the last ones kept as entities."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any

from sandbox.errors import Invalid
from sandbox.store.tables import Row
from sandbox.store.world_file.layout import LONG, uncompressed
from sandbox.store.world_file.reader import WorldFileReader
from sandbox.store.world_file.recent import Recent
from sandbox.store.written import parse_row

KEPT = 4096
"""Rows that are kept of a table, and numbers of rows."""
NO_ROW = 0
"""In place of the number of a row that the table does not have."""
SLICE = 256
"""Rows that are read at once of many."""


class PagedRows(Mapping[str, Row]):
    """Id → row, in the order of a dict."""

    def __init__(self, reader: WorldFileReader, kind: str, table: str) -> None:
        self.table = table
        self._kind = kind
        self._reader = reader
        self._length = reader.count(table)
        self._recent: Recent[str, Row] = Recent(KEPT)
        # Each key of a new entity asks whether the file has its id, and most entities have many keys.
        self._recent_places: Recent[str, int] = Recent(KEPT)

    def __len__(self) -> int:
        return self._length

    def __contains__(self, id_: object) -> bool:
        return self.place(str(id_)) != NO_ROW

    def get(self, id_: str, default: Any = None) -> Any:
        row = self._recent.get(id_)
        if row is None and self._recent_places.get(id_) != NO_ROW:
            texts = self._reader.rows(f'SELECT entity FROM "{self.table}" WHERE id = ?', (id_,))
            row = self._row(id_, texts[0][0]) if texts else None
            if row is None:
                self._note_place(id_, NO_ROW)
        return default if row is None else row

    def __getitem__(self, id_: str) -> Row:
        row = self.get(id_)
        if row is None:
            raise KeyError(id_)
        return row  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        return (id_ for _, id_ in self._slices("id"))

    def __reversed__(self) -> Iterator[str]:
        return (id_ for _, id_ in self._slices("id", reverse=True))

    def items(self) -> ItemsView[str, Row]:
        return _PagedItems(self)

    def values(self) -> ValuesView[Row]:
        return _PagedValues(self)

    def pairs(self) -> Iterator[tuple[str, Row]]:
        """Return every id with its row. The rows are not kept: a scan must not push out what requests use."""
        for _, id_, text in self._slices("id, entity"):
            yield id_, self._recent.get(id_) or self._parse(text)

    def places(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the number of the row of each id that is in the table."""
        places = ((id_, self.place(id_)) for id_ in ids)
        return {id_: place for id_, place in places if place != NO_ROW}

    def place(self, id_: str) -> int:
        """Return the number of a row; `NO_ROW` if the table does not have it."""
        place = self._recent_places.get(id_)
        if place is None:
            rows = self._reader.rows(f'SELECT place FROM "{self.table}" WHERE id = ?', (id_,))
            place = self._note_place(id_, rows[0][0] if rows else NO_ROW)
        return place

    def _note_place(self, id_: str, place: int) -> int:
        # Clients name ids that do not exist: long ones would fill the memory.
        return self._recent_places.add(id_, place) if len(id_) < LONG else place

    def ids(self, places: list[int]) -> list[str]:
        """Return the ids of rows by their numbers."""
        marks = ",".join("?" * len(places))
        query = f'SELECT place, id FROM "{self.table}" WHERE place IN ({marks})'
        ids = dict(self._reader.rows(query, tuple(places)))
        try:
            return [ids[place] for place in places]
        except KeyError as error:
            raise self._reader.damaged(f"row {error} of {self.table} is missing") from error

    def _slices(self, columns: str, *, reverse: bool = False) -> Iterator[tuple[Any, ...]]:
        """Read the table in slices, each a query of its own: whoever reads may stop between them."""
        after, order = (">", "ASC") if not reverse else ("<", "DESC")
        last = -1 if not reverse else 1 << 62
        query = (
            f'SELECT place, {columns} FROM "{self.table}" WHERE place {after} ? ORDER BY place {order} LIMIT {SLICE}'
        )
        while rows := self._reader.rows(query, (last,)):
            yield from rows
            last = rows[-1][0]

    def _row(self, id_: str, stored: bytes | str) -> Row:
        return self._recent.add(id_, self._parse(stored))

    def _parse(self, stored: bytes | str) -> Row:
        try:
            return Row(parse_row(self._kind, uncompressed(stored)))
        except (Invalid, ValueError) as error:
            raise self._reader.damaged(str(error)) from error


class _PagedItems(ItemsView[str, Row]):
    """The rows with their ids, read in slices."""

    _mapping: PagedRows

    def __iter__(self) -> Iterator[tuple[str, Row]]:
        return self._mapping.pairs()


class _PagedValues(ValuesView[Row]):
    """The rows, read in slices."""

    _mapping: PagedRows

    def __iter__(self) -> Iterator[Row]:
        return (row for _, row in self._mapping.pairs())
