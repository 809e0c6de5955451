"""An organizer looks at the mails, and lets subscribers hear of an answer, once."""

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Answer, AuditEntry, NewsDelivery, NewsItem
from tests.makers import make_answer, make_office, make_petition, make_signature, make_subscriber

NEWS = "/admin/petitions/newsitem/"


@pytest.fixture
def answer(organizer):
    petition = make_petition()
    make_office(petition, name="Foreign Minister")
    make_signature(petition)
    batch = close_batch(petition, now=timezone.now())
    return make_answer(batch.deliveries.get(), body="We *act*.")


@pytest.fixture
def subscribers(answer):
    for number, language in enumerate(("en", "en", "uk")):
        make_subscriber(f"{number}@mail.example", language=language)


def page_of(answer):
    return f"/admin/petitions/answer/{answer.pk}/change/"


def tell_url(answer):
    return f"/admin/petitions/answer/{answer.pk}/tell/"


def test_the_answers_screen_leads_to_a_preview_in_each_language(organizer, answer, subscribers):
    assert tell_url(answer) in organizer.get(page_of(answer)).text

    page = organizer.get(tell_url(answer)).text

    assert "English: 2" in page
    assert "Українська: 1" in page
    assert "An office has answered" in page
    assert "&gt; We act." in page
    assert "Tell 3 subscribers" in page
    assert not NewsItem.objects.exists()


def test_the_button_tells_everybody_and_leaves_a_line_in_the_audit_trail(
    organizer, answer, subscribers
):
    page = organizer.post(tell_url(answer), follow=True).text

    assert "3 subscribers will hear of this answer." in page
    assert NewsDelivery.objects.count() == 3
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.count, entry.selection) == ("tell", 3, str(answer))
    assert "told subscribers" in organizer.get("/admin/petitions/auditentry/").text


def test_it_can_be_told_once(organizer, answer, subscribers):
    organizer.post(tell_url(answer))

    page = organizer.post(tell_url(answer), follow=True).text

    assert "Subscribers have been told of this answer already." in page
    assert "Tell 3" not in organizer.get(tell_url(answer)).text
    assert "Subscribers were told on" in page
    assert NewsDelivery.objects.count() == 3
    assert AuditEntry.objects.count() == 1


def test_making_it_public_alone_sends_nothing(organizer, answer, subscribers):
    Answer.objects.update(public=False)
    typed = {
        "delivery": answer.delivery_id,
        "answered_on": "2026-11-20",
        "language": "en",
        "body": "We act.",
        "public": "on",
    }

    organizer.post(page_of(answer), typed)

    assert Answer.objects.get().public
    assert not NewsItem.objects.exists()


def test_a_hidden_answer_cannot_be_told(organizer, answer, subscribers):
    Answer.objects.update(public=False)
    assert tell_url(answer) not in organizer.get(page_of(answer)).text
    page = organizer.get(tell_url(answer)).text
    assert "This answer is not public." in page
    assert "Tell 3" not in page

    page = organizer.post(tell_url(answer), follow=True).text

    assert "This answer is not public." in page
    assert not NewsItem.objects.exists()
    assert not AuditEntry.objects.exists()


def test_where_nobody_asked_for_news_the_screen_says_so(organizer, answer):
    page = organizer.get(tell_url(answer)).text

    assert "Nobody has asked for news." in page
    assert "Tell 0" not in page


def test_a_helper_needs_the_right_to_tell(helper, answer, subscribers):
    browser = helper()

    assert browser.post(tell_url(answer)).status_code == 403
    assert tell_url(answer) not in browser.get(page_of(answer)).text
    assert not NewsItem.objects.exists()


def test_a_helper_with_the_right_tells(helper, answer, subscribers):
    browser = helper("tell_subscribers")

    browser.post(tell_url(answer))

    assert NewsItem.objects.get().recipients == 3


def test_an_answer_that_is_none_is_refused(organizer):
    assert organizer.get("/admin/petitions/answer/99/tell/").status_code == 403


def test_the_list_of_news_counts_what_went_out_and_what_waits(organizer, answer, subscribers):
    organizer.post(tell_url(answer))
    NewsItem.objects.update(sent=41, failed=17)

    page = organizer.get(NEWS).text

    row = page.partition('class="field-recipients')[2].partition("</tr>")[0]
    for number in ("41", "17", "3"):
        assert f">{number}<" in "".join(row.split())
    assert organizer.get(f"{NEWS}add/").status_code == 403
    assert NEWS in organizer.get("/admin/").text
