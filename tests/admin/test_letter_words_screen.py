"""The words of letters: checked when they are saved, shown before, approved anew after a change."""

import shutil

import pytest
from django.utils import timezone

from petitions.admin.petitions import Petition
from petitions.content import load_campaign
from petitions.models import PetitionText
from tests.admin.test_petition_screen import TEXT, URL, form
from tests.makers import make_office, make_petition

LETTERS = f"{URL}letters/"


def save(organizer, petition, **words):
    """Post the petition's page as a browser does, with its one text changed."""
    text = petition.texts.get()
    fields = {name: getattr(text, name) for name in TEXT} | words
    fields["letter"] = fields["letter"].replace("\n", "\r\n")
    fields["body"] = fields["body"].replace("\n", "\r\n")
    data = form(
        number=petition.number,
        state=petition.state,
        goal=petition.goal,
        texts=[fields | {"id": text.pk, "petition": petition.pk}],
    )
    data["texts-INITIAL_FORMS"] = 1
    return organizer.post(f"{URL}{petition.pk}/change/", data, follow=True)


def preview(organizer, **words):
    return organizer.post(LETTERS, form(texts=[TEXT | words]) | {"part": "1"})


# --- Saving


@pytest.mark.parametrize(
    ("field", "words", "fault"),
    [
        ("letter_salutation", "Dear {offcie},", "There is no placeholder {offcie}."),
        ("letter", "Dear {office.email},", "There is no placeholder {office.email}."),
        ("letter", "Dear {office!r},", "There is no placeholder {office!r}."),
        ("letter", "{total:>9} people", "There is no placeholder {total:&gt;9}."),
        ("letter", "{0} people and {}", "There is no placeholder {}."),
        ("letter_subject", "To {office", "A brace stands alone in “To {office”."),
        ("letter_subject", "To office}", "A brace stands alone in “To office}”."),
        ("letter", "To {{office}}", "A brace stands alone in “To {{office}}”."),
        ("letter_subject", "One\nBcc: x@mail.example", "Please write this in one line."),
        ("letter_salutation", "Dear\u2028all", "Please write this in one line."),
        ("letter_subject", "x" * 121, "at most 120 characters"),
        ("letter", "x" * 10_001, "at most 10000 characters"),
        ("letter", "[x]({office})", "Only {petition_link} may be the address of a link"),
    ],
)
def test_what_would_go_wrong_in_a_letter_is_said_when_it_is_saved(organizer, field, words, fault):
    petition = make_petition()

    page = save(organizer, petition, **{field: words})

    assert fault in page.text
    assert getattr(petition.texts.get(), field) == getattr(make_text(), field)


def make_text():
    return PetitionText(
        letter_subject="About thing 1",
        letter_salutation="Dear {office},",
        letter="Please do the thing.\n\nYours faithfully,",
    )


def test_the_campaigns_files_are_held_to_the_same_rules(tmp_path, settings, db):
    content = tmp_path / "content"
    shutil.copytree(settings.BASE_DIR / "examples/night-bus", content)
    shutil.rmtree(content / "petitions/2-lit-stops")
    offices = (content / "offices.csv").read_text().replace("1;2", "1").splitlines()
    (content / "offices.csv").write_text("\n".join(offices[:-1]))
    (content / "offices.de.csv").unlink()
    make = content / "petitions/1-night-bus"
    letter = '+++\nsubject = "S"\nsalutation = "Dear {name},"\n+++\nPlease.'
    (make / "letter.en.md").write_text(letter)

    with pytest.raises(
        Exception, match=r"letter\.en\.md, line 3: salutation: There is no placeholder \{name\}"
    ):
        load_campaign(content)

    (make / "letter.en.md").write_text(letter.replace("{name}", "{office}"))
    load_campaign(content)
    Petition.objects.update(letters_approved_at=timezone.now())
    load_campaign(content, overwrite=True)
    assert Petition.objects.get().letters_approved_at
    (make / "letter.en.md").write_text(letter.replace("{name}", "{organisation}"))
    load_campaign(content, overwrite=True)
    assert Petition.objects.get().letters_approved_at is None


# --- Approval


