"""A letter says what the public log has, brings the receipts of its signatures, and waits for it."""

import csv
import io
from base64 import b64encode
from email import message_from_bytes, policy

import pytest
from django.urls import reverse
from django.utils import timezone

from five_asks_verify.entries import BatchClosed, Receipt, ranges
from five_asks_verify.merkle import is_included, leaf_hash
from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.delivery.preview import preview
from petitions.delivery.queue import send_letters
from petitions.delivery.sample import sample_letter
from petitions.ledger.publish import publish_batches
from petitions.ledger.tree import stored_tree
from petitions.models import (
    Batch,
    Delivery,
    Hold,
    LogEntry,
    OfficePage,
    Petition,
    Signature,
    Visibility,
)
from petitions.signatures.holds import hold, release
from petitions.signatures.withdraw import erase_signatures
from tests.ledger.log_key import key_away
from tests.ledger.replayed import assert_whole, replay
from tests.mailbox import text_of
from tests.makers import make_office, make_petition, make_signature
from tests.pdf import pages_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()
WHY = {"why": Hold.Why.OTHER, "reason": "It looks like a script.", "by": None}


@pytest.fixture
def petition(keys):
    petition = make_petition()
    make_office(petition)
    return petition


def sign(petition, count, **how):
    return [make_signature(petition, **how) for _ in range(count)]


def closed(petition):
    batch = close_batch(petition, now=NOW)
    batch.refresh_from_db()
    return batch


def root_of(batch):
    return b64encode(batch.head.root).decode()


def composed(desk=None):
    delivery = Delivery.objects.select_related("office", "batch__petition").get()
    raw = (desk or LetterDesk()).compose(delivery)
    return message_from_bytes(raw, policy=policy.default)


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def attachments(mail):
    return {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}


def receipts_in(content):
    rows = csv.DictReader(io.StringIO(content.decode("ascii"), newline=""))
    return [Receipt.read(row["receipt"]) for row in rows]


def leave(signature):
    erase_signatures(list(Signature.objects.filter(pk=signature.pk)), now=NOW)


# --- What it says


def test_text_html_book_and_page_say_leaves_and_root(petition, client):
    sign(petition, 3)
    batch = closed(petition)
    root = root_of(batch)

    mail = composed()

    words = "At this letter the petition’s public log had 4 entries, with this fingerprint (root):"
    assert f"\n{words}\n  {root}\nOn the page “Check the count”" in text_of(mail)
    html = html_of(mail)
    assert words in html
    assert f">{root}<" in html
    quoted = root.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    assert f'/en/ledger/?root={quoted}"' in html
    assert "five-asks-verify --receipts" in html
    cover = pages_of(attachments(mail)["signers-ask-1-1.pdf"])[0].replace("\n", "")
    assert "public log had 4 entries" in cover
    assert root in cover
    command = f"--size 4 --root {root} --batch 1 --receipts receipts-1.csv"
    assert command.replace(" ", "") in cover.replace(" ", "")
    page = client.get(reverse("office", args=[OfficePage.objects.get().open_token()])).text
    assert words in page
    assert f"<code>{root}</code>" in page
    assert f"/ledger/{batch.head.log_id} {command}" in page


def test_plain_text_has_no_word_in_small_latin_letters_that_the_log_brings(petition):
    """Among Cyrillic words filters count them (MIXED_ES); a root has them, a link would too."""
    sign(petition, 1)
    closed(petition)

    text = text_of(composed())

    assert "/ledger/" not in text
    assert "five-asks-verify" not in text
    assert ".csv" not in text


def test_the_sample_letter_says_it_too(petition):
    body = sample_letter(petition.text, None)

    assert "public log had 12,348 entries" in body.text
    assert "Check the count" in body.html


def test_a_letter_that_only_tells_who_left_has_a_root_and_no_receipts(petition):
    (signature,) = sign(petition, 1)
    closed(petition)
    Delivery.objects.update(state=Delivery.State.SENT, tries=1)
    leave(signature)

    batch = closed(petition)

    delivery = Delivery.objects.select_related("office", "batch__petition").get(batch=batch)
    raw = LetterDesk().compose(delivery)
    mail = message_from_bytes(raw, policy=policy.default)
    assert root_of(batch) in text_of(mail)
    assert "receipts" not in text_of(mail)
    assert attachments(mail) == {}
    assert replay(batch.head.log).batches[2] == BatchClosed.of(2, ())


