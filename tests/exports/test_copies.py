"""A signer gets a copy of what is stored, which nobody else can read on its way."""

import json
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.exports.copies import make_copies
from petitions.models import Answer, DataCopy, Delivery, Signature, Visibility
from petitions.models.sealed import TooManyDamagedBoxes
from petitions.signatures.confirm import confirm
from petitions.signatures.copies import ask_for_copy, open_copy
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.receipt import receipt
from petitions.signatures.withdraw import withdraw
from tests.makers import make_office, make_petition, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def sign(ask):
    def sign_now(*petitions, **changes):
        mailing = ask(make_wish(*petitions, **changes), now=NOW)
        confirm(mailing.confirm_token, petition_ids=[each.pk for each in petitions], now=NOW)
        return mailing.withdraw_token

    return sign_now


def everything_stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(copy::text, '') FROM petitions_datacopy AS copy")
        return cursor.fetchone()[0] or ""


def test_a_copy_has_all_that_is_stored_about_each_signature(sign):
    one, two = make_petition(1), make_petition(2)
    make_office(one, name="Foreign Minister", country="LT")
    token = sign(one, two, name="Zoë O'Neill", postcode="01100", comment="Дякую.", news=True)
    close_batch(one, now=NOW)
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=NOW)
    Answer.objects.create(
        delivery=Delivery.objects.get(), answered_on=NOW, body="We act.", public=True
    )
    ask_for_copy(token, now=NOW)
    assert open_copy(token) is None

    assert make_copies() == 2

    copy = open_copy(token)
    first, second = copy["signatures"]
    signature = Signature.objects.get(petition=one)
    assert first["reference"] == str(signature.pk)
    assert (first["name"], first["postcode"], first["comment"]) == (
        "Zoë O'Neill",
        "01100",
        "Дякую.",
    )
    assert (first["petition"], first["country"], first["visibility"]) == (
        "ask-1",
        "LT",
        "officials",
    )
    assert (first["language"], first["consent_version"]) == ("en", signature.consent_version)
    assert first["source"] == "site"
    assert first["confirmed_hour"] == signature.confirmed_hour.isoformat()
    assert first["mark_of_address"] == bytes(signature.index).hex()
    (office,) = first["offices"]
    assert (first["letter"], office["office"]) == (1, "Foreign Minister, Ministry")
    assert (office["state"], office["answers"][0]["text"]) == ("sent", "We act.")
    assert (second["petition"], second["letter"], second["offices"]) == ("ask-2", None, [])
    assert len(copy["news"]) == 1
    assert json.dumps(copy)


def test_nothing_of_a_copy_can_be_read_where_it_waits(sign):
    token = sign(make_petition(), name="Unforgettable Name", comment="Memorable")
    ask_for_copy(token, now=NOW)
    make_copies()

    assert open_copy(token)["signatures"][0]["name"] == "Unforgettable Name"
    stored = everything_stored()
    for needle in ("Unforgettable", "Memorable", token):
        assert needle not in stored
        assert needle.encode().hex() not in stored


def test_another_link_opens_nothing_and_one_that_leads_there_too_must_ask_itself(sign):
    petition = make_petition()
    first, second = sign(petition), sign(petition)
    ask_for_copy(first, now=NOW)
    make_copies()

    assert open_copy("x" * 43) is None
    assert "damaged, or made for another link" in open_copy(second)["signatures"][0]["problem"]

    ask_for_copy(second, now=NOW)
    make_copies()
    assert open_copy(second)["signatures"][0]["name"] == "Ann Lee"
    assert "problem" in open_copy(first)["signatures"][0]


@pytest.mark.parametrize("box", [b"x", b"\x01" * 2000])
def test_a_damaged_copy_is_said_in_words_and_made_anew(sign, box):
    token = sign(make_petition())
    ask_for_copy(token, now=NOW)
    make_copies()
    DataCopy.objects.update(box=box)

    assert "damaged" in open_copy(token)["signatures"][0]["problem"]

    ask_for_copy(token, now=NOW)
    make_copies()
    assert open_copy(token)["signatures"][0]["name"] == "Ann Lee"


def test_copies_of_one_person_can_not_be_told_to_belong_together(sign):
    token = sign(make_petition(1), make_petition(2))
    ask_for_copy(token, now=NOW)
    make_copies()

    one, two = DataCopy.objects.values()
    assert one["created_hour"].minute == one["created_hour"].second == 0
    assert bytes(one["public_key"]) != bytes(two["public_key"])
    assert bytes(one["box"]) != bytes(two["box"])


def test_who_is_counted_only_reads_that_no_name_is_stored(sign):
    token = sign(make_petition(), visibility=Visibility.WITHHELD, name="")
    ask_for_copy(token, now=NOW)
    make_copies()

    (part,) = open_copy(token)["signatures"]
    assert part["note"] == "No name, postcode or comment is stored."
    assert "name" not in part


def test_damaged_details_are_said_in_words(sign):
    token = sign(make_petition())
    Signature.objects.update(sig_box=b"\x01" + b"2020-01a" + b"x" * 1700)
    ask_for_copy(token, now=NOW)

    assert make_copies() == 1

    assert "can’t be opened" in open_copy(token)["signatures"][0]["note"]


def test_when_many_details_do_not_open_the_copies_wait_for_somebody_to_look(sign):
    token = sign(*(make_petition(number) for number in (1, 2, 3)))
    Signature.objects.update(sig_box=Signature.objects.latest("petition").sig_box)
    ask_for_copy(token, now=NOW)

    with pytest.raises(TooManyDamagedBoxes):
        make_copies()

    assert DataCopy.objects.to_be_made().exists()
    assert open_copy(token) is None


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_a_killed_worker_held_comes_up_again(sign):
    ask_for_copy(sign(make_petition()), now=NOW)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM petitions_datacopy FOR UPDATE")
        assert make_copies() == 0
    other.close()

    assert make_copies() == 1


def test_withdrawing_erases_the_copy(sign):
    token = sign(make_petition())
    ask_for_copy(token, now=NOW)
    make_copies()

    withdraw(token, now=NOW)

    assert not DataCopy.objects.exists()
    assert open_copy(token) is None


def test_a_copy_erases_itself_after_a_day(sign):
    token = sign(make_petition())
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    ask_for_copy(token, now=NOW)
    make_copies()
    assert receipt(token, now=NOW).copy_is_ready

    erase_what_is_due(now=hour + timedelta(hours=24) - timedelta(seconds=1))
    assert DataCopy.objects.count() == 1
    erase_what_is_due(now=hour + timedelta(hours=24))

    assert not receipt(token, now=NOW).copy_is_wanted
