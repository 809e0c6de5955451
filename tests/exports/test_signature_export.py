"""The file that leaves the admin: all that was chosen, nothing that was not."""

import csv
import io
import tracemalloc

import pytest
from django.db import connection
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.exports.signatures import COLUMNS, ROWS_AT_ONCE, export_lines
from petitions.models import Signature, Visibility
from petitions.models.clock import this_hour
from petitions.models.sealed import signature_context
from petitions.vault import Purpose, Vault, vault
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db


def rows_of(signatures):
    text = b"".join(export_lines(signatures)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_has_what_the_signer_wants_delivered(keys):
    signature = make_signature(
        make_petition(), name="Ann Lee", postcode="LT-01103", comment="Please.", country="LT"
    )

    (row,) = rows_of(Signature.objects.all())

    assert row == {
        "reference": str(signature.pk),
        "petition": "ask-1",
        "confirmed": f"{signature.confirmed_hour:%Y-%m-%dT%H:00Z}",
        "country": "LT",
        "visibility": "officials",
        "name": "Ann Lee",
        "postcode": "LT-01103",
        "comment": "Please.",
        "batch": "",
    }


def test_the_file_begins_with_the_mark_by_which_excel_knows_utf_8_and_a_header(keys):
    first = next(export_lines(Signature.objects.none()))

    assert first.startswith(b"\xef\xbb\xbf")
    assert next(csv.reader([first.decode("utf-8-sig")])) == list(COLUMNS)


def test_a_file_of_nobody_has_only_a_header(keys):
    make_signature(make_petition())

    assert rows_of(Signature.objects.none()) == []
    assert rows_of(Signature.objects.filter(pk__in=[])) == []
    assert rows_of(Signature.objects.filter(country="DE")) == []


def test_a_row_names_its_batch(keys):
    petition = make_petition()
    make_signature(petition)
    close_batch(petition, now=timezone.now())

    (row,) = rows_of(Signature.objects.all())

    assert row["batch"] == "1"


def test_who_wants_to_be_counted_only_has_no_details(keys):
    make_signature(make_petition(), visibility=Visibility.WITHHELD, name="Ann Lee")

    (row,) = rows_of(Signature.objects.all())

    assert (row["visibility"], row["name"], row["comment"]) == ("withheld", "", "")


@pytest.mark.parametrize(
    "comment",
    [
        'She said "no",\nand left;\r\nthen came back.',
        "O'Neill",
        "Прошу освободить их всех.",
        "a,b;c\td",
    ],
)
def test_any_text_comes_back_from_the_file_as_it_was_typed(keys, comment):
    make_signature(make_petition(), name="Анна О'Нил", comment=comment)

    (row,) = rows_of(Signature.objects.all())

    assert (row["name"], row["comment"]) == ("Анна О'Нил", comment)


def test_what_a_spreadsheet_would_run_is_text(keys):
    make_signature(make_petition(), name="=1+1", postcode="@A1", comment="-2\n+3")

    (row,) = rows_of(Signature.objects.all())

    assert (row["name"], row["postcode"], row["comment"]) == ("'=1+1", "'@A1", "'-2\n'+3")


def sealed_anew(signature, data: bytes):
    """What somebody who can write to the database, and has the public key, can put there."""
    context = signature_context(signature.petition_id, signature.pk)
    signature.sig_box = vault().seal(Purpose.SIGNATURE, data, context=context)
    signature.save(update_fields=["sig_box"])


@pytest.mark.parametrize(
    "data",
    [
        b"no json",
        b"[]",
        b"null",
        b'{"name": 5}',
        b'{"name": null}',
        b'{"name": "Ann", "shoe_size": "40"}',
        b'{"name": "\\ud800"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_box_with_something_else_in_it_does_not_stop_the_others(keys, data):
    petition = make_petition()
    sealed_anew(make_signature(petition), data)
    make_signature(petition, name="Ann Lee")

    names = {row["name"] for row in rows_of(Signature.objects.all())}

    assert names == {"(could not be opened)", "Ann Lee"}


def test_a_damaged_box_does_not_stop_the_others(keys):
    petition = make_petition()
    damaged = make_signature(petition)
    Signature.objects.filter(pk=damaged.pk).update(sig_box=bytes(damaged.sig_box)[:-1] + b"x")
    make_signature(petition, name="Ann Lee")

    names = {row["name"] for row in rows_of(Signature.objects.all())}

    assert names == {"(could not be opened)", "Ann Lee"}


def test_a_box_whose_key_was_destroyed_does_not_stop_the_others(keys: Vault):
    petition = make_petition()
    make_signature(petition)
    keys.generate_key(Purpose.SIGNATURE, "2026-12a")
    keys.activate({Purpose.SIGNATURE: "2026-12a"})
    make_signature(petition, name="Ann Lee")
    keys.destroy(Purpose.SIGNATURE, "2026-11a")

    names = {row["name"] for row in rows_of(Signature.objects.all())}

    assert names == {"(could not be opened)", "Ann Lee"}


def test_a_quarantined_row_says_that_it_was_not_opened(keys):
    signature = make_signature(make_petition(), name="Ann Lee")
    Signature.objects.filter(pk=signature.pk).update(quarantined=True)

    (row,) = rows_of(Signature.objects.all())

    assert row["name"] == "(could not be opened)"


def test_the_file_keeps_to_the_query_it_was_given_and_its_order(keys):
    petition = make_petition()
    make_signature(petition, name="Bo", country="DE")
    make_signature(petition, name="Cy", country="PL")
    make_signature(petition, name="Al", country="AT")

    rows = rows_of(Signature.objects.exclude(country="DE").order_by("country"))

    assert [row["name"] for row in rows] == ["Al", "Cy"]


def test_rows_come_through_a_cursor_on_the_server(keys):
    fill(make_petition(), rows=2 * ROWS_AT_ONCE)
    lines = export_lines(Signature.objects.all())
    next(lines), next(lines)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE statement LIKE '%petitions_sig%'")
        (open_cursors,) = cursor.fetchone()
    lines.close()

    assert open_cursors == 1


def test_memory_does_not_grow_with_the_rows(keys):
    petition = make_petition()
    fill(petition, rows=2 * ROWS_AT_ONCE)
    peak_of_few = peak_of_an_export()

    fill(petition, rows=8 * ROWS_AT_ONCE)

    assert peak_of_an_export() < 1.5 * peak_of_few


def fill(petition, *, rows):
    """Rows with what is no box at all, but as long as one."""
    Signature.objects.bulk_create(
        Signature(
            petition=petition,
            sig_box=bytes(1700),
            country="LT",
            visibility=Visibility.OFFICIALS,
            language="en",
            consent_version="1",
            confirmed_hour=this_hour(),
        )
        for _ in range(rows)
    )


def peak_of_an_export():
    tracemalloc.start()
    for _ in export_lines(Signature.objects.all()):
        pass
    _size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
