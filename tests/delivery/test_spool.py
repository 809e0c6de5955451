"""Files too large for a mail wait on the office's page, encrypted; its link alone opens them."""

import threading
import tracemalloc
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from petitions.delivery import spool
from petitions.delivery.batches import close_batch
from petitions.delivery.content import open_batch
from petitions.delivery.downloads import CHUNK_BYTES, NoSuchFile, download
from petitions.delivery.files import File, SignerFiles
from petitions.delivery.letters import LetterDesk
from petitions.delivery.office_pages import ask_for_files
from petitions.delivery.spool import erase_expired, lay_out, make_wanted_files
from petitions.models import Delivery, FileChunk, FileSet, OfficePage, Signature
from petitions.models.office_page import FILES_LIFE
from petitions.signatures.confirm import confirm
from petitions.signatures.withdraw import erase_signatures, withdraw
from tests.mailbox import text_of
from tests.makers import make_office, make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def petition(keys):
    return make_petition()


@pytest.fixture
def nothing_attached(settings):
    settings.LETTER_FILES_BYTES = 100


def closed(petition):
    return close_batch(petition, now=NOW)


def letter_of(delivery, desk=None):
    return message_from_bytes((desk or LetterDesk()).compose(delivery), policy=policy.default)


def token_of(delivery):
    return OfficePage.objects.get(delivery=delivery).open_token()


def content_of(delivery, number=0):
    return b"".join(download(token_of(delivery), number, now=NOW).chunks)


def test_files_up_to_the_limit_are_attached_and_not_kept(petition):
    make_office(petition)
    make_signature(petition)

    mail = letter_of(closed(petition).deliveries.get())

    assert len(list(mail.iter_attachments())) == 3
    assert "too many for a mail" not in text_of(mail)
    assert not FileSet.objects.exists()


def test_larger_files_become_a_link_that_gives_the_same_bytes(petition, settings):
    make_office(petition)
    make_signature(petition, name="Ann O'Neill")
    delivery = closed(petition).deliveries.get()
    attached = [each.get_payload(decode=True) for each in letter_of(delivery).iter_attachments()]
    settings.LETTER_FILES_BYTES = 100

    mail = letter_of(delivery)

    assert list(mail.iter_attachments()) == []
    text = " ".join(text_of(mail).split())
    assert (
        "too many for a mail. You can download them from your page (the link below) for 30" in text
    )
    assert token_of(delivery) in text
    assert content_of(delivery, 0) == attached[0]
    assert b"Ann O'Neill" in attached[0]
    assert content_of(delivery, 1).startswith(b"%PDF")


def test_what_is_kept_names_nobody(petition, nothing_attached):
    make_office(petition)
    make_signature(petition, name="Unforgettable")
    delivery = closed(petition).deliveries.get()
    letter_of(delivery)
    assert b"Unforgettable" in content_of(delivery), "there is something to leak"

    with connection.cursor() as cursor:
        for table in (FileSet, FileChunk, OfficePage):
            rows = f"SELECT string_agg(t::text, '') FROM {table._meta.db_table} t"  # noqa: S608 - our own tables
            cursor.execute(rows)
            (kept,) = cursor.fetchone()
            assert kept
            assert "Unforgettable" not in kept
            assert b"Unforgettable".hex() not in kept


def test_offices_that_read_the_same_share_one_copy_and_each_opens_it_by_its_own_link(
    petition, nothing_attached
):
    for name, language in (("One", "en"), ("Two", "en"), ("Three", "lt")):
        make_office(petition, name=name, country="", language=language)
    make_signature(petition)
    deliveries = list(closed(petition).deliveries.order_by("pk"))

    for delivery in deliveries:
        letter_of(delivery)

    assert FileSet.objects.count() == 2
    contents = {each.office.name: content_of(each) for each in deliveries}
    assert contents["One"] == contents["Two"] != contents["Three"]
    one, two, _three = OfficePage.objects.order_by("delivery")
    one.key_box, two.key_box = two.key_box, one.key_box
    OfficePage.objects.bulk_update([one, two], ["key_box"])
    with pytest.raises(NoSuchFile):
        content_of(deliveries[0])


def test_a_large_file_is_read_chunk_by_chunk_and_a_swapped_chunk_does_not_open(
    petition, nothing_attached
):
    make_office(petition)
    for _ in range(3):
        make_signature(petition, comment="x" * 500_000)
    delivery = closed(petition).deliveries.get()
    letter_of(delivery)
    assert FileChunk.objects.filter(file=0).count() == 2

    chunks = list(download(token_of(delivery), 0, now=NOW).chunks)

    assert len(chunks[0]) == CHUNK_BYTES
    assert sum(map(len, chunks)) == FileSet.objects.get().manifest[0]["size"]
    first, second = FileChunk.objects.filter(file=0).order_by("number")
    first.data, second.data = second.data, first.data
    FileChunk.objects.bulk_update([first, second], ["data"])
    with pytest.raises(NoSuchFile):
        content_of(delivery)


