"""The file that an organizer takes: all that was chosen, nothing that was not, in each format."""

import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyrage
import pytest
from django.db import connection
from django.utils import timezone
from pyarrow import parquet

from petitions.delivery.batches import close_batch
from petitions.exports import xlsx
from petitions.exports.columns import RULES
from petitions.exports.make import make_exports
from petitions.exports.opener import sheet_row
from petitions.exports.shelf import CHUNK_BYTES, read
from petitions.exports.write import ROWS_AT_ONCE
from petitions.models import AgeKey, Export, ExportChunk, Partner, Signature, Visibility
from petitions.models.clock import this_hour
from petitions.models.export import Format, Use
from petitions.models.sealed import signature_context
from petitions.vault import Purpose, vault
from tests.exports.conftest import (
    content_of,
    rows_of_csv,
    rows_of_jsonl,
    rows_of_parquet,
    rows_of_xlsx,
)
from tests.makers import make_petition, make_signature

READ = {
    Format.CSV: rows_of_csv,
    Format.JSONL: rows_of_jsonl,
    Format.XLSX: rows_of_xlsx,
    Format.PARQUET: rows_of_parquet,
}
EVERY_FORMAT = pytest.mark.parametrize("kind", Format)


@EVERY_FORMAT
def test_a_row_has_what_the_signer_wants_delivered(take, olga, kind):
    petition = make_petition()
    signature = make_signature(
        petition, name="Анна О'Нил", postcode="LT-01103", comment='a,"b";\n<c>&', country="LT"
    )
    close_batch(petition, now=timezone.now())

    (row,) = READ[kind](take(kind=kind).data)

    hour = signature.confirmed_hour
    assert str(row.pop("exported_by", olga.pk)) == str(olga.pk)
    assert row == {
        "reference": str(signature.pk),
        "petition": "ask-1",
        "confirmed": hour if kind == Format.PARQUET else f"{hour:%Y-%m-%dT%H:00Z}",
        "country": "LT",
        "visibility": "officials",
        "language": "en",
        "name": "Анна О'Нил",
        "postcode": "LT-01103",
        "comment": 'a,"b";\n<c>&',
        "batch": "1" if kind == Format.CSV else 1,
        "source": "site",
    }


@EVERY_FORMAT
def test_a_file_of_more_than_one_slice_has_each_row_once_and_only_the_columns_chosen(take, kind):
    petition = make_petition()
    fill(petition, rows=2 * ROWS_AT_ONCE + 7)

    taken = take(use=Use.FIGURES, kind=kind, columns=["country", "asked_for_news"])

    rows = READ[kind](taken.data)
    assert len(rows) == taken.export.rows_done == 2 * ROWS_AT_ONCE + 7
    assert {row["country"] for row in rows} == {"LT"}
    assert set(rows[0]) - {"exported_by"} == {"country", "asked_for_news"}


@EVERY_FORMAT
def test_each_file_carries_who_exported_it(take, olga, kind):
    make_signature(make_petition())

    taken = take(kind=kind)

    who = str(olga.pk)
    assert f"-by-{who}." in taken.export.file_name
    if kind == Format.PARQUET:
        about = parquet.read_metadata(io.BytesIO(taken.data))
        assert about.metadata[b"exported_by"] == who.encode()
    elif kind == Format.XLSX:
        book = openpyxl.load_workbook(io.BytesIO(taken.data))
        assert book.custom_doc_props["exported_by"].value == who
    else:
        assert str(READ[kind](taken.data)[0]["exported_by"]) == who


@EVERY_FORMAT
def test_where_an_organizer_has_a_key_only_it_opens_the_file(take, olga, kind):
    identity = pyrage.x25519.Identity.generate()
    AgeKey.objects.create(user=olga, recipient=str(identity.to_public()))
    make_signature(make_petition(), name="Ann Canary")

    taken = take(kind=kind)

    assert taken.export.file_name.endswith(f".{kind}.age")
    assert taken.data.startswith(b"age-encryption.org/v1\n")
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(taken.data, [pyrage.x25519.Identity.generate()])
    (row,) = READ[kind](pyrage.decrypt(taken.data, [identity]))
    assert row["name"] == "Ann Canary"


# --- Who is in it


