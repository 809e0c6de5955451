"""News in the organizers' own words: to whom it is for, once, and not a mail more."""

import logging
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from petitions.delivery.smtp import RelayConnection
from petitions.models import MailHour, NewsDelivery, NewsItem, NewsSubscriber, NewsText
from petitions.models.clock import database_now, this_hour
from petitions.news import hold, queue
from petitions.news.audience import Audience
from petitions.news.mails import NewsDesk
from petitions.news.send import send_mail, send_news
from petitions.news.tell import CannotTell, send_letter
from petitions.signatures.addresses import domain_key
from petitions.signatures.confirm import confirm
from petitions.signatures.withdraw import end_news, withdraw_some
from tests.mail_lint import lint, lint_headers
from tests.mailbox import link_in, text_of
from tests.makers import make_news, make_petition, make_subscriber, make_wish
from tests.news.conftest import wait_no_longer

pytestmark = pytest.mark.django_db(transaction=True)
State = NewsDelivery.State
ENGLISH = {"en": ("We were heard", "The council *answered*.\n\n- one\n- two")}


@pytest.fixture
def send(keys):
    """An organizer sends a draft after a look at it."""

    def send_now(letter, *, seen=None):
        by = User.objects.get_or_create(username="olga")[0]
        seen = seen or letter.fingerprint()
        return send_letter(letter, seen=seen, by=by, now=database_now())

    return send_now


def recipients_of(mailbox):
    return sorted(mail["To"].partition("@")[0] for mail in mailbox.mails())


# --- What they read


