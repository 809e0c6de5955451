"""An organizer opens, ends and shows a petition, and writes in two languages at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.models import AuditEntry, Petition, PetitionText, PetitionUpdate, Tally
from tests.makers import make_petition

ADMIN = "/admin/petitions/petition/"
UPDATES = "/admin/petitions/petitionupdate/"
State = Petition.State


def publication(petition):
    return f"{ADMIN}{petition.pk}/publication/"


def texts(petition, query="?left=en&right=uk"):
    return f"{ADMIN}{petition.pk}/texts/{query}"


# --- States


def test_a_draft_is_opened_by_a_button_that_says_what_it_means(organizer, client):
    petition = make_petition(state=State.DRAFT)
    page = organizer.get(publication(petition)).text
    assert "Everybody sees its page, in every language, and can sign." in page

    organizer.post(publication(petition), {"seen": "draft", "to": "open", "reason": "We begin"})

    assert client.get("/en/petitions/ask-1/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.selection, entry.reason) == (
        "olga",
        "state",
        "1. ask-1: open",
        "We begin",
    )


def test_the_page_counts_what_an_end_means_for(organizer):
    petition = make_petition()
    Tally.objects.change(petition_ids=[petition.pk], country="LT", by=1234)

    page = organizer.get(publication(petition)).text

    assert "1,234" in page
    assert "still confirm by the mailed link for 72 hours" in page
    assert "Take it back to a draft" not in page


def test_a_page_that_is_older_than_the_state_changes_nothing(organizer):
    petition = make_petition(state=State.WON)

    page = organizer.post(publication(petition), {"seen": "open", "to": "closed"}, follow=True)

    assert "Somebody else changed its state meanwhile" in page.text
    assert Petition.objects.get().state == "won"
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("sent", [{"seen": "open"}, {"seen": "x", "to": "won"}, {"do": "x"}])
def test_what_no_page_sends_changes_nothing(organizer, sent):
    petition = make_petition()

    organizer.post(publication(petition), sent)

    assert Petition.objects.get().state == "open"


def test_a_draft_without_words_can_not_be_opened_and_has_no_preview(organizer):
    petition = make_petition(state=State.DRAFT)
    petition.texts.all().delete()

    organizer.post(publication(petition), {"seen": "draft", "to": "open"})
    organizer.post(publication(petition), {"do": "make-preview"})

    petition.refresh_from_db()
    assert (petition.state, petition.preview_token) == ("draft", None)


def test_what_ended_without_an_outcome_reminds_of_it(organizer):
    petition = make_petition(state=State.WON)

    assert "does not say yet what came of it" in organizer.get(publication(petition)).text
    petition.texts.update(outcome="It worked.")
    assert "does not say yet what came of it" not in organizer.get(publication(petition)).text


def test_a_preview_link_is_made_shown_again_and_ended(organizer, client):
    petition = make_petition(state=State.DRAFT)
    organizer.post(publication(petition), {"do": "make-preview"})
    petition.refresh_from_db()
    link = f"/preview/{petition.preview_token}/"
    assert link in organizer.get(publication(petition)).text
    assert client.get(link, follow=True).status_code == 200

    organizer.post(publication(petition), {"do": "end-preview"})

    assert client.get(link, follow=True).status_code == 404
    lines = AuditEntry.objects.order_by("pk").values_list("selection", flat=True)
    assert [line.partition(": ")[2] for line in lines] == [
        "a preview link was made",
        "its preview link was ended",
    ]


# --- Texts side by side


def typed(text, **changes):
    values = {name: getattr(text, name) for name in PetitionText.WORDS}
    seen = text.changed_at.isoformat() if text.pk else ""
    return {f"{text.language}-{name}": value for name, value in (values | changes).items()} | {
        f"{text.language}-seen": seen
    }


def in_ukrainian(petition, **changes):
    words = petition.texts.get(language="en")
    return PetitionText.objects.create(
        petition=petition,
        language="uk",
        **{name: getattr(words, name) for name in PetitionText.WORDS} | changes,
    )


def test_a_missing_language_is_written_beside_the_first(organizer):
    petition = make_petition()
    english = petition.texts.get()
    new = PetitionText(petition=petition, language="uk")
    words = {name: getattr(english, name) for name in PetitionText.WORDS} | {"title": "Заголовок"}

    organizer.post(texts(petition), typed(english) | typed(new, **words))

    assert petition.texts.get(language="uk").title == "Заголовок"
    assert petition.texts.get(language="en").changed_at == english.changed_at


def test_an_empty_side_is_no_text(organizer):
    petition = make_petition()
    english = petition.texts.get()
    new = PetitionText(petition=petition, language="uk")

    page = organizer.post(texts(petition), typed(english) | typed(new), follow=True)

    assert "Nothing was changed." in page.text
    assert petition.texts.count() == 1


def test_a_mistake_on_one_side_loses_nothing_on_either(organizer):
    petition = make_petition()
    english, ukrainian = petition.texts.get(), in_ukrainian(petition)
    sent = typed(english, summary="New summary") | typed(ukrainian, title="", demand="Вимога")

    page = organizer.post(texts(petition), sent)

    assert page.text.count('role="alert"') == 1
    for words in ("New summary", "Вимога"):
        assert words in page.text
    assert not petition.texts.filter(summary="New summary").exists()


def test_new_words_of_a_letter_withdraw_its_approval_here_too(organizer):
    petition = make_petition()
    english, ukrainian = petition.texts.get(), in_ukrainian(petition)

    organizer.post(texts(petition), typed(english, title="New") | typed(ukrainian))
    assert Petition.objects.get().letters_approved_at is not None
    english.refresh_from_db()
    page = organizer.post(
        texts(petition), typed(english) | typed(ukrainian, letter="Інакше."), follow=True
    )

    assert "wait until they are approved again" in page.text
    assert Petition.objects.get().letters_approved_at is None


def test_nobody_overwrites_words_they_have_not_seen(organizer):
    petition = make_petition()
    english = petition.texts.get()
    new = PetitionText(petition=petition, language="uk")
    sent = typed(english, title="Mine") | typed(new)
    PetitionText.objects.update(title="Theirs", changed_at=timezone.now() + timedelta(minutes=1))

    page = organizer.post(texts(petition), sent)

    assert "Somebody changed this text while you wrote" in page.text
    assert 'value="Mine"' in page.text
    assert petition.texts.get().title == "Theirs"
    organizer.post(texts(petition), typed(petition.texts.get(), title="Mine") | typed(new))
    assert petition.texts.get().title == "Mine"


def states(browser, petition):
    page = browser.get(texts(petition, ""))
    return {each.code: each.state for each in page.context["languages"]}, page.context["right"]


@pytest.mark.django_db(transaction=True)
def test_a_language_that_is_older_than_the_first_is_to_be_looked_at_again(organizer):
    petition = make_petition()
    english, ukrainian = petition.texts.get(), in_ukrainian(petition)
    found, right = states(organizer, petition)
    assert (found["uk"], found["de"], right) == ("good", "missing", "ru")

    organizer.post(texts(petition), typed(english, title="New") | typed(ukrainian))
    assert states(organizer, petition)[0]["uk"] == "old"
    organizer.post(texts(petition), {"checked": "uk"})

    assert states(organizer, petition)[0]["uk"] == "good"


@pytest.mark.django_db(transaction=True)
def test_languages_that_were_changed_together_are_of_one_mind(organizer):
    petition = make_petition()
    english, ukrainian = petition.texts.get(), in_ukrainian(petition)

    organizer.post(texts(petition), typed(english, title="New") | typed(ukrainian, title="Новий"))

    assert states(organizer, petition)[0]["uk"] == "good"


def test_how_long_a_text_is_stands_beside_how_long_it_may_be(organizer):
    petition = make_petition()

    page = " ".join(organizer.get(texts(petition)).text.split())

    assert 'data-count-of="id_en-title" data-most="100"><b>14</b> / 100' in page


# --- Markdown


def test_markdown_is_shown_as_the_site_will_show_it(organizer):
    sent = {"markdown-of:en-body": "", "en-body": "*Now* <b>x</b>", "part": "1"}

    assert (
        organizer.post(f"{ADMIN}markdown/", sent).text
        == "<p><em>Now</em> &lt;b&gt;x&lt;/b&gt;</p>\n"
    )


def test_without_scripts_the_button_opens_a_page(organizer):
    page = organizer.post(f"{ADMIN}markdown/", {"markdown-of:body": "", "body": "*Now*"})

    assert "<em>Now</em>" in page.text
    assert "Nothing has been saved." in page.text
    assert organizer.post(f"{ADMIN}markdown/", {"body": "*Now*"}).status_code == 400


@pytest.mark.parametrize("kind", ["page", "answer"])
def test_pages_and_answers_have_a_preview_too(organizer, kind):
    assert 'name="markdown-of:body"' in organizer.get(f"/admin/petitions/{kind}/add/").text


# --- Updates


def day(petition, **changes):
    facts = {"petition": petition.pk, "happened_on": "2026-11-01", "publish": "draft"}
    return facts | {"en-title": "Raised", "en-body": "Text."} | changes


def test_an_update_is_written_in_several_languages_at_once(organizer):
    petition = make_petition()
    ukrainian = {"uk-title": "Новина", "uk-body": "Текст.", "milestone": "on", "publish": "now"}

    organizer.post(f"{UPDATES}add/", day(petition, **ukrainian))

    found = {each.language: each for each in PetitionUpdate.objects.published()}
    assert {code: each.title for code, each in found.items()} == {"en": "Raised", "uk": "Новина"}
    assert all(each.milestone for each in found.values())


def test_a_draft_and_a_planned_update_are_not_out(organizer):
    petition = make_petition()
    soon = timezone.now() + timedelta(hours=1)
    later = {"publish": "later", "publish_at": f"{soon:%Y-%m-%dT%H:%M}"}

    organizer.post(f"{UPDATES}add/", day(petition))
    organizer.post(f"{UPDATES}add/", day(petition, happened_on="2026-11-02", **later))

    assert PetitionUpdate.objects.count() == 2
    assert PetitionUpdate.objects.published().count() == 0
    assert "a draft" in organizer.get(UPDATES).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"en-title": ""}, "a title and a text, or neither"),
        ({"en-title": "", "en-body": ""}, "words in at least one language"),
        ({"publish": "later"}, "a time that is still to come"),
        ({"publish": "later", "publish_at": "2020-01-01T00:00"}, "a time that is still to come"),
        ({"happened_on": "2026-10-01"}, "another update of this day"),
    ],
)
def test_a_mistake_in_an_update_is_said_and_nothing_is_lost(organizer, changes, words):
    petition = make_petition()
    PetitionUpdate.objects.create(
        petition=petition, language="uk", happened_on="2026-10-01", title="Old", body="Old."
    )
    typed_words = {"uk-title": "Новина", "uk-body": "Текст."}
    if "least" in words:
        typed_words = {}

    page = organizer.post(f"{UPDATES}add/", day(petition, **typed_words | changes))

    assert words in page.text
    for value in typed_words.values():
        assert value in page.text
    assert PetitionUpdate.objects.count() == 1


def test_a_language_that_is_emptied_goes_and_the_time_of_publication_stays(organizer):
    petition = make_petition()
    out = timezone.now() - timedelta(days=3)
    for language in ("en", "uk"):
        PetitionUpdate.objects.create(
            petition=petition,
            language=language,
            happened_on="2026-11-01",
            title="Old",
            body="Old.",
            published_at=out,
        )
    page = f"{UPDATES}{PetitionUpdate.objects.get(language='uk').pk}/change/"
    assert organizer.get(page).text.count("Old.") == 2

    organizer.post(page, day(petition, publish="now", happened_on="2026-11-03"))

    (left,) = PetitionUpdate.objects.all()
    assert (left.language, left.title, left.published_at) == ("en", "Raised", out)
    assert str(left.happened_on) == "2026-11-03"


def test_the_list_has_a_line_for_each_day_and_deleting_it_takes_all_languages(organizer):
    petition = make_petition()
    for language in ("uk", "en", "de"):
        PetitionUpdate.objects.create(
            petition=petition, language=language, happened_on="2026-11-01", title=language, body="x"
        )

    (line,) = organizer.get(UPDATES).context["cl"].result_list
    assert (line.language, line.spoken) == ("en", "de, en, uk")
    organizer.post(f"{UPDATES}{line.pk}/delete/", {"post": "yes"})

    assert not PetitionUpdate.objects.exists()


# --- The petition's form


def test_what_can_not_be_published_can_not_be_planned(organizer):
    data = {"number": 7, "slug": "new-ask", "goal": 100, "batch_days": 7}
    data |= {"texts-TOTAL_FORMS": 0, "texts-INITIAL_FORMS": 0}
    plan = {"opens_at_0": "2030-01-01", "opens_at_1": "12:00:00"}

    page = organizer.post(f"{ADMIN}add/", data | plan)

    assert "What opens by itself needs a text" in page.text
    plan |= {"closes_at_0": "2029-01-01", "closes_at_1": "12:00:00"}
    assert "close before it opens" in organizer.post(f"{ADMIN}add/", data | plan).text


def test_the_list_says_what_is_planned_and_which_languages_are_good(organizer):
    petition = make_petition(state=State.DRAFT)
    Petition.objects.update(opens_at="2030-01-01T12:00Z")

    page = organizer.get(ADMIN).text

    assert "opens Jan. 1, 2030, noon UTC" in page or "opens 1 January 2030" in page
    assert "1 of 8 up to date" in page
    assert organizer.get(f"{ADMIN}{petition.pk}/change/").text.count("State and preview") == 1
