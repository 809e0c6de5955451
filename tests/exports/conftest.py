import csv
import io
import json
from types import SimpleNamespace

import openpyxl
import pytest
from django.contrib.auth.models import User
from pyarrow import parquet

from petitions.exports.columns import RULES
from petitions.exports.make import make_exports
from petitions.exports.orders import Order, order
from petitions.exports.selection import Selection
from petitions.exports.shelf import read
from petitions.models.export import Format, Use

REASON = "For the meeting in Geneva"


@pytest.fixture
def olga(transactional_db, keys):
    return User.objects.create_superuser("olga")


@pytest.fixture
def want(olga):
    """Order an export of all signatures as CSV, unless a test says otherwise."""

    def wanted(*, use=Use.DELIVER, kind=Format.CSV, columns=None, by=olga, **whom):
        chosen = tuple(columns or RULES[use].columns)
        return order(Order(use, kind, chosen, Selection(**whom), REASON), by=by)

    return wanted


@pytest.fixture
def take(want):
    """Order, let it be made, and read the file."""

    def taken(**wanted):
        export = want(**wanted)
        assert make_exports() == 1
        export.refresh_from_db()
        return SimpleNamespace(export=export, data=content_of(export))

    return taken


@pytest.fixture
def rows(take):
    return lambda **wanted: rows_of_csv(take(**wanted).data)


def content_of(export):
    return b"".join(read(export, start=0, end=export.size))


def rows_of_csv(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def rows_of_jsonl(data):
    return [json.loads(line) for line in data.decode().splitlines()]


def rows_of_parquet(data):
    return parquet.read_table(io.BytesIO(data)).to_pylist()


def rows_of_xlsx(data):
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    found = []
    for sheet in book:
        header, *lines = sheet.iter_rows(values_only=True)
        found += [dict(zip(header, line, strict=True)) for line in lines]
    return found