def test_a_supporter_reads_the_organizers_words(send, mailbox):
    petition = make_petition()
    make_subscriber("ann@mail.example")
    send(make_news(ENGLISH, about=petition))

    assert send_news() == 1

    (raw,) = mailbox.raw()
    lint(raw)
    lint_headers(raw, domain="fiveasks.example")
    (mail,) = mailbox.mails_to("ann@mail.example")
    assert mail["Subject"] == "We were heard"
    assert mail["List-Id"] == "<news.fiveasks.example>"
    text, html = text_of(mail), mail.get_body(("html",)).get_content()
    assert text.startswith("The council *answered*.\n\n- one\n- two\n")
    assert "<em>answered</em>" in html
    assert "<li>one</li>" in html
    for words in (text, html):
        assert "Title of ask 1" in words
        assert "/en/petitions/ask-1/" in words
    stop = link_in(mail, "news")
    assert mail["List-Unsubscribe"].endswith(f"{stop}>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_one_click_ends_it_and_a_look_does_not(send, mailbox, client):
    make_subscriber()
    send(make_news(ENGLISH))
    send_news()
    (mail,) = mailbox.mails()
    link = link_in(mail, "news")

    client.get(link)
    assert NewsSubscriber.objects.count() == 1
    client.post(link, {"List-Unsubscribe": "One-Click"})
    assert not NewsSubscriber.objects.exists()


def test_each_reads_their_language_or_the_first_one(send, mailbox):
    make_subscriber("ann@mail.example", language="uk")
    make_subscriber("bob@mail.example", language="pl")
    send(make_news(ENGLISH | {"uk": ("Нас почули", "Рада відповіла.")}))
    send_news()

    (ann,), (bob,) = (mailbox.mails_to(f"{each}@mail.example") for each in ("ann", "bob"))
    assert (ann["Subject"], bob["Subject"]) == ("Нас почули", "We were heard")
    assert '<html lang="uk"' in ann.get_body(("html",)).get_content()
    assert link_in(ann, "news").startswith("/uk/")
    assert link_in(bob, "news").startswith("/en/")


def test_where_organizers_want_it_readers_of_other_languages_are_left_out(send, mailbox):
    for language in ("uk", "pl"):
        make_subscriber(f"{language}@mail.example", language=language)
    item = send(make_news({"uk": ("Нас почули", "Так.")}, others="left_out"))
    send_news()

    assert item.recipients == 1
    assert recipients_of(mailbox) == ["uk"]


# --- For whom it is


@pytest.fixture
def crowd(keys):
    one, two = make_petition(1), make_petition(2)
    make_subscriber("before@mail.example")
    make_subscriber("one.lt@mail.example", country="LT", signed=[one])
    make_subscriber("both.de@mail.example", country="DE", signed=[one, two], language="de")
    make_subscriber("two.lt@mail.example", country="LT", signed=[two], language="uk")
    return {1: one, 2: two}


@pytest.mark.parametrize(
    ("signed", "narrowed", "expected"),
    [
        ([], {}, ["before", "both.de", "one.lt", "two.lt"]),
        ([1], {}, ["both.de", "one.lt"]),
        ([1, 2], {}, ["both.de", "one.lt", "two.lt"]),
        ([], {"countries": ["LT"]}, ["one.lt", "two.lt"]),
        ([], {"languages": ["en"]}, ["before", "one.lt"]),
        ([2], {"countries": ["LT", "FR"], "languages": ["uk", "de"]}, ["two.lt"]),
    ],
)
def test_it_goes_to_petitions_countries_and_languages(
    crowd, send, mailbox, signed, narrowed, expected
):
    letter = make_news(ENGLISH, signed=[crowd[each] for each in signed], **narrowed)

    counted = sum(Audience.of(letter).count().values())
    item = send(letter)
    send_news()

    assert recipients_of(mailbox) == expected
    assert item.recipients == counted == len(expected)


def test_the_form_that_asks_for_news_says_which_asks_and_country(ask):
    one, two, three = make_petition(1), make_petition(2), make_petition(3)
    now = timezone.now()
    first = ask(make_wish(one, two, news=True, country="LT"), now=now)
    confirm(first.confirm_token, petition_ids=[one.pk], now=now)
    stored = NewsSubscriber.objects.get()
    assert (stored.petition_ids, stored.country) == ([one.pk], "LT")
    assert stored.confirmed_hour.hour == 0

    second = ask(make_wish(three, news=True, country="DE", language="de"), now=now)
    confirm(second.confirm_token, petition_ids=[three.pk], now=now)

    stored = NewsSubscriber.objects.get()
    assert stored.petition_ids == [one.pk, three.pk]
    assert (stored.country, stored.language) == ("DE", "de")
    assert link_ends_news(second.withdraw_token)


def link_ends_news(token):
    end_news(token)
    return not NewsSubscriber.objects.exists()


def test_a_signature_that_is_withdrawn_leaves_the_news_as_it_was(ask):
    one = make_petition(1)
    mailing = ask(make_wish(one, news=True), now=timezone.now())
    confirm(mailing.confirm_token, petition_ids=[one.pk], now=timezone.now())

    withdraw_some(mailing.withdraw_token, petition_ids=[one.pk], now=timezone.now())

    assert NewsSubscriber.objects.get().petition_ids == [one.pk]


# --- Once, and as it was seen


def test_it_is_sent_once(send):
    make_subscriber()
    letter = make_news(ENGLISH)
    send(letter)

    with pytest.raises(CannotTell, match="already"):
        send(letter)
    assert NewsDelivery.objects.count() == 1


def test_of_two_who_send_it_at_once_one_does(send):
    make_subscriber()
    letter = make_news(ENGLISH)
    outcomes = []

    def press():
        try:
            outcomes.append(send(letter).recipients)
        except CannotTell as why:
            outcomes.append(str(why))
        finally:
            connection.close()

    User.objects.create_user("olga")
    pressed = [threading.Thread(target=press) for _ in range(2)]
    for each in pressed:
        each.start()
    for each in pressed:
        each.join(timeout=20)

    assert sorted(outcomes, key=str) == [1, "This has been sent already."]
    assert NewsDelivery.objects.count() == 1


def test_what_was_changed_since_the_look_is_not_sent(send):
    make_subscriber()
    letter = make_news(ENGLISH)
    seen = letter.fingerprint()
    NewsText.objects.update(body="Something else.")

    with pytest.raises(CannotTell, match="changed since you looked"):
        send(letter, seen=seen)
    assert not NewsItem.objects.exists()


@pytest.mark.parametrize("texts", [{}, {"uk": ("Нас почули", "Так.")}])
def test_without_words_for_everybody_it_is_not_sent(send, texts):
    make_subscriber()

    with pytest.raises(CannotTell, match=r"There (are no words|is no text)"):
        send(make_news(texts))


def test_where_nobody_would_hear_it_stays_a_draft(send):
    make_subscriber(language="uk")
    letter = make_news(ENGLISH, languages=["en"])

    with pytest.raises(CannotTell, match="Nobody"):
        send(letter)
    assert not NewsItem.objects.exists()


# --- While it goes out


@pytest.fixture
def item(send):
    for name in ("ann", "bob"):
        make_subscriber(f"{name}@mail.example")
    return send(make_news(ENGLISH))


def test_a_pause_holds_back_what_has_not_gone_out_even_the_mail_in_hand(item, mailbox):
    held = queue.claim()
    assert hold.pause(item)

    with RelayConnection() as smtp:
        assert not send_mail(held, NewsDesk(), smtp)
    assert send_news() == 0

    assert hold.resume(item, now=database_now())
    assert send_news() == 2


def test_after_a_long_pause_a_mail_is_tried_for_days_again(item, relay):
    relay("rcpt 451 4.7.1 Later", "rcpt 451 4.7.1 Later")
    hold.pause(item)
    NewsItem.objects.update(told_at=timezone.now() - timedelta(days=9))
    hold.resume(item, now=database_now())

    assert send_news() == 0

    assert NewsDelivery.objects.filter(state=State.READY).count() == 2


def test_what_is_stopped_never_goes_out_and_leaves_no_row(item, mailbox):
    held = queue.claim()
    assert hold.stop(item)

    with RelayConnection() as smtp:
        assert not send_mail(held, NewsDesk(), smtp)
    assert send_news() == 0

    assert not NewsDelivery.objects.exists()
    assert not hold.resume(item, now=database_now())
    assert not hold.pause(item)
    assert len(mailbox) == 0


def test_who_ends_the_news_while_it_goes_out_gets_no_mail(item, mailbox):
    NewsSubscriber.objects.first().delete()

    assert send_news() == 1


def test_a_killed_worker_loses_nothing_and_sends_nothing_twice(item, relay):
    box = relay("drop after")
    send_news()
    queue.claim()

    for _ in range(3):
        wait_no_longer()
        send_news()

    assert recipients_of(box) == ["ann", "bob"]
    assert not NewsDelivery.objects.exists()


# --- The pace


def test_all_together_keep_to_so_many_a_minute(item, mailbox, settings):
    settings.NEWS_MAILS_A_MINUTE = 1

    assert send_news(seconds=0.5) == 1
    assert send_news(seconds=0.5) == 0

    assert NewsDelivery.objects.filter(state=State.READY, tries=0).count() == 1


def test_news_leaves_half_of_a_domains_hour_to_confirmation_mails(item, mailbox, settings):
    settings.DOMAIN_MAILS_AN_HOUR = 2

    assert send_news() == 1

    waiting = NewsDelivery.objects.get()
    hour = this_hour() + timedelta(hours=1)
    assert hour <= waiting.due_at < hour + timedelta(hours=1)
    assert (waiting.booked, waiting.tries) == (True, 0)
    assert sorted(MailHour.objects.values_list("mails", flat=True)) == [1, 1]
    wait_no_longer()
    assert send_news() == 1
    assert sorted(MailHour.objects.values_list("mails", flat=True)) == [1, 1]


def test_where_confirmation_mails_fill_the_hour_news_waits(item, mailbox, settings):
    settings.DOMAIN_MAILS_AN_HOUR = 4
    MailHour.objects.create(domain_key=domain_key("x@mail.example"), hour=this_hour(), mails=2)

    assert send_news() == 0
    assert NewsDelivery.objects.filter(due_at__gt=timezone.now()).count() == 2


# --- Mailboxes that are gone


NOBODY = "rcpt 550 5.1.1 Nobody"


def test_after_three_mails_to_a_mailbox_that_is_gone_the_news_ends(send, relay):
    make_subscriber()
    relay(NOBODY, NOBODY, NOBODY)
    for left in (1, 1, 0):
        item = send(make_news(ENGLISH))
        send_news()
        assert NewsSubscriber.objects.count() == left

    item.refresh_from_db()
    assert (item.failed, item.ended) == (1, 1)


def test_a_mail_that_arrives_begins_the_count_anew(send, relay):
    make_subscriber()
    relay(NOBODY, NOBODY, "", NOBODY)
    for _ in range(4):
        send(make_news(ENGLISH))
        send_news()

    assert NewsSubscriber.objects.get().refusals == 1


def test_a_relay_that_refuses_everybody_ends_nobodys_news(send, relay):
    make_subscriber()
    relay(*["rcpt 554 5.7.1 Relay access denied"] * 3)
    for _ in range(3):
        send(make_news(ENGLISH))
        send_news()

    assert NewsSubscriber.objects.get().refusals == 0


def test_neither_address_nor_token_is_logged(send, relay, caplog):
    caplog.set_level(logging.DEBUG)
    box = relay("rcpt 451 4.7.1 <unforgettable@mail.example>: busy")
    make_subscriber("unforgettable@mail.example")
    send(make_news(ENGLISH))
    send_news()
    wait_no_longer()
    send_news()
    (mail,) = box.mails()

    ours = " ".join(each.getMessage() for each in caplog.records if each.name != "mail.log")
    assert "refused: 451" in ours
    assert "unforgettable" not in ours
    assert link_in(mail, "news").split("/")[3] not in ours
