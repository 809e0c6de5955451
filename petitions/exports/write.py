"""The way of the rows: out of PostgreSQL, through the processes that open them, into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg import ServerCursor

from petitions.exports import age
from petitions.exports.columns import DETAILS
from petitions.exports.formats import EXPORTED_BY, FORMATS, About, columns_of
from petitions.exports.opener import Cell, Layout, Slice
from petitions.exports.openers import openers
from petitions.exports.selection import Selection
from petitions.models import Export, Signature
from petitions.models.export import Use
from petitions.models.sealed import signature_context

ROWS_AT_ONCE: Final = 500
UNOPENED: Final = "(could not be opened)"

_Row: TypeAlias = tuple[Any, ...]
_Rows: TypeAlias = Iterator[list[_Row]]
Watch: TypeAlias = Callable[[Iterable[Slice]], Iterable[Slice]]

_FIELDS: Final = {
    "reference": "id",
    "petition": "petition__slug",
    "confirmed": "confirmed_hour",
    "country": "country",
    "visibility": "visibility",
    "language": "language",
    "partner": "partner__code",
    "asked_for_news": "asked_for_news",
    "batch": "batch__number",
    "source": "source",
}
# Three more, where details are wanted: what it takes to open a box.
_TO_OPEN: Final = ("id", "petition_id", "quarantined", "sig_box")


def write_file(export: Export, out: age.Writer, *, watch: Watch) -> None:
    """Write the export's file to `out` as it comes; `watch` sees the rows go by.

    Raises:
        OpenerDied, KeysUnavailable: what was written is not the whole file.
    """
    columns = columns_of(export.columns, export.format)
    places = tuple((place, name) for place, name in enumerate(columns) if name in DETAILS)
    layout = Layout(export.format, columns, places, UNOPENED)
    about = About(export.number, export.by_id, columns)
    fields = _fields(columns, opens=bool(places))
    chosen = Selection.of_json(export.selection).signatures(Use(export.use))
    with (
        _rows(chosen.values_list(*fields)) as rows,
        openers(layout, vault_dir=settings.VAULT_DIR) as processes,
    ):
        pack = _packer(columns, fields, by=export.by_id)
        jobs = ([pack(row) for row in some] for some in rows)
        plain = FORMATS[export.format](watch(processes.write(jobs)), about)
        if export.age_recipient:
            age.encrypt(plain, out, recipient=export.age_recipient)
            return
        for piece in plain:
            out.write(piece)


def _fields(columns: Sequence[str], *, opens: bool) -> list[str]:
    fields = [_FIELDS[name] for name in columns if name in _FIELDS]
    return fields + [each for each in _TO_OPEN if opens and each not in fields]


def _packer(
    columns: Sequence[str], fields: Sequence[str], *, by: int
) -> Callable[[_Row], tuple[tuple[bytes, str] | None, list[Cell]]]:
    """What makes of a row what the processes take."""
    at = {field: place for place, field in enumerate(fields)}
    takers = [_taker(name, at, by=by) for name in columns]
    if "sig_box" not in at:
        return lambda row: (None, [take(row) for take in takers])
    reference, petition, quarantined, box = (at[each] for each in _TO_OPEN)
    # Without a box a name can only say why it is not there.
    name_place = columns.index("name") if "name" in columns else None

    def pack(row: _Row) -> tuple[tuple[bytes, str] | None, list[Cell]]:
        cells = [take(row) for take in takers]
        if row[quarantined] and row[box] is not None:
            if name_place is not None:
                cells[name_place] = UNOPENED
            return None, cells
        if row[box] is None:
            return None, cells
        return (row[box], signature_context(row[petition], row[reference])), cells

    return pack


def _taker(name: str, at: Mapping[str, int], *, by: int) -> Callable[[_Row], Cell]:
    """What reads a row's cell of one column."""
    if name == EXPORTED_BY:
        return lambda _row: by
    if name in DETAILS:
        return lambda _row: ""
    place = at[_FIELDS[name]]
    if name == "reference":
        return lambda row: str(row[place])
    if name == "confirmed":
        return lambda row: _iso(row[place])
    if name == "partner":
        return lambda row: row[place] or ""
    return itemgetter(place)


@lru_cache(maxsize=1000)
def _iso(hour: datetime) -> str:
    """The hour as ISO 8601 has it; many rows share one."""
    return f"{hour.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


@contextmanager
def _rows(query: QuerySet[Signature, _Row]) -> Iterator[_Rows]:
    """Some rows at a time, as they were when the first was read.

    On a connection of its own, since what is stored meanwhile has to be seen at once. The cursor is
    psycopg's, on the server and binary: Django's asks for text, in which a box is twice as long.
    """
    try:
        statement, parameters = query.query.sql_with_params()
    except EmptyResultSet:
        # Django does not even ask for what can't be anybody.
        yield iter(())
        return
    reader = connection.copy()
    try:
        reader.ensure_connection()
        raw = reader.connection
        with raw.transaction(), raw.cursor("export", binary=True) as cursor:
            cursor.execute(statement, parameters)
            yield _some(cursor)
    finally:
        reader.close()


def _some(cursor: ServerCursor[_Row]) -> _Rows:
    while some := cursor.fetchmany(ROWS_AT_ONCE):
        yield some