def test_files_of_44_megabytes_are_stored_and_read_in_a_few(petition, show):
    make_office(petition)
    make_signature(petition)
    delivery = closed(petition).deliveries.get()
    content = open_batch(delivery.batch)
    page = OfficePage.objects.get()
    list_ = File("signers.csv", "text/csv", b"x" * 12_000_000)
    volumes = [File(f"book-{each}.pdf", "application/pdf", b"y" * 8_000_000) for each in range(4)]
    tracemalloc.start()

    lay_out(page, SignerFiles(list_, volumes), content, delivery)
    stored = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    read = sum(
        len(chunk)
        for number in range(5)
        for chunk in download(token_of(delivery), number, now=NOW).chunks
    )
    handed_out = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert read == 44_000_000
    show(f"files of 44 MB: {stored / 1e6:.0f} MB to store them, {handed_out / 1e6:.0f} MB to read")
    assert max(stored, handed_out) < 12_000_000


def test_who_withdraws_is_in_no_file_from_then_on(ask, petition, nothing_attached):
    make_office(petition)
    make_signature(petition, name="Bea Stays")
    mailing = ask(make_wish(petition, name="Ann Leaves"), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    delivery = closed(petition).deliveries.get()
    letter_of(delivery)
    assert b"Ann Leaves" in content_of(delivery)

    withdraw(mailing.withdraw_token, now=NOW)

    assert not FileChunk.objects.exists()
    with pytest.raises(NoSuchFile):
        content_of(delivery)
    ask_for_files(token_of(delivery), now=NOW)
    make_wanted_files()
    assert b"Bea Stays" in content_of(delivery)
    assert b"Ann Leaves" not in content_of(delivery)


def test_who_withdraws_while_files_are_made_is_not_in_them(petition, nothing_attached):
    make_office(petition)
    make_signature(petition, name="Bea Stays")
    ann = make_signature(petition, name="Ann Leaves")
    delivery = closed(petition).deliveries.get()
    desk = LetterDesk()
    desk.compose(delivery)
    FileSet.objects.all().delete()
    # The desk has read the batch already.
    ann.refresh_from_db()
    erase_signatures([ann], now=NOW)

    mail = letter_of(delivery, desk)

    assert "1 new signature" in text_of(mail)
    assert b"Bea Stays" in content_of(delivery)
    assert b"Ann Leaves" not in content_of(delivery)


@pytest.mark.django_db(transaction=True)
def test_who_withdraws_at_the_same_moment_waits_and_erases_the_files(
    ask, petition, nothing_attached
):
    make_office(petition)
    make_signature(petition)
    mailing = ask(make_wish(petition, name="Ann Leaves"), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    delivery = closed(petition).deliveries.get()
    leaving = threading.Thread(target=in_own_connection, args=(withdraw, mailing.withdraw_token))

    with transaction.atomic():
        # All is written and looked at; the transaction is not over yet.
        letter_of(delivery)
        leaving.start()
        leaving.join(timeout=0.5)
        assert leaving.is_alive()
    leaving.join(timeout=10)

    assert not Signature.objects.filter(batch__isnull=False)[1:]
    assert not FileSet.objects.exists()


def in_own_connection(do, token):
    try:
        do(token, now=NOW)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_make_the_same_files_keep_one_copy(petition, nothing_attached):
    for name in ("One", "Two"):
        make_office(petition, name=name)
    make_signature(petition)
    deliveries = list(closed(petition).deliveries.all())

    def compose(delivery):
        try:
            LetterDesk().compose(delivery)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=compose, args=(each,)) for each in deliveries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert FileSet.objects.count() == 1
    assert len({content_of(each) for each in deliveries}) == 1


def test_a_worker_that_was_killed_leaves_its_page_to_the_next_one_after_its_lease(petition):
    make_office(petition)
    make_signature(petition)
    delivery = closed(petition).deliveries.get()
    ask_for_files(token_of(delivery), now=NOW)
    assert spool._claim() is not None

    assert make_wanted_files() == 0
    OfficePage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert make_wanted_files() == 1
    assert b"Ann Lee" in content_of(delivery)


def test_files_are_erased_after_thirty_days_and_pages_after_a_year(petition, nothing_attached):
    make_office(petition)
    make_signature(petition)
    delivery = closed(petition).deliveries.get()
    letter_of(delivery)
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=NOW)

    erase_expired(now=NOW + FILES_LIFE - timedelta(hours=1))
    assert content_of(delivery)
    erase_expired(now=timezone.now() + FILES_LIFE)
    assert not FileChunk.objects.exists()
    assert OfficePage.objects.exists()
    erase_expired(now=NOW + timedelta(days=365))

    assert not OfficePage.objects.exists()


def test_files_whose_key_does_not_open_are_made_again(petition, nothing_attached):
    make_office(petition)
    make_signature(petition)
    delivery = closed(petition).deliveries.get()
    letter_of(delivery)
    FileSet.objects.update(key_box=b"nothing")

    letter_of(delivery)

    assert b"Ann Lee" in content_of(delivery)
