"""What comes back to letters: which kind it is, whose letter it belongs to, what becomes of it."""

import io
import os
import time
from email import message_from_bytes, policy

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from local.smtp import Keeper, mail_server
from petitions.delivery.batches import close_batch
from petitions.delivery.queue import send_letters
from petitions.delivery.return_path import delivery_of, return_path
from petitions.delivery.returned_mail import TEXT_BYTES
from petitions.delivery.returns import file_mail
from petitions.management.commands import receive_mail
from petitions.management.commands.receive_mail import receive
from petitions.models import Delivery, Office, Returned
from petitions.vault import Purpose
from tests.conftest import use_relay
from tests.delivery.returned_samples import SAMPLES, sample
from tests.mailbox import Mailbox
from tests.makers import make_signature

pytestmark = pytest.mark.django_db
Kind = Returned.Kind


# --- The address


def test_a_return_path_tells_its_delivery(sent):
    address = return_path(sent)

    assert address.startswith(f"letters+{sent.pk}-")
    assert address.endswith("@fiveasks.example")
    assert delivery_of(address) == delivery_of(address.upper()) == sent.pk


def test_a_return_path_that_somebody_else_made_tells_nothing(sent, settings):
    address = return_path(sent)
    other_number = address.replace(f"+{sent.pk}-", f"+{sent.pk + 1}-")
    other_domain = address.replace("fiveasks", "elsewhere")
    other_mailbox = address.replace("letters+", "hello+")
    settings.SECRET_KEY = "another"

    assert delivery_of(address) is None
    settings.SECRET_KEY_FALLBACKS = ["x", os.environ["SECRET_KEY"]]
    assert delivery_of(address) == sent.pk, "a secret that was replaced is good for late bounces"
    for forged in (other_number, other_domain, other_mailbox, "letters@fiveasks.example", "", "@"):
        assert delivery_of(forged) is None


def test_the_mailbox_can_be_another_than_the_senders(sent, settings):
    settings.LETTER_RETURN_PATH = "bounces@returns.fiveasks.example"

    address = return_path(sent)

    assert address.startswith(f"bounces+{sent.pk}-")
    assert address.endswith("@returns.fiveasks.example")
    assert delivery_of(address) == sent.pk


class Listener(Keeper):
    """Remembers what the envelopes say."""

    def __init__(self, folder):
        super().__init__(folder)
        self.senders = []

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        self.senders.append(address)
        return "250 OK"


@pytest.mark.django_db(transaction=True)
def test_a_letter_names_its_return_path_to_servers_and_to_people(sent, tmp_path, settings):
    Delivery.objects.update(state=Delivery.State.READY, due_at=timezone.now())
    listener = Listener(tmp_path / "box")

    with mail_server(listener) as port:
        use_relay(settings, port, tmp_path / "box")
        assert send_letters() == 1

    (mail,) = Mailbox(tmp_path / "box").mails()
    assert listener.senders == [return_path(sent)]
    assert mail["Reply-To"] == return_path(sent)
    assert mail["From"] == "Five Asks <letters@fiveasks.example>"


# --- The kinds


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("rfc3464_no_such_user", "5.1.1", "Recipient address rejected: User unknown"),
        ("rfc3464_one_of_two_failed", "5.1.10", "RESOLVER.ADR.RecipientNotFound"),
        ("qmail_failure_notice", "5.1.1", "Sorry, no mailbox here by that name."),
        ("qmail_without_a_code", "", ""),
        ("exim_failed", "5.1.1", "550 5.1.1 Unknown user"),
        ("exchange_ndr", "5.1.10", "Recipient not found by SMTP address lookup"),
        ("plain_text_status", "5.7.1", "550 5.7.1 Relaying denied"),
        ("gmail_address_not_found", "5.1.1", "550-5.1.1 The mail account"),
        ("yahoo_failure", "", "554: delivery error: dd This person has no account here"),
        ("exchange_old_report", "5.1.1", "<mx.office.example #5.1.1>"),
        ("domino_not_listed", "", ""),
        ("mailru_failure", "", "550 Message was not accepted -- invalid mailbox"),
    ],
)
def test_a_failure_for_good_stops_the_office_and_says_why(sent, name, status, words):
    returned = file_mail(sample(name, sent))

    assert (returned.kind, returned.delivery, returned.status) == (Kind.HARD, sent, status)
    assert words in returned.words
    office = Office.objects.get()
    assert not office.active
    assert office.stopped_because == (f"{status} {returned.words}".strip() or "undeliverable")
    sent.refresh_from_db()
    assert sent.state == Delivery.State.FAILED


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("rfc3464_delayed", "4.4.1"),
        ("rfc3464_mailbox_full", "5.2.2"),
        ("exim_delayed", "5.7.1"),
        ("soft_text_over_quota", "5.2.2"),
    ],
)
def test_a_delay_is_kept_and_stops_nothing(sent, name, status):
    returned = file_mail(sample(name, sent))

    assert (returned.kind, returned.delivery, returned.status) == (Kind.SOFT, sent, status)
    assert_nothing_changed(sent)


