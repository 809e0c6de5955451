"""Finding a signer by address: any spelling finds, and nothing of it is kept anywhere."""

import pytest
from django.db import connection

from petitions.models import AuditEntry, Signature
from tests.makers import make_petition, make_signature

URL = "/admin/petitions/signature/find/"


def find(client, address):
    page = client.post(URL, {"address": address})
    assert page.status_code == 200
    return page


@pytest.mark.parametrize(
    "spelling",
    [
        "Ann.Lee+x@Mail.Example",
        "ann.lee@mail.example",
        "ANN.LEE+newsletter@MAIL.EXAMPLE",
        "  ann.lee@mail.example ",
    ],
)
def test_a_person_is_found_however_the_address_is_spelled(organizer, spelling):
    one, two, three = make_petition(1), make_petition(2), make_petition(3)
    signatures = [
        make_signature(one, address="Ann.Lee+x@mail.example"),
        make_signature(three, address="ann.lee@Mail.Example"),
    ]
    make_signature(two, address="bob@mail.example")

    page = find(organizer, spelling)

    assert page.context["found"] == signatures
    assert str(signatures[0].pk) in page.text


def test_dots_do_not_count_where_the_provider_says_so(organizer):
    signature = make_signature(make_petition(), address="ann.lee@gmail.com")

    assert find(organizer, "annlee@googlemail.com").context["found"] == [signature]


def test_a_stranger_is_not_found(organizer):
    make_signature(make_petition(), address="ann@mail.example")

    page = find(organizer, "bob@mail.example")

    assert page.context["found"] == []
    assert "Nobody with this address has signed." in page.text


def test_what_is_no_address_is_not_looked_up(organizer):
    page = find(organizer, "ann at mail")

    assert page.context["found"] is None
    assert "This can&#x27;t be an address." in page.text
    assert AuditEntry.objects.count() == 0


def test_the_audit_trail_knows_that_somebody_searched_and_not_for_whom(organizer):
    make_signature(make_petition(1), address="ann@mail.example")
    make_signature(make_petition(2), address="ann@mail.example")

    find(organizer, "ann@mail.example")

    for entry in AuditEntry.objects.all():
        assert (entry.user.username, entry.count) == ("olga", 2)
        assert (entry.selection, entry.reason) == ("", "")
    assert {entry.action for entry in AuditEntry.objects.all()} == {"search", "read"}


def test_the_address_is_stored_nowhere(organizer):
    make_signature(make_petition(), address="ann.canary@mail.example")

    page = find(organizer, "Ann.Canary@mail.example")

    assert page.context["found"]
    assert "no-store" in page["Cache-Control"]
    assert rows_with("canary") == 0


def rows_with(word):
    """In how many rows of the whole database a word stands, also as part of bytes."""
    count = 0
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f"SELECT count(*) FROM {connection.ops.quote_name(table)} AS t"  # noqa: S608 - the database's own names
                " WHERE t::text ILIKE %s OR t::text ILIKE %s",
                [f"%{word}%", f"%{word.encode().hex()}%"],
            )
            count += cursor.fetchone()[0]
    return count


def test_the_search_through_the_database_would_find_a_word(organizer):
    make_petition()

    assert rows_with("Title of ask") == 1


def test_after_the_index_was_dropped_nobody_is_found(organizer):
    make_signature(make_petition(), address="ann@mail.example")
    Signature.objects.update(index=None)

    assert find(organizer, "ann@mail.example").context["found"] == []


def test_who_may_not_read_details_may_not_search(helper):
    browser = helper("export_signature")

    assert browser.get(URL).status_code == 403
    assert browser.post(URL, {"address": "ann@mail.example"}).status_code == 403
    assert URL not in browser.get("/admin/petitions/signature/").text


def test_who_may_read_details_may_search(helper):
    browser = helper("read_details")

    assert browser.get(URL).status_code == 200
    assert URL in browser.get("/admin/petitions/signature/").text
