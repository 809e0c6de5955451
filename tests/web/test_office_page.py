"""An office's own page: what its buttons do, and that opening it does nothing."""

import html
import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.conf import settings as site
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from petitions.delivery.batches import close_batch
from petitions.delivery.letters import LetterDesk
from petitions.delivery.office_pages import as_markdown, page_url
from petitions.delivery.spool import make_wanted_files
from petitions.markdown import to_html
from petitions.models import (
    Answer,
    Delivery,
    Leaf,
    Office,
    OfficeAction,
    OfficePage,
    Visibility,
)
from petitions.models.office_page import FILES_LIFE, PAGE_LIFE
from petitions.web.figures import forget_figures
from tests.makers import make_office, make_petition, make_signature

pytestmark = pytest.mark.django_db
Kind = OfficeAction.Kind
LETTERS = "/en/petitions/ask-1/letters/"
BUTTONS = [
    {"do": "confirm"},
    {"do": "files"},
    {"do": "download", "file": "0"},
    {"do": "answer", "text": "We act.", "language": "en"},
    {"do": "address", "whose": "this", "email": "new@office.example"},
    {"do": "stop", "sure": "on"},
]


@pytest.fixture
def petition(keys):
    petition = make_petition()
    make_office(petition)
    make_signature(petition, name="Ann O'Neill")
    return petition


@pytest.fixture
def delivery(petition):
    close_batch(petition, now=timezone.now())
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=timezone.now())
    return Delivery.objects.get()


@pytest.fixture
def link(delivery):
    return link_of(delivery)


def link_of(delivery):
    """Where the link in the letter leads to."""
    url = page_url(delivery)
    assert url.encode() in LetterDesk().compose(delivery).replace(b"=\r\n", b"")
    return f"/en{url.removeprefix(site.SITE_URL)}"


def press(client, link, **typed):
    return client.post(link, typed, follow=True)


def kinds():
    return list(OfficeAction.objects.order_by("at", "kind").values_list("kind", flat=True))


def words(response):
    text = re.sub(r"<[^>]*>", " ", response.text)
    return " ".join(html.unescape(text).split())


# --- The link


def test_a_scanner_that_opens_the_link_or_posts_nothing_changes_nothing(client, link):
    for _ in range(5):
        assert client.get(link).status_code == HTTPStatus.OK
        client.head(link)
        client.post(link)
        client.post(link, {"do": "x"})
        client.get(link, {"do": "stop", "done": "stop"})

    assert not OfficeAction.objects.exists()
    assert not OfficePage.objects.filter(files_wanted=True).exists()
    assert Office.objects.get().active


@pytest.mark.parametrize("typed", BUTTONS, ids=lambda typed: typed["do"])
def test_every_wrong_link_sees_the_same_page_and_does_nothing(client, link, typed):
    token = link.split("/")[-2]
    tokens = ["x", token[:-1], token + "A", token.swapcase(), "A" * 52, "ü", "%00", "%ED%A0%80"]
    pages = set()
    for wrong in tokens:
        for page in (
            client.get(f"/en/institution/{wrong}/"),
            client.post(f"/en/institution/{wrong}/", typed),
        ):
            assert page.status_code == HTTPStatus.NOT_FOUND
            head, _, body = page.text.partition("<main")
            assert head
            pages.add(body.partition("</main>")[0])

    assert len(pages) == 1
    assert not OfficeAction.objects.exists()


def test_the_link_in_the_letter_leads_to_the_offices_language(client, link):
    Office.objects.update(language="lt")
    in_the_letter = link.removeprefix("/en")

    answer = client.get(in_the_letter, headers={"Accept-Language": "en"})

    assert answer["Location"] == f"/lt{in_the_letter}"
    assert "no-store" in answer["Cache-Control"]
    nowhere = client.get("/institution/x/", headers={"Accept-Language": "en"}, follow=True)
    assert nowhere.status_code == HTTPStatus.NOT_FOUND
    assert "leads nowhere" in words(nowhere)


def test_the_database_holds_no_link(link, delivery):
    token = link.split("/")[-2]
    page = OfficePage.objects.get()

    assert len(token) == 52
    assert token.encode() not in bytes(page.token_hash) + bytes(page.box)
    assert page.open_token() == token


def test_the_link_is_the_same_at_each_try_and_another_one_for_each_letter(petition, delivery):
    first = page_url(delivery)
    assert page_url(Delivery.objects.get()) == first
    make_signature(petition)

    batch = close_batch(petition, now=timezone.now())

    assert page_url(batch.deliveries.get()) != first


def test_a_letter_from_before_there_were_pages_gets_its_link_when_it_is_written(client, delivery):
    OfficePage.objects.all().delete()

    assert client.get(link_of(delivery)).status_code == HTTPStatus.OK


