import logging
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from local.catalogues import read
from local.smtp import Keeper, mail_server
from petitions.models import MailSlot, SignRequest
from petitions.models.sealed import TooManyDamagedBoxes
from petitions.signatures.addresses import signature_index
from petitions.signatures.confirmation_mail import send_confirmation_mails
from petitions.signatures.request import request_signature
from petitions.vault import KeysUnavailable
from tests.conftest import use_relay
from tests.delivery.faults import BadDays
from tests.mailbox import Mailbox, link_in, text_of
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN_MAIL = "Hello,\n\nsomebody typed"


def ask(petition, **changes):
    request_signature(make_wish(petition, **changes), now=timezone.now())


def test_the_mail_arrives_and_the_address_is_forgotten(keys, mailbox):
    petition = make_petition()
    ask(petition)

    assert send_confirmation_mails() == 1

    (mail,) = mailbox.mails_to("ann@mail.example")
    assert link_in(mail, "confirm").startswith("/en/confirm/")
    assert link_in(mail, "receipt").startswith("/en/receipt/")
    request = SignRequest.objects.get()
    assert request.mail_box is None
    assert request.mail_due_at is None
    assert bytes(request.indexes[0]) == signature_index(petition.pk, "ann@mail.example")


def test_the_mail_names_neither_the_cause_nor_the_ask(keys, mailbox):
    ask(make_petition(), name="Unforgettable Name")
    send_confirmation_mails()

    (mail,) = mailbox.mails()
    html = mail.get_body(("html",)).get_content()
    for text in (mail["Subject"], text_of(mail), html):
        for word in ("Title of ask", "thing 1", "Russia", "Ukrain", "Belarus", "petition"):
            assert word.lower() not in text.lower()
        assert "Unforgettable" not in text


def test_the_mail_is_in_the_language_of_the_form(keys, mailbox, words):
    words(
        "uk",
        {"msgid": "Please confirm", "msgstr": "Будь ласка, підтвердьте"},
        {"msgid": "Hello,", "msgstr": "Вітаємо!"},
        {
            "msgid": next(each.msgid for each in read("uk") if each.msgid.startswith(PLAIN_MAIL)),
            "msgstr": "Вітаємо, це 'П’ять вимог' & друзі.\n\n%(confirm_url)s\n"
            "Посилання діє до %(day)s, %(hour)s UTC.\n\n%(receipt_url)s",
        },
    )
    ask(make_petition(), language="uk")
    send_confirmation_mails()

    (mail,) = mailbox.mails()
    assert mail["Subject"].strip() == "Будь ласка, підтвердьте"
    text, html = text_of(mail), mail.get_body(("html",)).get_content()
    assert text.startswith("Вітаємо, це 'П’ять вимог' & друзі.\n\nhttp")
    assert re.search(r"Посилання діє до \d+ [а-яієї]+ \d{4}, \d\d:00 UTC\.", text)
    assert link_in(mail, "confirm").startswith("/uk/confirm/")
    assert '<html lang="uk">' in html
    assert "<p>Вітаємо!</p>" in html


def test_a_second_run_sends_nothing_more(keys, mailbox):
    ask(make_petition())
    send_confirmation_mails()

    assert send_confirmation_mails() == 0
    assert len(mailbox) == 1


def test_nobody_can_be_flooded_however_the_address_is_spelled(keys, mailbox):
    petitions = [make_petition(number) for number in range(1, 4)]
    spellings = ["ann@mail.example", "Ann@MAIL.example", "ann+1@mail.example", "ANN+x@mail.example"]
    for petition in petitions:
        for spelling in spellings * 5:
            ask(petition, address=spelling)

    for _ in range(8):
        send_confirmation_mails()
        SignRequest.objects.update(mail_due_at=timezone.now() - timedelta(seconds=1))

    assert len(mailbox) == 5
    assert MailSlot.objects.count() == 5


def test_the_next_mail_to_an_address_waits_and_is_not_lost(keys, mailbox):
    one, two = make_petition(1), make_petition(2)
    ask(one)
    ask(two)

    assert send_confirmation_mails() == 1

    waiting = SignRequest.objects.get(mail_due_at__isnull=False)
    wait = waiting.mail_due_at - timezone.now()
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)
    SignRequest.objects.filter(pk=waiting.pk).update(mail_due_at=timezone.now())
    assert send_confirmation_mails() == 1
    assert len(mailbox) == 2


class Moody(Keeper):
    """A relay that answers RCPT with these words before it grows friendly."""

    def __init__(self, folder, *answers):
        super().__init__(folder)
        self.answers = list(answers)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"


