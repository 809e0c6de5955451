"""Who asked for news hears of an answer once, in their own language, and can end it."""

import logging

import pytest
from django.utils import timezone

from petitions.models import Answer, NewsDelivery, NewsItem, NewsSubscriber, WithdrawalLink
from petitions.news.send import send_news
from petitions.news.tell import CannotTell
from petitions.signatures.confirm import confirm
from petitions.signatures.withdraw import withdraw
from tests.mailbox import link_in, text_of
from tests.makers import make_office, make_subscriber, make_wish

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_subscriber_reads_which_office_answered_what(answer, tell, mailbox):
    make_subscriber("ann@mail.example")
    tell()

    assert send_news() == 1

    (mail,) = mailbox.mails_to("ann@mail.example")
    assert mail["Subject"] == "An office has answered"
    text, html = text_of(mail), mail.get_body(("html",)).get_content()
    for words in (text, html):
        assert "Foreign Minister, Ministry" in words
        assert "Title of ask 1" in words
        assert "/en/petitions/ask-1/letters/" in words
    assert "\n> We act.\n\n> Soon.\n" in text
    assert '<blockquote lang="en">' in html
    assert link_in(mail, "news").endswith("/stop/")


def test_everybody_hears_of_it_once(answer, tell, mailbox):
    for name in ("ann", "bob", "cat"):
        make_subscriber(f"{name}@mail.example")
    item = tell()

    assert item.recipients == 3
    assert send_news() == 3
    assert send_news() == 0
    assert sorted(mail["To"] for mail in mailbox.mails()) == [
        "ann@mail.example",
        "bob@mail.example",
        "cat@mail.example",
    ]
    item.refresh_from_db()
    assert (item.sent, item.failed) == (3, 0)


def test_each_hears_in_their_own_language_and_the_quote_keeps_its_own(answer, tell, mailbox, words):
    words("uk", {"msgid": "An office has answered", "msgstr": "Установа відповіла"})
    Answer.objects.update(language="lt", body="Mes *veikiame*.")
    make_subscriber("ann@mail.example", language="uk")
    tell()
    send_news()

    (mail,) = mailbox.mails()
    assert mail["Subject"] == "Установа відповіла"
    assert "> Mes veikiame.\n" in text_of(mail)
    html = mail.get_body(("html",)).get_content()
    assert '<html lang="uk">' in html
    assert '<blockquote lang="lt">' in html
    assert link_in(mail, "news").startswith("/uk/news/")


def test_text_is_text_and_html_is_escaped(answer, tell, mailbox):
    make_office(name="O'Neill & <b>Sons</b>")
    office = answer.delivery.office
    office.name = "O'Neill & <b>Sons</b>"
    office.organisation = "Elsewhere"
    office.save()
    make_subscriber()
    tell()
    send_news()

    (mail,) = mailbox.mails()
    assert "O'Neill & <b>Sons</b>" in text_of(mail)
    assert "O&#x27;Neill &amp; &lt;b&gt;Sons" in mail.get_body(("html",)).get_content()


def test_it_is_told_once(answer, tell, mailbox):
    make_subscriber()
    tell()

    with pytest.raises(CannotTell, match="already"):
        tell()
    assert NewsDelivery.objects.count() == 1


def test_a_hidden_answer_is_not_told(answer, tell):
    make_subscriber()
    Answer.objects.update(public=False)

    with pytest.raises(CannotTell, match="not public"):
        tell()
    assert not NewsItem.objects.exists()


def test_where_nobody_would_hear_it_is_not_used_up(answer, tell):
    with pytest.raises(CannotTell, match="Nobody"):
        tell()

    make_subscriber()
    assert tell().recipients == 1


def test_hiding_the_answer_stops_what_has_not_gone_out(answer, tell, mailbox):
    make_subscriber()
    tell()
    Answer.objects.update(public=False)
    assert send_news() == 0

    Answer.objects.update(public=True)
    assert send_news() == 1


def test_who_asks_for_news_later_hears_of_later_answers_only(answer, tell, mailbox):
    make_subscriber("ann@mail.example")
    tell()
    make_subscriber("late@mail.example")

    assert send_news() == 1
    assert not mailbox.mails_to("late@mail.example")


def test_who_erases_everything_hears_nothing_more(answer, tell, ask, mailbox):
    petition = answer.delivery.batch.petition
    mailing = ask(make_wish(petition, news=True), now=timezone.now())
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=timezone.now())
    tell()
    assert NewsDelivery.objects.count() == 1

    withdraw(mailing.withdraw_token, now=timezone.now())

    assert not NewsDelivery.objects.exists()
    assert send_news() == 0


def test_what_is_done_leaves_nothing_that_tells_who_was_written_to(answer, tell, mailbox):
    make_subscriber()
    tell()
    send_news()

    assert not NewsDelivery.objects.exists()
    assert NewsSubscriber.objects.count() == 1


def test_neither_token_nor_address_is_kept_or_logged(answer, tell, relay, caplog):
    caplog.set_level(logging.DEBUG)
    box = relay("rcpt 451 4.7.1 <unforgettable@mail.example>: busy", "rcpt 550 5.1.1 <second@x>")
    make_subscriber("unforgettable@mail.example")
    make_subscriber("second.unforgettable@mail.example")
    tell()
    send_news()
    NewsDelivery.objects.update(due_at=timezone.now())
    send_news()
    (mail,) = box.mails()
    assert "unforgettable" in mail["To"]
    token = link_in(mail, "news").split("/")[3]

    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    kept = repr([list(model.objects.values()) for model in (NewsItem, WithdrawalLink)])
    assert any("refused: 451" in line for line in ours)
    assert "link_hash" in kept
    for text in (" ".join(ours), kept):
        assert "unforgettable" not in text
        assert token not in text
