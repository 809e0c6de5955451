"""The way of the rows: out of PostgreSQL, through the processes that open them, into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from psycopg import ServerCursor

from petitions.exports import age
from petitions.exports.columns import DETAILS
from petitions.exports.formats import EXPORTED_BY, FORMATS, About, columns_of
from petitions.exports.opener import Layout, Packed, Slice
from petitions.exports.openers import openers
from petitions.exports.selection import Selection
from petitions.models import Export, Signature
from petitions.models.export import Use
from petitions.models.replica import newest_reader
from petitions.models.sealed import signature_context

# As many as a socket takes in one go: with more, who feeds the others waits for them to read.
ROWS_AT_ONCE: Final = 100
# Seconds. An export waits rather than burden the database where people sign.
PATIENCE_WITH_REPLICA: Final = 30.0
UNOPENED: Final = "(could not be opened)"

_Row: TypeAlias = tuple[Any, ...]
_Rows: TypeAlias = Iterator[list[_Row]]
Watch: TypeAlias = Callable[[Iterable[Slice]], Iterable[Slice]]

# PostgreSQL writes what else would be made an object of Python's and a text again, a million times.
_REFERENCE: Final = Cast("id", TextField())
_HOUR: Final = Func(
    F("confirmed_hour"),
    template="""to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')""",
    output_field=TextField(),
)
_CELLS: Final[dict[str, Combinable]] = {
    "reference": _REFERENCE,
    "petition": F("petition__slug"),
    "confirmed": _HOUR,
    "country": F("country"),
    "visibility": F("visibility"),
    "language": F("language"),
    "partner": Coalesce("partner__code", Value("")),
    "asked_for_news": F("asked_for_news"),
    "batch": F("batch__number"),
    "source": F("source"),
}
# Behind a row's cells, where details are wanted: what it takes to open its box.
_TO_OPEN: Final = (_REFERENCE, F("petition_id"), F("quarantined"), F("sig_box"))


def write_file(export: Export, out: age.Writer, *, watch: Watch) -> None:
    """Write the export's file to `out` as it comes; `watch` sees the rows go by.

    Raises:
        OpenerDied, KeysUnavailable: what was written is not the whole file.
    """
    columns = columns_of(export.columns, export.format)
    places = tuple((place, name) for place, name in enumerate(columns) if name in DETAILS)
    layout = Layout(export.format, columns, places, UNOPENED)
    about = About(export.number, export.by_id, columns)
    cells = [_cell(name, by=export.by_id) for name in columns]
    chosen = Selection.of_json(export.selection).signatures(Use(export.use))
    with (
        _rows(chosen.values_list(*cells, *(_TO_OPEN if places else ()))) as rows,
        openers(layout, vault_dir=settings.VAULT_DIR) as processes,
    ):
        pack = _packer(columns, opens=bool(places))
        jobs = ([pack(row) for row in some] for some in rows)
        plain = FORMATS[export.format](watch(processes.write(jobs)), about)
        if export.age_recipient:
            age.encrypt(plain, out, recipients=[export.age_recipient])
            return
        for piece in plain:
            out.write(piece)


def _cell(name: str, *, by: int) -> Combinable:
    """What is asked for one column; details are put in once their box is open."""
    if name == EXPORTED_BY:
        return Value(by)
    return Value("") if name in DETAILS else _CELLS[name]


def _packer(columns: Sequence[str], *, opens: bool) -> Callable[[_Row], Packed]:
    """What makes of a row what the processes take."""
    if not opens:
        return lambda row: (None, list(row))
    width = len(columns)
    # Without a box a name can only say why it is not there.
    name_place = columns.index("name") if "name" in columns else None

    def pack(row: _Row) -> Packed:
        cells = list(row[:width])
        reference, petition_id, quarantined, box = row[width:]
        if box is None:
            return None, cells
        if quarantined:
            if name_place is not None:
                cells[name_place] = UNOPENED
            return None, cells
        return (box, signature_context(petition_id, reference)), cells

    return pack


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
    reader = connections[newest_reader(seconds=PATIENCE_WITH_REPLICA)].copy()
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