# --- Receipts


def test_a_mailed_letters_receipts_open_the_batch_that_the_log_names(petition, mailbox):
    sign(petition, 5)
    sign(petition, 2, visibility=Visibility.WITHHELD)
    batch = closed(petition)
    sign(petition, 3)

    assert send_letters(at_any_hour=True) == 1

    (mail,) = mailbox.mails()
    content = attachments(mail)["receipts-1.csv"]
    receipts = receipts_in(content)
    assert len(receipts) == len(set(receipts)) == 7
    assert {receipt.log for receipt in receipts} == {batch.head.log_id}
    tree = stored_tree(batch.head.log, batch.head.size)
    for receipt in receipts:
        assert is_included(
            leaf_hash(receipt.secret),
            index=receipt.place,
            size=batch.head.size,
            proof=tree.inclusion_proof(receipt.place),
            root=bytes(batch.head.root),
        )
    entry = BatchClosed.of(1, ranges(receipt.place for receipt in receipts))
    assert replay(batch.head.log).batches == {1: entry}
    assert "This letter carries 7 new signatures." in text_of(mail)


def test_no_name_stands_beside_a_receipt(petition):
    names = ["Ann Lee", "Bea Ray", "Cid Low"]
    signers = {name: sign(petition, 1, name=name)[0] for name in names}
    closed(petition)

    files = attachments(composed())

    receipts = files.pop("receipts-1.csv").decode()
    for name, signature in signers.items():
        receipt = str(signature.leaf.receipt)
        assert receipt in receipts
        assert name not in receipts
        assert str(signature.pk) not in receipts
        for content in files.values():
            assert receipt.rpartition(".")[2].encode() not in content


def test_a_letter_that_names_nobody_brings_receipts_alone(petition):
    sign(petition, 2, visibility=Visibility.WITHHELD)
    closed(petition)

    mail = composed()

    assert list(attachments(mail)) == ["receipts-1.csv"]
    assert len(receipts_in(attachments(mail)["receipts-1.csv"])) == 2
    assert "are attached, as a list" not in text_of(mail)
    assert "The file of receipts names nobody" in text_of(mail)


def test_receipts_that_are_too_large_for_a_mail_lie_on_the_page(petition, settings, client):
    settings.LETTER_FILES_BYTES = 50
    sign(petition, 2, visibility=Visibility.WITHHELD)
    closed(petition)

    mail = composed()

    text = " ".join(text_of(mail).split())
    assert "The file of receipts is too large for a mail. You can download it" in text
    assert "2 signers asked to be counted and not named." in text
    assert attachments(mail) == {}
    page = reverse("office", args=[OfficePage.objects.get().open_token()])
    content = client.post(page, {"do": "download", "file": "0"}).getvalue()
    assert len(receipts_in(content)) == 2


def test_who_withdraws_between_closing_and_sending_is_not_in_the_receipts(petition):
    ann, *others = sign(petition, 3)
    batch = closed(petition)
    gone = ann.leaf.receipt

    leave(ann)

    mail = composed()
    receipts = receipts_in(attachments(mail)["receipts-1.csv"])
    assert gone not in receipts
    assert set(receipts) == {each.leaf.receipt for each in others}
    assert "This letter carries 2 new signatures." in text_of(mail)
    assert root_of(batch) in text_of(mail)
    assert LogEntry.objects.waiting().get().text == f"five-asks/1 withdrawn {gone.place}"
    assert_whole(batch.head.log)


def test_who_withdraws_while_receipts_are_laid_out_is_not_in_them(petition, settings, client):
    """Nobody is named: the receipts alone tell that somebody left."""
    settings.LETTER_FILES_BYTES = 10
    ann, bea = sign(petition, 2, visibility=Visibility.WITHHELD)
    closed(petition)
    desk = LetterDesk()
    composed(desk)
    leave(ann)

    mail = composed(desk)

    assert "1 new signature" in text_of(mail)
    page = reverse("office", args=[OfficePage.objects.get().open_token()])
    content = client.post(page, {"do": "download", "file": "0"}).getvalue()
    assert receipts_in(content) == [bea.leaf.receipt]