def test_a_relay_that_is_busy_is_tried_again(keys, tmp_path, settings):
    ask(make_petition())
    with mail_server(Moody(tmp_path / "box", "451 4.7.1 Greylisted")) as port:
        use_relay(settings, port, tmp_path / "box")
        assert send_confirmation_mails() == 0
        request = SignRequest.objects.get()
        assert timezone.now() < request.mail_due_at < timezone.now() + timedelta(minutes=2)
        SignRequest.objects.update(mail_due_at=timezone.now())

        assert send_confirmation_mails() == 1


def test_a_relay_that_is_away_loses_nothing(keys, settings, mailbox):
    ask(make_petition())
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert send_confirmation_mails() == 0
    settings.EMAIL_PORT = port
    SignRequest.objects.update(mail_due_at=timezone.now())

    assert send_confirmation_mails() == 1
    assert len(mailbox) == 1


def test_a_mail_whose_answer_was_lost_goes_again_under_its_own_name(keys, tmp_path, settings):
    ask(make_petition())
    with mail_server(BadDays(tmp_path / "box", "drop after")) as port:
        use_relay(settings, port, tmp_path / "box")
        assert send_confirmation_mails() == 0
        SignRequest.objects.update(mail_due_at=timezone.now())
        assert send_confirmation_mails() == 1

    first, second = Mailbox(tmp_path / "box").mails()
    assert first["Message-ID"] == second["Message-ID"]
    name = first["Message-ID"].strip("<>").partition("@")[0]
    token = link_in(first, "confirm").strip("/").rpartition("/")[2]
    row = b"".join(bytes(each) for each in SignRequest.objects.values_list("token_hash", flat=True))
    # Who reads the relay's log finds no row by it, nor opens the link.
    assert name not in token
    assert bytes.fromhex(name) not in row


def test_an_address_that_does_not_exist_is_forgotten(keys, tmp_path, settings):
    ask(make_petition())
    with mail_server(Moody(tmp_path / "box", "550 5.1.1 No such user")) as port:
        use_relay(settings, port, tmp_path / "box")
        send_confirmation_mails()

    request = SignRequest.objects.get()
    assert request.mail_box is None
    assert request.mail_due_at is None


def test_a_refused_recipient_does_not_hold_up_the_others(keys, tmp_path, settings):
    petition = make_petition()
    for address in ("gone@mail.example", "bob@mail.example", "cat@mail.example"):
        ask(petition, address=address)
    with mail_server(Moody(tmp_path / "box", "550 5.1.1 No such user")) as port:
        use_relay(settings, port, tmp_path / "box")

        assert send_confirmation_mails() == 2


def test_one_damaged_box_is_quarantined_and_the_others_go_out(keys, mailbox):
    petition = make_petition()
    ask(petition, address="bob@mail.example")
    damaged = SignRequest.objects.get()
    SignRequest.objects.update(mail_box=bytes(damaged.mail_box)[:-1] + b"x")
    ask(petition)

    assert send_confirmation_mails() == 1

    damaged.refresh_from_db()
    assert damaged.quarantined
    assert damaged.mail_box is not None
    assert len(mailbox) == 1


def test_when_many_boxes_do_not_open_the_mailer_halts_and_keeps_them(keys, mailbox, caplog):
    petition = make_petition()
    for number in range(5):
        ask(petition, address=f"ann{number}@mail.example")
    foreign = SignRequest.objects.latest("id").mail_box
    SignRequest.objects.update(mail_box=foreign)

    with pytest.raises(TooManyDamagedBoxes):
        send_confirmation_mails()

    assert SignRequest.objects.filter(quarantined=False, mail_box__isnull=False).count() >= 3


def test_without_its_key_the_mailer_halts_and_all_rows_stay_queued(keys, mailbox):
    ask(make_petition())
    for private in (keys.directory / "mail").iterdir():
        private.unlink()

    with pytest.raises(KeysUnavailable):
        send_confirmation_mails()

    assert SignRequest.objects.filter(quarantined=False, mail_box__isnull=False).count() == 1
    assert len(mailbox) == 0


def test_the_log_holds_nobody(keys, mailbox, caplog):
    caplog.set_level(logging.DEBUG)
    ask(make_petition(), address="unforgettable@mail.example")
    SignRequest.objects.update(mail_tries=1)
    send_confirmation_mails()
    mailbox_mails = mailbox.mails_to("unforgettable@mail.example")
    assert len(mailbox_mails) == 1

    ours = [record for record in caplog.records if record.name != "mail.log"]  # the test's relay
    assert ours
    assert "unforgettable" not in " ".join(record.getMessage() for record in ours)