@pytest.fixture
def three(keys):
    petition = make_petition()
    return [
        make_signature(petition, name="Pia", visibility=Visibility.PUBLIC, country="DE"),
        make_signature(petition, name="Olaf", comment="Please.", country="LT"),
        make_signature(petition, visibility=Visibility.WITHHELD, country="LT"),
    ]


def names(rows):
    return sorted(row["name"] for row in rows)


def test_a_file_for_offices_has_who_may_be_named_to_them(rows, three):
    assert names(rows(use=Use.DELIVER)) == ["Olaf", "Pia"]


def test_a_file_to_be_published_has_who_chose_to_be_public(rows, three):
    (row,) = rows(use=Use.PUBLISH)

    assert row["name"] == "Pia"
    assert set(row) == {"petition", "country", "name", "exported_by"}


def test_figures_have_everybody_and_nobodys_details(rows, three):
    found = rows(use=Use.FIGURES)

    assert sorted(row["visibility"] for row in found) == ["officials", "public", "withheld"]
    assert not set(found[0]) & {"name", "postcode", "comment", "reference"}


@pytest.mark.parametrize("use", [Use.PUBLISH, Use.FIGURES])
def test_a_column_that_the_use_forbids_is_not_in_the_file_however_it_was_asked_for(
    rows, three, use
):
    found = rows(use=use, columns=["country", "postcode", "reference"])

    assert set(found[0]) == {"country", "exported_by"}


def test_a_withheld_signer_can_not_be_asked_for_by_name(rows, three):
    assert rows(visibilities=("withheld",)) == []
    assert rows(ticked=(str(three[2].pk),)) == []


def test_each_filter_narrows_the_file(rows, three):
    pia, olaf, _ = three
    partner = Partner.objects.create(code="friends", name="Friends")
    Signature.objects.filter(pk=pia.pk).update(
        partner=partner, asked_for_news=True, confirmed_hour=datetime(2026, 3, 1, 23, tzinfo=UTC)
    )
    other = make_signature(make_petition(2), name="Zoe", country="PL")

    assert names(rows(petitions=(other.petition_id,))) == ["Zoe"]
    assert names(rows(countries=("DE", "PL"))) == ["Pia", "Zoe"]
    assert names(rows(visibilities=("public",))) == ["Pia"]
    assert names(rows(partners=(partner.pk,))) == ["Pia"]
    assert names(rows(news="yes")) == ["Pia"]
    assert names(rows(news="no")) == ["Olaf", "Zoe"]
    assert names(rows(until="2026-03-01")) == ["Pia"]
    assert names(rows(since="2026-03-02")) == ["Olaf", "Zoe"]
    assert names(rows(ticked=(str(olaf.pk),))) == ["Olaf"]
    assert names(rows(reference=pia.pk.hex[:8])) == ["Pia"]
    assert names(rows(name="waiting")) == ["Pia"]
    assert names(rows(batch="none")) == ["Olaf", "Pia", "Zoe"]
    assert rows(batch="any") == rows(flag="quarantined") == rows(name="shown") == []


# --- What a spreadsheet would run, and what does not open


@pytest.mark.parametrize("kind", [Format.CSV, Format.XLSX])
def test_what_a_spreadsheet_would_run_is_text(take, kind):
    make_signature(make_petition(), name="=1+1", postcode="@A1", comment="-2\n+3")

    (row,) = READ[kind](take(kind=kind).data)

    assert (row["name"], row["postcode"], row["comment"]) == ("'=1+1", "'@A1", "'-2\n'+3")


def test_a_workbook_takes_what_xml_does_not(take):
    make_signature(make_petition(), name="a\x00\x1fb\ufffe", comment="_x0041_ " + "x" * 40_000)

    (row,) = rows_of_xlsx(take(kind=Format.XLSX).data)

    assert row["name"] == "ab"
    assert row["comment"].endswith("x")
    assert len(row["comment"]) <= 32_767


def test_rows_that_do_not_fit_into_a_sheet_begin_another(monkeypatch):
    monkeypatch.setattr(xlsx, "ROWS_A_SHEET", 4)
    block = (sheet_row(["Ann"]) * 2).encode(), 2

    data = b"".join(xlsx.workbook([block] * 3, columns=["name"], properties={}))

    sheets = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    assert [sheet.max_row for sheet in sheets] == [3, 3, 3]
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