def test_letters_of_a_batch_share_one_file_of_receipts(petition):
    for number, language in enumerate(["lt", "de", "en"]):
        make_office(petition, name=f"Office {number}", language=language, country="")
    sign(petition, 3)
    closed(petition)
    desk = LetterDesk()
    deliveries = list(
        Delivery.objects.select_related("office", "batch__petition", "batch__head", "office_page")
    )

    for delivery in deliveries:
        desk.compose(delivery)

    shared = {id(files.receipts) for files in desk._open._files._shelf.values()}
    assert len(desk._open._files._shelf) == 4
    assert len(shared) == 1


# --- Letters wait for the log


def test_letters_wait_while_the_key_is_away_and_go_once_it_is_back(petition, keys, mailbox):
    sign(petition, 3)

    with key_away(keys):
        batch = closed(petition)
        assert batch.head is None
        assert publish_batches()[0].why_not.startswith("The public log's key is missing")
        assert send_letters(at_any_hour=True) == 0
        assert "public log must first say" in preview(now=NOW, by_hand=True)[0].why_not
    assert batch.size == 3, "nothing is lost"
    assert publish_batches()[0].head.size == 4

    assert preview(now=NOW, by_hand=True)[0].why_not == ""
    assert send_letters(at_any_hour=True) == 1
    batch.refresh_from_db()
    assert root_of(batch) in text_of(mailbox.mails()[0])


def test_what_a_person_must_do_is_told_before_the_log(petition, keys):
    sign(petition, 1)
    with key_away(keys):
        closed(petition)
    Petition.objects.update(letters_approved_at=None)

    (line,) = preview(now=NOW, by_hand=True)
    assert line.why_not == "an organizer must approve the first letter"


def test_what_is_held_takes_the_head_of_an_unsent_batch_until_the_log_says_what_is_left(
    petition, mailbox
):
    ann, bea, cid = sign(petition, 3)
    first = closed(petition).head
    places = {each.leaf.place for each in (ann, bea, cid)}

    hold(Signature.objects.filter(pk=ann.pk), **WHY)

    batch = Batch.objects.get()
    assert (batch.head, batch.size) == (None, 2)
    assert send_letters(at_any_hour=True) == 0
    publish_batches()
    batch.refresh_from_db()
    assert (batch.head.size, batch.head.counted) == (first.size + 2, 2)
    seen = replay(first.log)
    left = BatchClosed.of(1, ranges(sorted(places - {ann.leaf.place})))
    assert seen.batches == {1: left}
    assert send_letters(at_any_hour=True) == 1
    (mail,) = mailbox.mails()
    assert root_of(batch) in text_of(mail)
    assert b64encode(first.root).decode() not in text_of(mail)
    assert len(receipts_in(attachments(mail)["receipts-1.csv"])) == 2
    release(Signature.objects.all())
    second = closed(petition)
    assert (second.number, second.size) == (2, 1)
    assert second.places == str(ann.leaf.place), "its leaf stays where it was"
    assert_whole(first.log)


def test_a_batch_of_which_nothing_is_left_is_taken_back_and_its_number_not_given_again(petition):
    sign(petition, 2)
    log = closed(petition).head.log
    hold(Signature.objects.all(), **WHY)
    assert not Batch.objects.exists()
    sign(petition, 1)

    batch = closed(petition)

    assert batch.number == 2
    assert replay(log).batches[1].count == 0
    assert_whole(log)


def test_a_worker_that_had_the_batch_open_composes_it_anew_after_a_hold(petition):
    ann, _ = sign(petition, 2)
    old = closed(petition)
    desk = LetterDesk()
    composed(desk)
    hold(Signature.objects.filter(pk=ann.pk), **WHY)
    publish_batches()

    mail = composed(desk)

    assert "This letter carries 1 new signature." in text_of(mail)
    assert root_of(old) not in text_of(mail)
    assert root_of(Batch.objects.get()) in text_of(mail)
    assert len(receipts_in(attachments(mail)["receipts-1.csv"])) == 1
