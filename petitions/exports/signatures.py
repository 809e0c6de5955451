"""Signatures as CSV, opened row by row on the way out and kept nowhere.

There is no email address in it, and can't be: addresses are sealed to the mailer, whose key the
organizers do not hold. Nor does it tell who asked for news, which no signature is linked to.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeAlias

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from psycopg import ServerCursor

from petitions.exports.details import open_or_none
from petitions.models import Signature
from petitions.spreadsheets import csv_line

COLUMNS: Final = (
    "reference",
    "petition",
    "confirmed",
    "country",
    "visibility",
    "name",
    "postcode",
    "comment",
    "batch",
)
# Excel takes a CSV file for UTF-8 only if it begins so.
BYTE_ORDER_MARK: Final = "\ufeff"
ROWS_AT_ONCE: Final = 500

_FIELDS: Final = (
    "id",
    "petition_id",
    "petition__slug",
    "confirmed_hour",
    "country",
    "visibility",
    "quarantined",
    "sig_box",
    "batch__number",
)
_Row: TypeAlias = tuple[
    uuid.UUID, int, str, datetime, str, str, bool, bytes | None, int | None
]  # fmt: skip


def export_lines(signatures: QuerySet[Signature]) -> Iterator[bytes]:
    """A CSV file of these signatures, some hundred rows at a time, in their order.

    Who chose to be counted only has empty cells; where a box does not open, the name says so.
    However many there are, no more than `ROWS_AT_ONCE` are held in memory.
    """
    yield (BYTE_ORDER_MARK + csv_line(COLUMNS)).encode()
    # Django does not even ask for what can't be anybody.
    with suppress(EmptyResultSet), _rows(signatures) as rows:
        while some := rows.fetchmany(ROWS_AT_ONCE):
            yield "".join(map(_line, some)).encode()


@contextmanager
def _rows(signatures: QuerySet[Signature]) -> Iterator[ServerCursor[_Row]]:
    """A cursor on the server that has binary rows.

    It is psycopg's own: Django's asks for text, in which a box is twice as long and has to be
    decoded, and that would cost a tenth of the rows a second.
    """
    query = signatures.filter(restricted=False).values_list(*_FIELDS).query
    connection.ensure_connection()
    # Outside a transaction PostgreSQL would copy the whole result before it gives the first row.
    with transaction.atomic(), connection.connection.cursor("export", binary=True) as rows:
        rows.execute(*query.sql_with_params())
        yield rows


def _line(row: _Row) -> str:
    reference, petition_id, slug, hour, country, visibility, quarantined, box, batch = row
    name = postcode = comment = ""
    if box is not None:
        details = None
        if not quarantined:
            details = open_or_none(box, petition_id=petition_id, signature_id=reference)
        if details is None:
            name = _("(could not be opened)")
        else:
            name, postcode, comment = details.name, details.postcode, details.comment
    number = "" if batch is None else str(batch)
    return csv_line(
        (str(reference), slug, _iso(hour), country, visibility, name, postcode, comment, number)
    )


@lru_cache(maxsize=1000)
def _iso(hour: datetime) -> str:
    """The hour as ISO 8601 has it; many rows share one."""
    return f"{hour.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