def test_a_link_that_can_not_be_opened_any_more_is_replaced_and_stops_no_letters(client, delivery):
    old = link_of(delivery)
    OfficePage.objects.update(box=b"nothing")

    assert client.get(link_of(Delivery.objects.get())).status_code == HTTPStatus.OK
    assert client.get(old).status_code == HTTPStatus.NOT_FOUND


def test_a_link_leads_nowhere_after_a_year(client, link):
    Delivery.objects.update(sent_at=timezone.now() - PAGE_LIFE + timedelta(minutes=1))
    assert client.get(link).status_code == HTTPStatus.OK

    Delivery.objects.update(sent_at=timezone.now() - PAGE_LIFE)

    assert client.get(link).status_code == HTTPStatus.NOT_FOUND


def test_nobody_keeps_the_page_or_learns_its_address(client, link):
    page = client.get(link)

    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex">' in page.text
    assert "Disallow: /*/institution/" in client.get("/robots.txt").text
    assert client.cookies == {}


def test_a_form_from_another_site_is_refused(client, link):
    answer = client.post(
        link, {"do": "stop", "sure": "on"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert Office.objects.get().active


# --- Receipt


def test_receipt_is_confirmed_once_and_shown_to_all(client, link):
    assert "receipt confirmed" not in client.get(LETTERS).text
    forget_figures()

    page = press(client, link, do="confirm")
    press(client, link, do="confirm")

    assert "The receipt is noted" in words(page)
    assert "Receipt was confirmed on" in words(client.get(link))
    assert kinds() == [Kind.CONFIRM]
    assert OfficeAction.objects.get().at.second == 0
    assert "receipt confirmed" in client.get(LETTERS).text
    (line,) = client.get("/en/petitions/ask-1/letters.json").json()["offices"]
    assert line["state"] == "confirmed"


# --- Files


def files_on(page):
    return re.findall(r"Download (\S+) \(", page.text)


def test_signers_are_made_on_demand_and_downloaded_with_a_line_for_each(client, link):
    page = press(client, link, do="files")
    assert "being made" in words(page)

    assert make_wanted_files() == 1

    files = ["signers-ask-1-1.csv", "signers-ask-1-1.pdf", "receipts-1.csv"]
    assert files_on(client.get(link)) == files
    assert not OfficeAction.objects.exists()
    csv = client.post(link, {"do": "download", "file": "0"})
    book = client.post(link, {"do": "download", "file": "1"})
    assert csv["Content-Disposition"] == 'attachment; filename="signers-ask-1-1.csv"'
    content = csv.getvalue()
    assert "Ann O'Neill" in content.decode("utf-8-sig")
    assert int(csv["Content-Length"]) == len(content)
    assert book.getvalue().startswith(b"%PDF")
    assert "no-store" in csv["Cache-Control"]
    lines = OfficeAction.objects.order_by("file")
    assert [(each.kind, each.file, each.at.second) for each in lines] == [
        (Kind.DOWNLOAD, "signers-ask-1-1.csv", 0),
        (Kind.DOWNLOAD, "signers-ask-1-1.pdf", 0),
    ]


@pytest.mark.parametrize("number", ["3", "-1", "x", "", "²", "9" * 5000])
def test_a_file_that_is_not_there_is_a_sentence_and_no_line(client, link, number):
    press(client, link, do="files")
    make_wanted_files()

    page = press(client, link, do="download", file=number)

    assert "not here any more" in words(page)
    assert not OfficeAction.objects.exists()


def test_files_can_not_be_downloaded_when_their_time_is_over(client, link):
    press(client, link, do="files")
    make_wanted_files()
    Delivery.objects.update(sent_at=timezone.now() - FILES_LIFE)

    page = press(client, link, do="download", file="0")

    assert "They could be downloaded until" in words(page)
    assert files_on(page) == []
    press(client, link, do="files")
    assert make_wanted_files() == 0
    OfficePage.objects.update(extended_until=timezone.now() + FILES_LIFE)
    assert len(files_on(client.get(link))) == 3, "an organizer allowed it again"


def test_a_letter_that_names_nobody_has_receipts_alone(client, petition):
    petition.signatures.all().delete()
    make_signature(petition, visibility=Visibility.WITHHELD)
    close_batch(petition, now=timezone.now())
    link = link_of(Delivery.objects.get())

    page = press(client, link, do="files")

    assert "names nobody" in words(page)
    assert make_wanted_files() == 1
    assert files_on(client.get(link)) == ["receipts-1.csv"]
    content = client.post(link, {"do": "download", "file": "0"}).getvalue()
    (leaf,) = Leaf.objects.all()
    assert content.decode() == f"receipt\r\n{leaf.receipt}\r\n"


# --- Answer


def test_an_answer_is_seen_by_nobody_before_an_organizer_made_it_public(client, link):
    text = "We act.\n<script>alert(1)</script> [a link](https://elsewhere.example) *now*"

    page = press(client, link, do="answer", text=text, language="lt")

    assert "once an organizer has looked at it" in words(page)
    answer = Answer.objects.get()
    assert (answer.public, answer.language) == (False, "lt")
    assert OfficeAction.objects.waiting().get().answer == answer
    assert "We act" not in client.get(LETTERS).text
    Answer.objects.update(public=True)
    forget_figures()
    shown = client.get(LETTERS).text
    assert (
        "&lt;script&gt;alert(1)&lt;/script&gt; [a link](https://elsewhere.example) *now*" in shown
    )
    assert 'href="https://elsewhere.example' not in shown


PLAIN = st.text(
    st.sampled_from("ab 1.)-+=*_`~#>|!&<[](){}\\:/'%\n") | st.characters(categories=["L"]),
    min_size=1,
    max_size=60,
)


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLAIN)
def test_an_answer_reads_as_it_was_typed(text):
    shown = to_html(as_markdown(text))

    tags = set(re.findall(r"<(\w+)", shown))
    assert tags <= {"p", "br"}
    assert without_blanks(html.unescape(re.sub(r"<[^>]*>", "", shown))) == without_blanks(text)


def without_blanks(text):
    # Typographic quotes and dashes are the site's way to write them.
    text = text.replace("’", "'").replace("‘", "'").replace("—", "---").replace("–", "--")
    return "".join(text.split())


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"text": "", "language": "en"}, "Please type your answer."),
        ({"text": "x" * 5001, "language": "en"}, "Please shorten your answer"),
        ({"text": "We\u202e act.", "language": "en"}, "invisible character"),
        ({"text": "We act.", "language": "xx"}, "Please choose the language"),
    ],
)
def test_a_wrong_answer_says_why_and_stays_typed(client, link, typed, problem):
    page = press(client, link, do="answer", **typed)

    assert problem in words(page)
    assert typed["text"] in html.unescape(page.text)
    assert not Answer.objects.exists()


