"""What an official reads."""

import csv
import hashlib
import io
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from django.utils import timezone
from django.utils.translation import override

from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.models import Delivery, OfficeName, Signature, Tally, Visibility
from petitions.models.sealed import TooManyDamagedBoxes
from petitions.signatures.confirm import confirm
from petitions.signatures.visibility import change_visibility
from petitions.signatures.withdraw import withdraw
from tests.mailbox import text_of
from tests.makers import make_office, make_petition, make_signature, make_wish
from tests.pdf import pages_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def letter_to(office):
    delivery = Delivery.objects.filter(office=office).latest("batch__number")
    raw = LetterDesk().compose(delivery)
    return message_from_bytes(raw, policy=policy.default)


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def signers_in(mail):
    text = attached(mail, ".csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text.replace("\r\n", "\n"))))


def attached(mail, ending):
    names = {part.get_filename(): part for part in mail.iter_attachments()}
    (part,) = [part for name, part in names.items() if re.fullmatch(rf"signers-.*\{ending}", name)]
    return part.get_payload(decode=True)


def test_an_office_reads_the_letter_the_numbers_and_the_names(keys):
    petition = make_petition()
    office = make_office(petition, name="Foreign Minister", country="LT")
    make_signature(petition, name="Ann O'Neill", country="UA", comment="Please act.")
    make_signature(petition, name="Šarūnas Žukauskas", country="LT", postcode="01100")
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    assert mail["Subject"] == "About thing 1"
    assert mail["To"] == "minister@office.example"
    text = text_of(mail)
    assert text.startswith(
        "Dear Foreign Minister,\n\nThis letter carries 2 new signatures. 1 of them lives in your"
        " country, Lithuania.\n\nPlease do the thing."
    )
    assert "2 people have signed so far" in text
    assert [list(row.values())[1:] for row in signers_in(mail)] == [
        ["Šarūnas Žukauskas", "Lithuania", "01100", ""],
        ["Ann O'Neill", "Ukraine", "", "Please act."],
    ]
    assert "Dear Foreign Minister," in html_of(mail)
    assert "<p>Please do the thing.</p>" in html_of(mail)


def test_the_book_is_attached_beside_the_list_whose_fingerprint_it_holds(keys):
    petition = make_petition()
    office = make_office(petition)
    make_signature(petition, comment="One line\nand another")
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    words = "are attached, as a list (CSV) and as a book to read and print (PDF)."
    assert words in text_of(mail).replace("\n", " ")
    assert words in html_of(mail)
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["signers-ask-1-1.csv", "signers-ask-1-1.pdf", "receipts-1.csv"]
    book = "".join(pages_of(attached(mail, ".pdf")))
    assert hashlib.sha256(attached(mail, ".csv")).hexdigest() in book


def test_each_signer_is_named_only_as_they_chose(keys):
    petition = make_petition()
    office = make_office(petition)
    for visibility in Visibility:
        make_signature(petition, name=f"Name of {visibility}", visibility=visibility)
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    assert {row["Name"] for row in signers_in(mail)} == {"Name of public", "Name of officials"}
    assert "This letter carries 3 new signatures." in text_of(mail)
    assert "1 signer asked to be counted and not named." in text_of(mail)
    assert b"Name of withheld" not in mail.as_bytes()


def test_no_cell_runs_as_a_formula(keys):
    petition = make_petition()
    office = make_office(petition)
    make_signature(petition, name="=HYPERLINK(1)", comment="+1\n@x", postcode="-2")
    close_batch(petition, now=NOW)

    (row,) = signers_in(letter_to(office))

    assert [row["Name"], row["Postcode"], row["Comment"]] == ["'=HYPERLINK(1)", "'-2", "'+1\n'@x"]


def test_the_text_letter_escapes_nothing_and_the_html_letter_does(keys):
    petition = make_petition()
    office = make_office(petition, name="Minister of <Trade> & 'Truth'")
    make_signature(petition)
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    assert "Dear Minister of <Trade> & 'Truth'," in text_of(mail)
    assert "<Trade>" not in html_of(mail)


def test_who_withdrew_before_the_letter_went_out_is_not_in_it(ask):
    petition = make_petition()
    office = make_office(petition)
    make_signature(petition, name="Stays")
    mailing = ask(make_wish(petition, name="Leaves"), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    close_batch(petition, now=NOW)
    withdraw(mailing.withdraw_token, now=NOW)

    mail = letter_to(office)

    assert [row["Name"] for row in signers_in(mail)] == ["Stays"]
    assert "This letter carries 1 new signature." in text_of(mail)


def test_offices_that_have_a_name_are_asked_to_delete_it(ask):
    petition = make_petition()
    told, never_had_it = make_office(petition), make_office(petition, name="Other")
    mailing = ask(make_wish(petition), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    reference = str(Signature.objects.get().pk)
    close_batch(petition, now=NOW)
    Delivery.objects.filter(office=told).update(state=Delivery.State.SENT)
    Delivery.objects.filter(office=never_had_it).update(state=Delivery.State.FAILED)
    withdraw(mailing.withdraw_token, now=NOW)
    close_batch(petition, now=NOW)

    assert reference in text_of(letter_to(told))
    assert reference in html_of(letter_to(told))
    assert reference not in text_of(letter_to(never_had_it))
    assert list(letter_to(told).iter_attachments()) == []


def test_offices_that_have_a_name_are_asked_to_delete_it_when_its_owner_gives_it_up(ask):
    petition = make_petition()
    office = make_office(petition)
    mailing = ask(make_wish(petition), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    reference = str(Signature.objects.get().pk)
    close_batch(petition, now=NOW)
    Delivery.objects.update(state=Delivery.State.SENT)
    change_visibility(
        mailing.withdraw_token,
        petition_id=petition.pk,
        visibility=Visibility.WITHHELD,
        now=NOW,
    )

    batch = close_batch(petition, now=NOW)

    assert batch.size == 0
    text = text_of(letter_to(office))
    assert "have withdrawn or asked not to be named any more" in text
    assert reference in text
    assert "1 person has signed so far" in text


def test_one_damaged_box_is_counted_and_the_others_are_named(keys):
    petition = make_petition()
    office = make_office(petition)
    damaged = make_signature(petition)
    make_signature(petition, name="Whole")
    Signature.objects.filter(pk=damaged.pk).update(sig_box=b"\x01" + b"2020-01a" + b"x" * 1700)
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    assert [row["Name"] for row in signers_in(mail)] == ["Whole"]
    assert "This letter carries 2 new signatures." in text_of(mail)
    damaged.refresh_from_db()
    assert damaged.quarantined


def test_when_many_boxes_do_not_open_no_letter_is_written(keys):
    petition = make_petition()
    office = make_office(petition)
    for _ in range(3):
        make_signature(petition)
    close_batch(petition, now=NOW)
    box = make_signature(make_petition(2)).sig_box
    Signature.objects.filter(petition=petition).update(sig_box=box)

    with pytest.raises(TooManyDamagedBoxes):
        letter_to(office)

    assert not Signature.objects.filter(quarantined=True).exists()


# --- Letters in the office's language


def test_an_office_reads_its_own_language_whatever_the_process_speaks(keys, words):
    words(
        "de",
        {
            "msgid": "%(total)s person has signed so far, as of %(date)s.",
            "msgid_plural": "%(total)s people have signed so far, as of %(date)s.",
            "msgstr_plural": {
                0: "Bis zum %(date)s hat %(total)s Mensch unterschrieben.",
                1: "Bis zum %(date)s haben %(total)s Menschen unterschrieben.",
            },
        },
        {"msgid": "The petition: %(url)s", "msgstr": "Die Petition „für alle“ & and're: %(url)s"},
    )
    petition = make_petition()
    text = petition.text_in("en")
    text.pk, text.language = None, "de"
    text.letter_subject = "Zur Stärkung des Mandats"
    text.letter_salutation = "Sehr geehrte Damen und Herren im Amt „{office}“,"
    text.letter = "Bitte handeln Sie's."
    text.save()
    office = make_office(petition, name="Foreign Minister", country="DE", language="de")
    OfficeName.objects.create(
        office=office, language="de", name="Außenministerium", organisation="Auswärtiges Amt"
    )
    make_signature(petition, country="BY")
    close_batch(petition, now=datetime(2026, 10, 7, 12, tzinfo=UTC))
    Tally.objects.change(petition_ids=[petition.pk], country="DE", by=1233)

    with override("pl"):
        mail = letter_to(office)

    assert mail["Subject"] == "Zur Stärkung des Mandats"
    text = text_of(mail)
    assert text.startswith("Sehr geehrte Damen und Herren im Amt „Außenministerium“,\n\nBitte")
    assert "Bitte handeln Sie's." in text
    assert "Bis zum 7. Oktober 2026 haben 1.234 Menschen unterschrieben." in text
    assert "Die Petition „für alle“ & and're: " in text
    assert "/de/petitions/ask-1/" in text
    assert [list(row.values())[2] for row in signers_in(mail)] == ["Belarus"]
