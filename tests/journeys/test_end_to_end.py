"""The main job, with every process that a server runs: web, worker, beat, mail, broker."""

import csv
import io

from petitions.management.commands.deliver import Command as Deliver
from petitions.models import Delivery, Signature, Tally
from tests.forms import form_on, submit, submit_all_ticked
from tests.mailbox import link_in, text_of
from tests.makers import make_office, make_petition
from tests.pdf import pages_of
from tests.processes import until


def test_sign_confirm_deliver_and_read_the_letter(processes, mailbox):
    one, two = make_petition(1), make_petition(2)
    make_office(one, name="Foreign Minister", email="minister@office.example")
    processes.beat()
    processes.worker()
    browser = processes.web()

    signed = submit(
        browser,
        browser.get("/en/petitions/ask-1/"),
        name="Zoë O'Neill",
        email="Zoe@mail.example",
        country="UA",
        comment="Дякую.",
        also=["ask-2"],
    )
    assert "Now check your mail" in signed.text
    (mail,) = until(lambda: mailbox.mails_to("Zoe@mail.example"), seconds=30)

    page = browser.get(link_in(mail, "confirm"))
    assert form_on(page).fields["petitions"].values == [], "consent is an unticked box"
    assert Signature.objects.count() == 0
    confirmed = submit_all_ticked(browser, page)
    assert "Thank you" in confirmed.text
    assert Tally.objects.by_petition() == {one.pk: 1, two.pk: 1}

    Deliver().handle(dry_run=False, scheduled=False, approve=False)
    (letter,) = until(lambda: mailbox.mails_to("minister@office.example"), seconds=30)
    assert letter["Subject"] == "About thing 1"
    assert text_of(letter).startswith("Dear Foreign Minister,")
    signers, book, _receipts = letter.iter_attachments()
    (row,) = csv.DictReader(io.StringIO(signers.get_content().decode("utf-8-sig")))
    assert (row["Name"], row["Country"], row["Comment"]) == ("Zoë O'Neill", "Ukraine", "Дякую.")
    assert "Zoë O'Neill" in "".join(pages_of(book.get_content()))
    until(lambda: Delivery.objects.filter(state=Delivery.State.SENT).count() == 1, seconds=10)

    left = submit(browser, browser.get(link_in(mail, "receipt")))
    assert "Title of ask 1" in left.text
    assert Signature.objects.count() == 0
    assert set(Tally.objects.by_petition().values()) == {0}
