"""Organizers' words in letters: filled in for each office, and with its own signers first."""

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Tally
from petitions.models.letter_words import PLACEHOLDERS, fill, fill_html
from tests.delivery.test_letters import html_of, letter_to
from tests.mailbox import text_of
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def write(petition, **words):
    text = petition.texts.get()
    for name, value in words.items():
        setattr(text, name, value)
    text.full_clean()
    text.save()


def test_each_placeholder_stands_for_what_its_office_should_read(keys):
    petition = make_petition()
    write(
        petition,
        letter_subject="{petition}: {total} people, {office}",
        letter_salutation="Dear {office} at {organisation},",
        letter="{own_number} of {number} live in {country}. Letter {letter_number} of {date}:"
        " {petition_link} or [here]({petition_link}).",
    )
    office = make_office(petition, name="Minister", country="LT")
    make_signature(petition, country="LT")
    make_signature(petition, country="UA")
    batch = close_batch(petition, now=NOW)
    Tally.objects.change(petition_ids=[petition.pk], country="DE", by=1232)

    mail = letter_to(office)

    day = timezone.localtime(batch.closed_at)
    link = "http://127.0.0.1:8000/en/petitions/ask-1/"
    assert mail["Subject"] == "Title of ask 1: 1,234 people, Minister"
    assert text_of(mail).startswith(
        "Dear Minister at Ministry,\n\nThis letter carries 2 new signatures. 1 of them lives in"
        " your country, Lithuania.\n\n1 of 2 live in Lithuania."
        f" Letter 1 of {day.day} {day:%B} {day.year}: {link} or [here]({link}).\n"
    )
    assert f'{link} or <a href="{link}">here</a>.</p>' in html_of(mail)
    assert "{" not in text_of(mail)


def test_an_international_office_reads_its_organisation_in_place_of_a_country(keys):
    petition = make_petition()
    write(petition, letter="To {country}: {own_number}.")
    office = make_office(petition, country="")
    make_signature(petition)
    close_batch(petition, now=NOW)

    assert "To Ministry: 0." in text_of(letter_to(office))


def test_what_an_office_is_called_is_never_read_as_markdown_or_html(keys):
    petition = make_petition()
    write(petition, letter="To **{office}** and `{office}`", letter_subject="To {office}")
    name = "*A* [b](https://x.example) <i>&amp; 'c' \"d\" {total}"
    office = make_office(petition, name=name)
    make_signature(petition)
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    shown = "*A* [b](https://x.example) &lt;i&gt;&amp;amp; &#x27;c&#x27; &quot;d&quot; {total}"
    assert f"<p>To <strong>{shown}</strong> and <code>{shown}</code></p>" in html_of(mail)
    assert f"To **{name}** and `{name}`" in text_of(mail)
    assert mail["Subject"] == f"To {name}"


def test_a_name_of_two_lines_can_forge_no_header(keys):
    petition = make_petition()
    write(petition, letter_subject="To {office}")
    office = make_office(petition, name="Minister\r\nBcc: spy@mail.example")
    make_signature(petition)
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    assert mail["Subject"] == "To Minister Bcc: spy@mail.example"
    assert mail["Bcc"] is None


def test_words_that_were_stored_before_the_checks_stop_no_letter(keys):
    petition = make_petition()
    petition.texts.update(letter="{office.email} {nobody} {office")
    office = make_office(petition)
    make_signature(petition)
    close_batch(petition, now=NOW)

    assert "{office.email} {nobody} {office" in text_of(letter_to(office))


def test_every_placeholder_has_a_value_on_the_petitions_page_too():
    values = dict.fromkeys(PLACEHOLDERS, "…")
    words = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)

    assert "{" not in fill(words, values)
    assert "{" not in fill_html(words, values)


def test_the_petitions_page_shows_dots_for_what_differs(client, keys):
    petition = make_petition()
    write(
        petition,
        letter_subject="To {office}",
        letter="{total} people say: {petition}, [here]({petition_link}).",
    )

    page = client.get("/en/petitions/ask-1/").text

    assert '<p class="subject">To …</p>' in page
    link = '<a href="http://127.0.0.1:8000/en/petitions/ask-1/">here</a>'
    assert f"<p>… people say: Title of ask 1, {link}.</p>" in page
    assert "stands in place of the dots" in page


# --- Its own signers first


def test_a_letter_leads_with_the_signers_of_the_offices_country(keys):
    petition = make_petition()
    office = make_office(petition, country="LT")
    make_signature(petition, country="LT", postcode="02200", comment="Please\nact & soon.")
    make_signature(petition, country="LT", postcode="01100")
    make_signature(petition, country="LT", postcode=" 01100")
    for _ in range(4):
        make_signature(petition, country="UA", postcode="03000", comment="Of elsewhere.")
    close_batch(petition, now=NOW)

    mail = letter_to(office)

    text = text_of(mail)
    parts = [
        "3 of them live in your country, Lithuania.",
        "01100 (2), 02200",
        "“Please act & soon.”",
        "7 people have signed so far",
        "  3  Lithuania\n  4  Ukraine\n",
    ]
    assert [part for part in parts if part not in text] == []
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "03000" not in text
    assert "Of elsewhere." not in text
    assert "“Please act &amp; soon.”" in html_of(mail)
    assert "01100 (2), 02200" in html_of(mail)


def test_comments_in_the_letter_are_short_few_without_links_and_name_nobody(keys):
    petition = make_petition()
    office = make_office(petition, country="LT")
    for number in range(7):
        make_signature(petition, country="LT", name="Ann Lee", comment=f"Comment {number}")
    make_signature(petition, country="LT", comment="See www.elsewhere.example")
    make_signature(petition, country="LT", comment="x" * 301)
    close_batch(petition, now=NOW)

    text = text_of(letter_to(office))

    assert text.count("“Comment ") == 5
    assert "elsewhere" not in text
    assert "xxx" not in text
    assert "Ann Lee" not in text


def test_who_is_only_counted_gives_no_place_and_no_comment(keys):
    petition = make_petition()
    office = make_office(petition, country="LT")
    make_signature(petition, country="LT", visibility="withheld", postcode="01100", comment="Hush")
    close_batch(petition, now=NOW)

    text = text_of(letter_to(office))

    assert "1 of them lives in your country, Lithuania." in text
    assert "01100" not in text
    assert "Hush" not in text


def test_an_international_office_has_no_signers_of_its_own(keys):
    petition = make_petition()
    office = make_office(petition, country="")
    make_signature(petition, country="LT", postcode="01100", comment="Act.")
    close_batch(petition, now=NOW)

    text = text_of(letter_to(office))

    assert "your country" not in text
    assert "01100" not in text