def test_new_words_of_a_letter_wait_for_a_new_approval(organizer):
    petition = make_petition()

    page = save(organizer, petition, letter="Please do it, {office}.")

    assert "wait until they are approved again" in page.text
    assert Petition.objects.get().letters_approved_at is None
    assert petition.texts.get().letter == "Please do it, {office}."


def test_a_letter_whose_words_stay_stays_approved_whatever_ends_its_lines(organizer):
    petition = make_petition()

    page = save(organizer, petition, title="Another title", body="Two\n\nparagraphs.")

    assert "wait until they are approved again" not in page.text
    assert Petition.objects.get().letters_approved_at
    assert petition.texts.get().title == "Another title"
    assert petition.texts.get().body == "Two\n\nparagraphs."
    assert petition.texts.get().letter == "Please do the thing.\n\nYours faithfully,"


def test_a_letter_in_another_language_waits_for_approval_too(organizer):
    petition = make_petition()
    text = petition.texts.get()
    fields = {name: getattr(text, name) for name in TEXT}
    first = fields | {"id": text.pk, "petition": petition.pk}
    data = form(number=1, state="open", goal=5, texts=[first, fields | {"language": "de"}])
    data["texts-INITIAL_FORMS"] = 1

    organizer.post(f"{URL}{petition.pk}/change/", data)

    assert petition.texts.count() == 2
    assert Petition.objects.get().letters_approved_at is None


# --- The preview


def test_the_preview_shows_subject_text_and_html_of_a_letter_that_is_not_saved(organizer):
    petition = make_petition()
    make_office(petition, name="Minister of <Trade> & 'Truth'", country="LT")

    page = preview(
        organizer,
        petition=petition.pk,
        letter_subject="To {office} from {total}",
        letter="{own_number} of {number} live in **{country}**: [the ask]({petition_link}).",
    )

    (sample,) = page.context["samples"]
    assert sample.faults == []
    assert sample.body.subject == "To Minister of <Trade> & 'Truth' from 12,345"
    assert "Dear Minister of <Trade> & 'Truth'," in sample.body.text
    assert "42 of 541 live in **Lithuania**" in sample.body.text
    assert "42 of 541 live in <strong>Lithuania</strong>" in sample.body.html
    assert "Minister of &lt;Trade&gt; &amp; &#x27;Truth&#x27;" in sample.body.html
    assert "/…" in sample.body.html
    assert "%7B" not in sample.body.html
    assert "01100 (2), 02200" in sample.body.text
    assert petition.texts.get().letter == "Please do the thing.\n\nYours faithfully,"
    # Neither runs within the organizers' page.
    assert 'srcdoc="' in page.text
    assert "<Trade>" not in page.text
    assert "<body" not in page.text


def test_the_preview_says_what_saving_would_refuse_and_shows_the_rest(organizer):
    page = preview(organizer, letter_subject="To {offcie}", letter="Please, {office}.")

    (sample,) = page.context["samples"]
    ((field, (fault,)),) = sample.faults
    assert field == "Letter: subject"
    assert fault.startswith("There is no placeholder {offcie}. There are: {office}, ")
    assert "There is no placeholder {offcie}." in page.text
    assert "Please, Office." in sample.body.text


def test_without_scripts_the_button_opens_all_languages_in_a_page(organizer):
    petition = make_petition()
    page = organizer.get(f"{URL}{petition.pk}/change/").text
    assert f'formaction="{LETTERS}"' in page
    assert "<code>{office}</code>" in page

    page = organizer.post(LETTERS, form(texts=[TEXT, TEXT | {"language": "de"}])).text

    assert "Nothing has been saved." in page
    assert page.count("<iframe") == 2
    assert 'aria-label="Deutsch"' in page


def test_who_may_not_change_petitions_sees_no_preview(helper):
    browser = helper()
    assert browser.post(LETTERS, form(texts=[TEXT])).status_code == 403


def test_a_stranger_is_led_to_the_login(client, db):
    answer = client.post(LETTERS, form(texts=[TEXT]))
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_the_preview_is_not_to_be_had_by_a_link(organizer):
    assert organizer.get(LETTERS).status_code == 405