def test_who_holds_a_link_can_not_fill_the_organizers_screens(client, link):
    for number in range(5):
        page = press(client, link, do="answer", text=f"Answer {number}", language="en")

    assert "We have not looked at what you sent before." in words(page)
    assert "Answer 4" in page.text, "what was typed stays"
    assert Answer.objects.count() == 3


# --- Address


def test_a_new_address_is_sealed_and_not_written_to(client, link, delivery):
    page = press(
        client, link, do="address", whose="this", email="new@office.example", note="We moved."
    )

    assert "An organizer looks at it" in words(page)
    action = OfficeAction.objects.waiting().get()
    assert action.kind == Kind.ADDRESS
    assert b"new@office" not in bytes(action.box)
    opened = action.open_words()
    assert (opened.email, opened.note) == ("new@office.example", "We moved.")
    assert Office.objects.get().email == "minister@office.example"
    assert b"To: minister@office.example" in LetterDesk().compose(Delivery.objects.get())


def test_another_office_needs_a_name(client, link):
    typed = {"do": "address", "whose": "other", "email": "other@office.example", "note": "Not us."}

    page = press(client, link, **typed)

    assert "Please type the name of the other office." in words(page)
    assert 'value="other@office.example"' in page.text
    assert "Not us." in page.text
    assert not OfficeAction.objects.exists()
    press(client, link, **typed, name="Interior Minister, Ministry of the Interior")
    action = OfficeAction.objects.get()
    assert action.kind == Kind.OTHER
    assert action.open_words().name == "Interior Minister, Ministry of the Interior"


@pytest.mark.parametrize("email", ["", "x", "a@b\r\nBcc: eve@mail.example", "a@b c.example"])
def test_an_address_that_is_none_is_refused(client, link, email):
    page = press(client, link, do="address", whose="this", email=email)

    assert "There is a problem" in words(page)
    assert not OfficeAction.objects.exists()


# --- Stop


def test_a_scanner_that_presses_the_button_stops_no_letters(client, link):
    page = press(client, link, do="stop", note="Not our subject.")

    assert "Please tick the box" in words(page)
    assert "Not our subject." in page.text
    assert Office.objects.get().active
    assert not OfficeAction.objects.exists()


def test_a_stop_holds_at_once_also_for_letters_on_their_way(client, link, petition):
    make_signature(petition)
    batch = close_batch(petition, now=timezone.now())
    assert batch.deliveries.may_go().exists()

    page = press(client, link, do="stop", note="Not our subject.", sure="on")
    press(client, link, do="stop", sure="on")

    assert "No more letters go to this office." in words(page)
    assert not Office.objects.get().active
    assert not batch.deliveries.may_go().exists()
    action = OfficeAction.objects.waiting().get()
    assert (action.kind, action.open_words().note) == (Kind.STOP, "Not our subject.")
    assert 'value="stop"' not in page.text
