"""Letters that share an edition differ in what is their office's own, and in nothing else."""

import re
from email import message_from_bytes, policy

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.delivery.office_pages import token_of
from petitions.models import Delivery, OfficeName, Signature
from petitions.signatures.confirm import confirm
from petitions.signatures.withdraw import withdraw
from tests.mail_lint import lint
from tests.mailbox import text_of
from tests.makers import make_office, make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()
AWKWARD = "Amt & <b>Co</b> 'für' \"Ž\" \\1 \\g<0> {office} mark0123456789abcdef %s =3D"


@pytest.fixture
def petition(keys):
    petition = make_petition()
    petition.texts.update(
        letter_subject="To {office}", letter="{organisation}, please.\n\n{office} can."
    )
    make_signature(petition, country="LT", comment="Please act.")
    return petition


def deliveries():
    related = Delivery.objects.select_related("batch__petition", "office", "office_page")
    return list(related.order_by("batch", "office"))


def without_what_each_mail_has_anew(raw):
    raw = re.sub(rb"=_[0-9a-f]{24}", b"=_boundary", raw)
    return re.sub(rb"\r\nDate: [^\r]*", b"", raw)


def as_read(raw):
    """With no line cut in two for the way."""
    mail = message_from_bytes(raw, policy=policy.default)
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    new_each_time = {"Date", "Content-Type"}
    heads = [f"{name}: {value}\n" for name, value in mail.items() if name not in new_each_time]
    return "".join([*heads, *map(str, parts)])


def test_two_letters_of_one_edition_differ_exactly_in_what_is_theirs(petition):
    make_office(petition, name="Minister", email="minister@office.example")
    make_office(petition, name="Speaker", email="speaker@office.example")
    close_batch(petition, now=NOW)
    desk = LetterDesk()

    letters = []
    for delivery in deliveries():
        raw = as_read(desk.compose(delivery))
        local = re.search(r"Reply-To: letters\+(\S+)@", raw)[1]
        own = [
            delivery.message_id,
            delivery.office.email,
            local,
            delivery.office.name,
            token_of(delivery.office_page),
        ]
        for each in own:
            assert each in raw
            raw = raw.replace(each, "(own)")
        letters.append(raw)

    assert letters[0] == letters[1]


def test_a_letter_of_an_edition_is_the_letter_that_would_be_written_alone(petition):
    for number, name in enumerate(["Minister", AWKWARD, "Міністр"]):
        make_office(petition, name=name, email=f"o{number}@office.example")
    close_batch(petition, now=NOW)
    shared = LetterDesk()

    for delivery in deliveries():
        together, alone = shared.compose(delivery), LetterDesk().compose(delivery)

        lint(together)
        together, alone = map(without_what_each_mail_has_anew, (together, alone))
        assert together == alone


def test_what_an_office_is_called_comes_out_as_it_is(petition):
    make_office(petition)
    make_office(petition, name=AWKWARD)
    close_batch(petition, now=NOW)
    desk = LetterDesk()
    raw = [desk.compose(delivery) for delivery in deliveries()]

    (mail,) = [
        each
        for each in (message_from_bytes(one, policy=policy.default) for one in raw)
        if each["Subject"] == f"To {AWKWARD}"
    ]
    text = text_of(mail)
    assert text.startswith(f"Dear {AWKWARD},\n\nThis letter carries 1 new signature.")
    assert f"\n\nMinistry, please.\n\n{AWKWARD} can.\n" in text
    html = mail.get_body(("html",)).get_content()
    escaped = (
        "Amt &amp; &lt;b&gt;Co&lt;/b&gt; &#x27;für&#x27; &quot;Ž&quot; \\1 \\g&lt;0&gt; {office}"
        " mark0123456789abcdef %s =3D"
    )
    assert f"<p>Dear {escaped},</p>" in html
    assert f"<p>{escaped} can.</p>" in html
    assert f"<title>To {escaped}</title>" in html


def test_no_mark_of_an_edition_is_left_in_a_letter(petition):
    office = make_office(petition, country="")
    petition.texts.update(letter="{country} {organisation} {office} [x]({petition_link})")
    close_batch(petition, now=NOW)

    raw = LetterDesk().compose(deliveries()[0])

    mail = message_from_bytes(raw, policy=policy.default)
    assert "Ministry Ministry Minister" in text_of(mail)
    assert office.name in mail["Subject"]
    assert not re.search(rb"mark[0-9a-f]{8}", raw)


def test_a_further_letter_asks_the_database_for_nothing(petition, django_assert_num_queries):
    for number in range(3):
        office = make_office(petition, name=f"Minister {number}")
        OfficeName.objects.create(office=office, language="en", name=f"Named {number}")
    close_batch(petition, now=NOW)
    first, *others = deliveries()
    desk = LetterDesk()
    desk.compose(first)

    with django_assert_num_queries(0):
        letters = [desk.compose(delivery) for delivery in others]

    subjects = [message_from_bytes(each, policy=policy.default)["Subject"] for each in letters]
    assert subjects == ["To Named 1", "To Named 2"]


def test_words_that_were_approved_anew_are_in_the_next_letter(petition):
    make_office(petition, name="One")
    make_office(petition, name="Two")
    close_batch(petition, now=NOW)
    desk = LetterDesk()
    desk.compose(deliveries()[0])
    petition.texts.update(letter_subject="New words")
    petition.withdraw_approval()
    petition.approve_letters(by=None, now=timezone.now())

    mail = message_from_bytes(desk.compose(deliveries()[1]), policy=policy.default)

    assert mail["Subject"] == "New words"


def test_only_who_had_a_name_is_told_to_delete_it_within_one_batch(ask):
    petition = make_petition()
    told, other = make_office(petition, name="Told"), make_office(petition, name="Other")
    mailing = ask(make_wish(petition), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)
    reference = str(Signature.objects.get().pk)
    close_batch(petition, now=NOW)
    Delivery.objects.filter(office=told).update(state=Delivery.State.SENT)
    withdraw(mailing.withdraw_token, now=NOW)
    batch = close_batch(petition, now=NOW)
    desk = LetterDesk()

    letters = {
        each.office: text_of(message_from_bytes(desk.compose(each), policy=policy.default))
        for each in deliveries()
        if each.batch_id == batch.pk
    }

    assert reference in letters[told]
    assert reference not in letters[other]


def test_offices_of_two_countries_read_their_own_numbers(petition):
    make_signature(petition, country="DE")
    make_signature(petition, country="DE")
    offices = [make_office(petition, name=country, country=country) for country in ("DE", "LT")]
    close_batch(petition, now=NOW)
    desk = LetterDesk()

    texts = {
        each.office: text_of(message_from_bytes(desk.compose(each), policy=policy.default))
        for each in deliveries()
    }

    assert "2 of them live in your country, Germany." in texts[offices[0]]
    assert "1 of them lives in your country, Lithuania." in texts[offices[1]]
    assert "Please act." not in texts[offices[0]]
