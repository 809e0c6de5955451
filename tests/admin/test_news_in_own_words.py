"""An organizer writes to supporters: words, audience, a look, a test, a typed number, once."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from petitions.models import (
    AuditEntry,
    NewsDelivery,
    NewsItem,
    NewsLetter,
    NewsText,
    NewsTrial,
    PetitionUpdate,
)
from tests.makers import make_news, make_petition, make_subscriber

LETTERS = "/admin/petitions/newsletter/"
ENGLISH = {"en": ("We were heard", "The council *answered*.")}


@pytest.fixture
def subscribers(organizer):
    for number, language in enumerate(("en", "en", "uk")):
        make_subscriber(f"{number}@mail.example", language=language, country="LT")


def send_url(letter):
    return f"{LETTERS}{letter.pk}/send/"


def typed(*texts, **changes):
    """The form as its page sends it."""
    form = {
        "others": "first",
        "texts-TOTAL_FORMS": len(texts),
        "texts-INITIAL_FORMS": 0,
    }
    for number, (language, subject, body) in enumerate(texts):
        words = {"language": language, "subject": subject, "body": body}
        form |= {f"texts-{number}-{name}": word for name, word in words.items()}
    return form | changes


def sending(letter, number, **changes):
    return {"do": "send", "number": number, "typed": str(number)} | {
        "seen": letter.fingerprint(),
        **changes,
    }


# --- Writing


def test_what_is_written_leads_to_a_look_at_it(organizer, subscribers):
    petition = make_petition()
    form = typed(
        ("en", "We were heard", "The council *answered*."),
        ("uk", "Нас почули", "Так."),
        petitions=[petition.pk],
        countries=["LT"],
        about=petition.pk,
    )

    page = organizer.post(f"{LETTERS}add/", form, follow=True).text

    letter = NewsLetter.objects.get()
    assert letter.countries == ["LT"]
    assert set(letter.petitions.all()) == {petition}
    assert "We were heard" in page
    assert "&lt;em&gt;answered&lt;/em&gt;" in page
    assert "Нас почули" in page


@pytest.mark.parametrize(
    ("subject", "body", "complaint"),
    [
        ("Two\x0blines", "Yes.", "invisible character"),
        ("Heard", "See ![us](https://elsewhere.example/p.gif)", "pictures"),
        ("Heard", "Yes.\u202e", "invisible character"),
    ],
)
def test_what_a_mail_cannot_hold_is_refused_and_nothing_typed_is_lost(
    organizer, subject, body, complaint
):
    page = organizer.post(f"{LETTERS}add/", typed(("en", subject, body))).text

    assert complaint in page
    assert "Yes." in page or "elsewhere.example" in page
    assert not NewsText.objects.exists()


def test_the_preview_follows_the_form_and_saves_nothing(organizer):
    petition = make_petition()
    form = typed(("en", "Heard", "Yes, *heard*."), about=petition.pk)

    page = organizer.post(f"{LETTERS}samples/", form | {"part": "1"}).text

    assert "&lt;em&gt;heard&lt;/em&gt;" in page
    assert "Title of ask 1" in page
    assert not NewsLetter.objects.exists()
    assert "Nothing has been saved." in organizer.post(f"{LETTERS}samples/", form).text


def test_an_update_fills_in_its_words_in_each_language(organizer):
    petition = make_petition()
    for language, title in (("en", "A step"), ("uk", "Крок")):
        PetitionUpdate.objects.create(
            petition=petition,
            language=language,
            happened_on=timezone.localdate(),
            title=title,
            body=f"{title}!",
        )
    update = PetitionUpdate.objects.get(language="en")
    link = f"{LETTERS}add/?update={update.pk}"
    assert link in organizer.get(f"/admin/petitions/petitionupdate/{update.pk}/change/").text

    page = organizer.get(link).text

    for words in ("A step", "Крок!"):
        assert words in page
    form = typed(("en", "A step", "A step!"), ("uk", "Крок", "Крок!"), about=petition.pk)
    organizer.post(link, form)
    assert NewsText.objects.count() == 2


def test_what_was_sent_is_neither_changed_nor_deleted(organizer, subscribers):
    letter = make_news(ENGLISH)
    organizer.post(send_url(letter), sending(letter, 3))
    form = typed(("en", "Other words", "No."), **{"texts-0-letter": letter.pk})

    answer = organizer.post(f"{LETTERS}{letter.pk}/change/", form)
    deleted = organizer.post(f"{LETTERS}{letter.pk}/delete/", {"post": "yes"})

    assert (answer.status_code, deleted.status_code) == (403, 403)
    assert NewsText.objects.get().subject == "We were heard"
    assert organizer.get(f"{LETTERS}{letter.pk}/change/").status_code == 200


# --- Looking and sending


def test_the_page_counts_who_gets_which_words(organizer, subscribers):
    make_subscriber("old@mail.example", language="pl")
    letter = make_news(ENGLISH | {"uk": ("Нас почули", "Так.")}, others="left_out")

    page = " ".join(organizer.get(send_url(letter)).text.split())

    assert "English: 2, Українська: 1" in page
    assert "Lithuania: 3" in page
    assert "1 supporter in whose language there are no words" in page
    assert "Send to 3 supporters" in page


def test_the_typed_number_sends_it_once_and_leaves_a_line(organizer, subscribers):
    letter = make_news(ENGLISH)
    page = organizer.post(send_url(letter), sending(letter, 3), follow=True).text

    assert "It goes out to 3 supporters." in page
    again = organizer.post(send_url(letter), sending(letter, 3), follow=True).text

    assert "This has been sent already." in again
    assert "Send to 3" not in again
    assert NewsDelivery.objects.count() == 3
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.count, entry.selection) == ("tell", 3, "We were heard")


@pytest.mark.parametrize("typed_number", ["", "2", "30"])
def test_another_number_sends_nothing(organizer, subscribers, typed_number):
    letter = make_news(ENGLISH)

    page = organizer.post(send_url(letter), sending(letter, 3, typed=typed_number)).text

    assert "not the number" in page or "required" in page
    assert not NewsItem.objects.exists()


def test_who_mistyped_it_types_the_number_of_now(organizer, subscribers):
    letter = make_news(ENGLISH)
    form = sending(letter, 3, typed="33")
    make_subscriber("new@mail.example")

    page = organizer.post(send_url(letter), form).text

    assert "Send to 4 supporters" in page
    assert 'name="number" value="4"' in page
    assert 'value="33"' in page


def test_a_number_may_be_typed_as_it_is_shown(organizer, subscribers):
    letter = make_news(ENGLISH)

    organizer.post(send_url(letter), sending(letter, 1234, typed="1,234"))

    assert NewsItem.objects.get().recipients == 3


def test_words_that_somebody_changed_meanwhile_are_not_sent(organizer, subscribers):
    letter = make_news(ENGLISH)
    form = sending(letter, 3)
    NewsText.objects.update(body="Something else.")

    page = organizer.post(send_url(letter), form, follow=True).text

    assert "have changed since you looked" in page
    assert not NewsItem.objects.exists()


def test_without_words_in_the_first_language_the_page_says_what_is_missing(organizer, subscribers):
    letter = make_news({"uk": ("Нас почули", "Так.")})

    page = organizer.get(send_url(letter)).text

    assert "no text in the campaign’s first language" in page
    assert "Send to" not in page


def test_a_draft_that_is_none_is_refused(organizer):
    assert organizer.get(f"{LETTERS}99/send/").status_code == 403


# --- Testing


def test_a_test_is_sealed_for_the_mailer_and_leaves_a_line_without_the_address(organizer):
    letter = make_news(ENGLISH)
    form = {"do": "try", "address": "Olga.Canary@mail.example", "language": "en"}

    page = organizer.post(send_url(letter), form, follow=True).text

    assert "waits for the mailer" in page
    trial = NewsTrial.objects.get()
    assert b"canary" not in bytes(trial.box).lower()
    assert "canary" not in page.lower()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.selection) == ("try_news", "We were heard")


def test_what_is_no_address_is_said_beside_what_was_typed(organizer):
    page = organizer.post(send_url(make_news(ENGLISH)), {"do": "try", "address": "olga@"}).text

    assert "This can&#x27;t be an address." in page
    assert 'value="olga@"' in page
    assert not NewsTrial.objects.exists()


def test_the_sixth_test_in_an_hour_waits(organizer):
    letter = make_news(ENGLISH)
    form = {"do": "try", "address": "olga@mail.example"}
    for _ in range(6):
        page = organizer.post(send_url(letter), form, follow=True).text

    assert "five tests in an hour" in page
    assert NewsTrial.objects.count() == 5


# --- While it goes out


@pytest.fixture
def item(organizer, subscribers):
    letter = make_news(ENGLISH)
    organizer.post(send_url(letter), sending(letter, 3))
    return NewsItem.objects.get()


def hold_url(item):
    return f"/admin/petitions/newsitem/{item.pk}/hold/"


def test_it_is_paused_and_goes_on(organizer, item):
    assert hold_url(item) in organizer.get(send_url(item.letter)).text

    organizer.post(hold_url(item), {"do": "pause"})
    item.refresh_from_db()
    assert item.state == NewsItem.State.PAUSED
    page = organizer.get(hold_url(item)).text
    assert "Let it go on" in page
    organizer.post(hold_url(item), {"do": "resume"})

    item.refresh_from_db()
    assert item.state == NewsItem.State.GOING
    said = AuditEntry.objects.order_by("id").values_list("action", "count")
    assert list(said)[1:] == [("hold_news", 3), ("go_news", 3)]


def test_it_is_stopped_for_good_by_who_is_sure(organizer, item):
    unsure = organizer.post(hold_url(item), {"do": "stop"}, follow=True).text
    item.refresh_from_db()
    assert "tick that you are sure" in unsure
    assert item.state == NewsItem.State.GOING

    organizer.post(hold_url(item), {"do": "stop", "sure": "on"})
    again = organizer.post(hold_url(item), {"do": "resume"}, follow=True).text

    item.refresh_from_db()
    assert item.state == NewsItem.State.STOPPED
    assert "nothing was changed" in again
    assert AuditEntry.objects.filter(action="stop_news").count() == 1


def test_the_lists_cost_the_same_for_one_and_for_three(organizer):
    def queries(url):
        with CaptureQueriesContext(connection) as counted:
            organizer.get(url)
        return len(counted)

    olga = User.objects.get(username="olga")

    def one_more():
        letter = make_news(ENGLISH, about=make_petition(NewsLetter.objects.count() + 1))
        NewsItem.objects.create(letter=letter, told_at=timezone.now(), told_by=olga, recipients=1)

    one_more()
    urls = (LETTERS, "/admin/petitions/newsitem/")
    first = [queries(url) for url in urls]
    one_more()
    one_more()

    assert [queries(url) for url in urls] == first