@pytest.mark.parametrize(
    "name",
    [
        "auto_rfc3834",
        "auto_x_autoreply",
        "auto_precedence",
        "auto_null_sender",
        "auto_exchange_inbox_rule",
        "auto_by_program",
        "receipt_delivered",
        "receipt_read",
    ],
)
def test_what_a_program_wrote_is_known_as_that(sent, name):
    returned = file_mail(sample(name, sent))

    assert (returned.kind, returned.delivery) == (Kind.AUTO, sent)
    assert_nothing_changed(sent)


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office: About thing 1",
        "Автоматична відповідь: About thing 1",
        "Автоответ: About thing 1",
        "Аўтаматычны адказ: About thing 1",
        "Abwesenheitsnotiz",
        "Réponse automatique : About thing 1",
        "Odpowiedź automatyczna: About thing 1",
        "Automatinis atsakymas: About thing 1",
    ],
)
def test_an_automatic_reply_is_known_by_its_subject_in_each_language(sent, subject):
    mail = message_from_bytes(sample("human_answer", sent), policy=policy.default)
    assert file_mail(mail.as_bytes()).kind == Kind.ANSWER
    mail.replace_header("Subject", subject)

    assert file_mail(mail.as_bytes()).kind == Kind.AUTO


def test_what_a_person_wrote_is_filed_with_its_letter_and_sealed(sent):
    raw = sample("human_answer", sent)

    returned = file_mail(raw)

    assert (returned.kind, returned.delivery) == (Kind.ANSWER, sent)
    mail = returned.open_mail()
    assert mail.sender == "Ona Žukienė <minister@office.example>"
    assert mail.subject == "Re: About thing 1"
    assert mail.text.startswith("We have read your letter. Ačiū.\n")
    assert mail.attachments == "answer.pdf"
    row = repr(Returned.objects.values().get())
    assert "minister" not in row
    assert b"We have read" not in bytes(returned.box)
    assert_nothing_changed(sent)


def test_an_answer_that_quotes_a_bounce_is_an_answer(sent):
    mail = message_from_bytes(sample("human_answer", sent), policy=policy.default)
    mail.replace_header("Subject", "Re: Undelivered Mail Returned to Sender")

    assert file_mail(mail.as_bytes()).kind == Kind.ANSWER


def test_a_bounce_that_a_person_sends_along_stops_nothing(sent):
    mail = message_from_bytes(sample("human_answer", sent), policy=policy.default)
    report = message_from_bytes(sample("rfc3464_no_such_user", sent), policy=policy.default)
    assert file_mail(report.as_bytes(), recipient="").kind == Kind.HARD
    Office.objects.update(active=True, stopped_because="")
    Delivery.objects.update(state=Delivery.State.SENT)
    mail.add_attachment(report)

    returned = file_mail(mail.as_bytes())

    assert (returned.kind, returned.delivery) == (Kind.ANSWER, sent)
    assert_nothing_changed(sent)


def test_an_answer_in_html_is_read_as_text(sent):
    head = f"From: minister@office.example\nTo: {return_path(sent)}\nSubject: Re\n"
    body = "<HEAD><style>p {}</style></HEAD><p>We &amp; they<br>act.</p><script>x</script>"
    raw = f"{head}Content-Type: text/html; charset=utf-8\n\n{body}"

    assert file_mail(raw.encode()).open_mail().text == "We & they\nact."


def test_html_that_would_take_long_to_read_does_not(sent):
    """A reader whose time grows with the square of the length would take minutes."""
    head = f"From: minister@office.example\nTo: {return_path(sent)}\nContent-Type: text/html\n\n"
    started = time.monotonic()

    for body in ("<head" * 100_000, "<" * 500_000, "<!--" * 100_000, "<a '" * 100_000):
        file_mail((head + body).encode())

    assert time.monotonic() - started < 5