def test_a_file_of_nobody_has_only_a_header(take):
    make_petition()

    for kind, rows_in in READ.items():
        assert rows_in(take(kind=kind).data) == []


def sealed_anew(signature, data: bytes):
    """What somebody who can write to the database, and has the public key, can put there."""
    context = signature_context(signature.petition_id, signature.pk)
    signature.sig_box = vault().seal(Purpose.SIGNATURE, data, context=context)
    signature.save(update_fields=["sig_box"])


@pytest.mark.parametrize(
    "data",
    [b"no json", b"null", b'{"name": 5}', b'{"name": "\\ud800"}', b"\xff", b"[" * 100_000],
)
def test_a_box_with_something_else_in_it_does_not_stop_the_others(rows, data):
    petition = make_petition()
    sealed_anew(make_signature(petition), data)
    make_signature(petition, name="Ann Lee")

    assert names(rows()) == ["(could not be opened)", "Ann Lee"]


def test_a_quarantined_row_says_that_it_was_not_opened(rows):
    signature = make_signature(make_petition(), name="Ann Lee")
    Signature.objects.filter(pk=signature.pk).update(quarantined=True)

    assert names(rows()) == ["(could not be opened)"]


def test_when_many_boxes_do_not_open_the_export_fails_and_says_so(want, caplog):
    petition = make_petition()
    for _ in range(3):
        make_signature(petition)
    Signature.objects.update(sig_box=b"\x01" + b"2020-01a" + b"x" * 1700)
    export = want()

    assert make_exports() == 0

    export.refresh_from_db()
    assert (export.state, export.fault) == (Export.State.FAILED, Export.Fault.DAMAGED)
    assert not ExportChunk.objects.exists()
    assert "failed" in caplog.text


def test_without_the_key_the_export_fails_and_says_so(want, keys):
    make_signature(make_petition())
    export = want()
    for seed in (keys.directory / "signature").iterdir():
        seed.unlink()

    assert make_exports() == 0

    export.refresh_from_db()
    assert (export.state, export.fault) == (Export.State.FAILED, Export.Fault.KEYS)


# --- Where it lies meanwhile


@pytest.mark.parametrize("kind", Format)
def test_no_name_lies_in_the_database_a_folder_or_a_log(take, monkeypatch, tmp_path, caplog, kind):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    make_signature(make_petition(), name="Unforgettable Canary", comment="Memorable")

    taken = take(kind=kind)

    assert READ[kind](taken.data)[0]["name"] == "Unforgettable Canary"
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, '') FROM petitions_exportchunk")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(e::text, '') FROM petitions_export AS e")
        stored += cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(a::text, '') FROM petitions_auditentry AS a")
        stored += cursor.fetchone()[0]
    folders = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    for word in ("Unforgettable", "Memorable"):
        assert word not in stored
        assert word.encode().hex() not in stored
        assert word.encode() not in folders
        assert word not in caplog.text


def test_who_opens_boxes_loads_no_django_and_gets_no_secret():
    """It is small, and can do nothing but open what it is given."""
    code = (
        "import sys, json, petitions.exports.opener;"
        " print(json.dumps([name for name in sys.modules if name.split('.')[0] in"
        " {'django', 'psycopg', 'celery'}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout) == []


def test_a_use_allows_only_columns_that_exist():
    for rule in RULES.values():
        assert len(set(rule.columns)) == len(rule.columns) >= 3


def fill(petition, *, rows):
    """Rows without details."""
    Signature.objects.bulk_create(
        Signature(
            petition=petition,
            country="LT",
            visibility=Visibility.OFFICIALS,
            language="en",
            consent_version="1",
            confirmed_hour=this_hour(),
        )
        for _ in range(rows)
    )


def test_what_is_read_back_is_what_was_made_in_whatever_parts(take):
    fill(make_petition(), rows=10_000)
    export = take(use=Use.FIGURES, kind=Format.JSONL).export

    whole = content_of(export)

    assert export.chunks.count() == 3
    for start, end in [(0, 1), (CHUNK_BYTES - 1, CHUNK_BYTES + 1), (5, export.size)]:
        assert b"".join(read(export, start=start, end=end)) == whole[start:end]
