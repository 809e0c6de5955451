"""Every mail that the site sends, in every language: in good form, and no spam."""

import os
import re
import shutil
import subprocess
from email import message_from_bytes, policy

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from django.utils.translation import override

from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.models import Delivery, Office, Petition, SignRequest
from petitions.news.mails import compose_letter
from petitions.news.mails import compose_mail as compose_news
from petitions.signatures.confirmation_mail import compose_mail
from petitions.signatures.tokens import make_token
from tests.database import fill_with_the_campaign
from tests.mail_lint import lint, lint_headers
from tests.mailbox import text_of
from tests.makers import make_answer, make_news, make_office, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LANGUAGES = [code for code, _ in django_settings.LANGUAGES]
SIGNERS = ["Šarūnas Žukauskas", "Оксана Ґеник", "Ann O'Neill", "Nguyễn Thị 🕊️"]
ANSWER = (
    "Gerbiamieji,\n\nDėkojame už [laišką](https://elsewhere.example/). **Svarstysime.**"
    + " Ąžuolas." * 80
)
NO_SPAMASSASSIN = "No SpamAssassin here: install Debian's `spamassassin`."


@pytest.fixture
def petition(keys):
    fill_with_the_campaign()
    Office.objects.all().delete()
    return Petition.objects.get(number=1)


@pytest.fixture
def letters(petition):
    """The first ask's letter as it goes out, by language."""
    for language in LANGUAGES:
        make_office(petition, name=office_in(language), language=language)
    for name in SIGNERS * 10:  # so many that a filter would have something to find
        make_signature(petition, name=name)
    close_batch(petition, now=NOW)
    desk = LetterDesk()
    deliveries = Delivery.objects.select_related("office")
    return {delivery.office.language: desk.compose(delivery) for delivery in deliveries}


@pytest.fixture
def confirmations(petition, ask):
    """The confirmation mail, by language."""

    def ask_in(language):
        SignRequest.objects.all().delete()
        mailing = ask(make_wish(petition, language=language), now=NOW)
        request = SignRequest.objects.get()
        return mailing, compose_mail(request, mailing).message().as_bytes(linesep="\r\n")

    return {language: ask_in(language) for language in LANGUAGES}


@pytest.fixture
def news(letters):
    """The news of an answer, by language; its answer is in yet another."""
    delivery = Delivery.objects.get(office__language="lt")
    answer = make_answer(delivery, body=ANSWER, language="lt")

    def tell_in(language):
        mail = compose_news(
            answer,
            language=language,
            address="ann@mail.example",
            stop_token=make_token(),
            mail_id="<a@fiveasks.example>",
        )
        return mail.message().as_bytes(linesep="\r\n")

    return {language: tell_in(language) for language in LANGUAGES}


@pytest.fixture
def own_words(petition):
    """News in the organizers' own words, by language."""
    texts = {code: petition.text_in(code) for code in LANGUAGES}
    words = {code: (text.short_title, text.body[:2000]) for code, text in texts.items()}
    letter = make_news(words, about=petition)

    def written_in(text):
        mail = compose_letter(
            letter,
            text,
            address="ann@mail.example",
            stop_token=make_token(),
            mail_id="<a@fiveasks.example>",
        )
        return mail.message().as_bytes(linesep="\r\n")

    return {text.language: written_in(text) for text in letter.texts.all()}


def office_in(language):
    return f"Офіс “Łódź” {language}"


def read(raw):
    return message_from_bytes(raw, policy=policy.default)


def test_every_letter_is_in_good_form_and_says_what_was_written(letters, petition):
    assert set(letters) == set(LANGUAGES)
    for language, raw in letters.items():
        lint(raw)
        lint_headers(raw, domain="fiveasks.example")
        mail = read(raw)
        with override(language):
            text = petition.text
        assert mail["Subject"] == text.letter_subject
        salutation = text.letter_salutation.replace("{office}", office_in(language))
        begin, _, rest = text_of(mail).partition(f"\n\n{text.letter}\n")
        assert begin.startswith(f"{salutation}\n\n")
        assert "40" in begin, "its own signers come first"
        assert rest
        assert mail["List-Id"] == "<letters.fiveasks.example>"
        signers, book, _receipts = mail.iter_attachments()
        assert all(name in signers.get_content().decode() for name in SIGNERS)
        assert book.get_content_type() == "application/pdf"


def test_every_confirmation_mail_is_in_good_form_and_has_its_button(confirmations):
    for language, (mailing, raw) in confirmations.items():
        lint(raw)
        lint_headers(raw, domain="fiveasks.example")
        mail = read(raw)
        receipt = f"{django_settings.SITE_URL}/{language}/receipt/{mailing.withdraw_token}/"
        assert f"\n{receipt}\n" in text_of(mail)
        assert f"\r\nList-Unsubscribe: <{receipt}not-me/>\r\n".encode() in raw
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "List-Id" not in mail


def test_all_news_is_in_good_form_and_ends_with_one_click(news):
    for language, raw in news.items():
        lint(raw)
        lint_headers(raw, domain="fiveasks.example")
        mail = read(raw)
        text = text_of(mail)
        assert office_in("lt") in text
        assert f"{django_settings.SITE_URL}/{language}/petitions/" in text
        assert "> Dėkojame už laišką. Svarstysime. Ąžuolas." in text
        assert "elsewhere.example" not in raw.decode() + text
        (stop,) = re.findall(rf"{django_settings.SITE_URL}/{language}/news/\S+/stop/", text)
        assert f"List-Unsubscribe: <{stop}>\r\n".encode() in raw.replace(b"\r\n ", b" ")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Id"] == "<news.fiveasks.example>"


def test_all_news_in_own_words_is_in_good_form_and_ends_with_one_click(own_words, petition):
    assert set(own_words) == set(LANGUAGES)
    for language, raw in own_words.items():
        lint(raw)
        lint_headers(raw, domain="fiveasks.example")
        mail = read(raw)
        text, html = text_of(mail), mail.get_body(("html",)).get_content()
        assert mail["Subject"] == petition.text_in(language).short_title
        with override(language):
            link = f"{django_settings.SITE_URL}{petition.get_absolute_url()}"
            assert petition.text.title in text
        assert link in text
        assert link in html
        (stop,) = re.findall(rf"{django_settings.SITE_URL}/{language}/news/\S+/stop/", text)
        assert f"List-Unsubscribe: <{stop}>\r\n".encode() in raw.replace(b"\r\n ", b" ")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Id"] == "<news.fiveasks.example>"


def test_spamassassin_finds_next_to_nothing_in_any_of_them(
    letters, confirmations, news, own_words, tmp_path, show
):
    program = shutil.which("spamassassin")
    if program is None:
        missing = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        missing(NO_SPAMASSASSIN)
    mails = [*letters.values(), *(raw for _, raw in confirmations.values()), *news.values()]
    mails += own_words.values()
    for number, raw in enumerate(mails):
        (tmp_path / f"{number:02}").write_bytes(raw)

    judged = subprocess.run(
        [program, "--local", "--test-mode", *sorted(tmp_path.glob("[0-9][0-9]"))],
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        check=True,
    ).stdout.decode("utf-8", "replace")  # its report cuts previews within characters

    found = re.findall(
        r"X-Spam-Status: \w+, score=(-?[\d.]+) [^:]*?tests=([^=]*?) autolearn", judged
    )
    assert len(found) == len(mails)
    worst = max(found, key=lambda each: float(each[0]))
    show(
        f"SpamAssassin's score of the worst of {len(mails)} mails: {worst[0]} ({' '.join(worst[1].split())})"
    )
    assert float(worst[0]) < 1