def test_a_very_long_answer_is_cut(sent):
    head = f"From: minister@office.example\nTo: {return_path(sent)}\nSubject: Re\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\n\n" + "ž" * TEXT_BYTES

    text = file_mail(raw.encode()).open_mail().text

    assert text == "ž" * (TEXT_BYTES // 2)


# --- Whose it is


def test_an_answer_to_the_plain_address_is_found_by_the_message_it_refers_to(sent):
    assert file_mail(sample("human_answer_elsewhere", sent)).delivery == sent


@pytest.mark.parametrize(
    "name", ["rfc3464_no_such_user", "rfc3464_delayed", "qmail_failure_notice"]
)
def test_a_bounce_to_the_plain_address_is_found_by_the_letter_that_it_brings_back(sent, name):
    returned = file_mail(sample(name, sent, path="letters@fiveasks.example"))

    assert returned.delivery == sent


def test_the_envelopes_recipient_is_enough(sent):
    raw = sample("stranger", sent)

    assert file_mail(raw, recipient=return_path(sent)).delivery == sent


def test_what_belongs_to_no_letter_is_filed_without_one(sent):
    returned = file_mail(sample("stranger", sent))

    assert returned.delivery is None
    assert list(Returned.objects.unmatched()) == [returned]


def test_a_forged_bounce_stops_no_office(sent):
    returned = file_mail(sample("forged_bounce", sent))

    assert (returned.kind, returned.delivery) == (Kind.HARD, None)
    assert_nothing_changed(sent)


# --- Once, and then


def test_the_same_mail_piped_twice_is_filed_once_and_stops_once(sent):
    raw = sample("rfc3464_no_such_user", sent)
    first = file_mail(raw)
    Office.objects.update(active=True, stopped_because="")

    second = file_mail(raw)

    assert second == first == Returned.objects.get()
    assert Office.objects.get().active, "an organizer has let letters go again"


def test_a_bounce_that_is_faster_than_the_worker_ends_the_letter_all_the_same(sent):
    Delivery.objects.update(state=Delivery.State.COMMITTING, lease_until=timezone.now())

    file_mail(sample("rfc3464_no_such_user", sent))

    sent.refresh_from_db()
    assert (sent.state, sent.lease_until) == (Delivery.State.FAILED, None)


def test_letters_that_wait_for_a_stopped_office_stay_until_it_receives_again(sent):
    make_signature(sent.batch.petition)
    close_batch(sent.batch.petition, now=timezone.now())
    later = timezone.now()
    assert Delivery.objects.due(now=later).count() == 1

    file_mail(sample("rfc3464_no_such_user", sent))

    assert Delivery.objects.due(now=later).count() == 0
    Office.objects.update(active=True)
    assert Delivery.objects.due(now=later).count() == 1


# --- The pipe


def test_a_mail_that_is_taken_exits_with_0(sent):
    assert receive(io.BytesIO(sample("human_answer", sent))) == os.EX_OK
    assert Returned.objects.count() == 1


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"no mail at all", b"\x00\xff" * 100])
def test_what_is_no_mail_exits_with_65(sent, raw):
    assert receive(io.BytesIO(raw)) == os.EX_DATAERR
    assert Returned.objects.count() == 0


def test_parts_within_parts_without_end_are_no_mail(sent):
    raw = b"From: a@mail.example\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number)
        for number in range(2000)
    )

    assert receive(io.BytesIO(raw)) == os.EX_DATAERR


def test_a_mail_that_is_too_large_exits_with_65(sent, monkeypatch):
    raw = sample("human_answer", sent)
    monkeypatch.setattr(receive_mail, "LARGEST", len(raw) - 1)

    assert receive(io.BytesIO(raw)) == os.EX_DATAERR


def test_without_keys_the_mail_server_keeps_the_mail(sent, keys):
    (keys.directory / "public").rename(keys.directory / "elsewhere")

    assert receive(io.BytesIO(sample("human_answer", sent))) == os.EX_TEMPFAIL
    assert Returned.objects.count() == 0


def names_of_samples():
    return sorted(path.stem for path in SAMPLES.glob("*.eml"))


@st.composite
def broken_mails(draw):
    """A sample with some of its bytes cut out, doubled or replaced."""
    raw = bytearray((SAMPLES / f"{draw(st.sampled_from(names_of_samples()))}.eml").read_bytes())
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 200)))
        raw[start:end] = draw(st.binary(max_size=60) | st.just(bytes(raw[start:end] * 2)))
    return bytes(raw)


GARBAGE = st.binary(max_size=2000) | broken_mails()
HEADERS = st.binary(max_size=300).map(
    lambda words: b"From: " + words + b"\nSubject: =?utf-8?b?" + words + b"?=\n\n" + words
)


@effort(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(GARBAGE | HEADERS)
def test_no_garbage_makes_it_stumble(sent, raw):
    assert receive(io.BytesIO(raw)) in {os.EX_OK, os.EX_DATAERR}
    assert_nothing_changed(sent)


def assert_nothing_changed(delivery):
    before = delivery.state
    delivery.refresh_from_db()
    assert delivery.state == before == Delivery.State.SENT
    office = Office.objects.get()
    assert (office.active, office.stopped_because) == (True, "")


def test_every_box_is_of_the_signature_key(sent, keys):
    returned = file_mail(sample("human_answer", sent))
    context = f"returned mail {returned.pk}"

    assert b"Re: About thing 1" in keys.open(Purpose.SIGNATURE, returned.box, context=context)
