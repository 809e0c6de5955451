"""Share pictures: drawn by the deliverer when something has changed, and handed out by the web."""

import re
import struct
from datetime import timedelta
from http import HTTPStatus

import pytest
import typst
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from petitions.models import Page, Petition, PetitionText, SharePicture, Tally
from petitions.pictures.draw import PAUSE, draw_pictures
from petitions.pictures.picture import Picture
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = NOW + PAUSE
PAGE = "/en/petitions/ask-1/"
PNG = f"{PAGE}picture.png"
EVERY_LETTER = "ҐґЄєІіЇїЎўЁё’ąčęėįšųūžĄČĘĖĮŠŲŪŽłńśźżóäöüßẞéèêëçœàùîïŁŃŚŹŻІЭЫЪЬЮЯ«»„“”–—…"


@pytest.fixture
def home():
    """The home page in English, and its words in one more language."""
    Page.objects.create(slug="home", language="uk", title="Підтримайте тих, хто не мовчить")
    return Page.objects.create(slug="home", language="en", title="Stand by those who speak up")


def count(petition, by):
    Tally.objects.change(petition_ids=[petition.pk], country="LT", by=by)


def test_a_picture_is_drawn_anew_when_the_count_changes_and_not_otherwise(keys):
    petition = make_petition()
    assert draw_pictures(now=NOW) == 1
    first = bytes(SharePicture.objects.get().png)

    assert draw_pictures(now=LATER) == 0
    count(petition, 7)
    assert draw_pictures(now=LATER) == 1
    assert draw_pictures(now=LATER + PAUSE) == 0

    picture = SharePicture.objects.get()
    assert (picture.count, picture.drawn_at) == (7, LATER)
    assert bytes(picture.png) != first


def test_not_more_often_than_every_few_minutes_however_fast_the_count_rises(keys):
    petition = make_petition()
    draw_pictures(now=NOW)
    count(petition, 1)

    assert draw_pictures(now=LATER - timedelta(seconds=1)) == 0
    assert draw_pictures(now=LATER) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: PetitionText.objects.update(title="Another title"),
        lambda: Petition.objects.update(state=Petition.State.WON),
    ],
)
def test_other_words_are_drawn_too(keys, change):
    make_petition()
    draw_pictures(now=NOW)

    change()

    assert draw_pictures(now=LATER) == 1
    assert draw_pictures(now=LATER + PAUSE) == 0


def test_another_goal_is_drawn_once_there_is_a_count_to_show_beside_it(keys):
    petition = make_petition(goal=100)
    count(petition, 50)
    draw_pictures(now=NOW)

    Petition.objects.update(goal=200)

    assert draw_pictures(now=LATER) == 1


def test_a_draft_gets_no_picture(keys):
    make_petition(state=Petition.State.DRAFT)

    assert draw_pictures(now=NOW) == 0
    assert not SharePicture.objects.exists()


def test_a_picture_has_the_size_that_networks_ask_for(keys):
    make_petition()
    draw_pictures(now=NOW)

    png = bytes(SharePicture.objects.get().png)

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (1200, 630)
    assert len(png) < 200_000


def test_nobody_has_signed_yet_shows_a_call_and_no_number(keys):
    petition = make_petition()

    empty = Picture.of(petition, petition.text, count=0)
    one = Picture.of(petition, petition.text, count=1)

    assert (empty.words["of-goal"], empty.words["call"]) == ("", "Be the first to sign")
    assert (one.words["of-goal"], one.words["call"]) == ("signature of 100", "Read and sign")


def test_the_embedded_font_has_every_letter_of_our_languages():
    missing = drawn("漢")
    assert drawn("字") == missing, "what the font lacks is drawn as one and the same box"

    assert [letter for letter in EVERY_LETTER if drawn(letter) == missing] == []


def drawn(letter):
    source = """#set page(width: 30pt, height: 30pt, margin: 0pt)
    #set text(font: "Libertinus Serif", weight: "bold", fallback: false)
    #sys.inputs.letter"""
    inputs = {"letter": letter}
    return typst.compile(source.encode(), format="png", ignore_system_fonts=True, sys_inputs=inputs)


def test_what_looks_like_markup_is_drawn_as_it_stands(keys):
    make_petition()
    PetitionText.objects.update(title='#panic("x") $x$ *a* \\ ] O\'Neill <b>')

    assert draw_pictures(now=NOW) == 1


# --- The home page's


def test_the_home_page_has_one_in_each_language_of_its_words_with_the_total(keys, home):
    one, two, draft = make_petition(1), make_petition(2), make_petition(3)
    Petition.objects.filter(pk=draft.pk).update(state=Petition.State.DRAFT)
    for petition, by in ((one, 3), (two, 4), (draft, 100)):
        count(petition, by)

    draw_pictures(now=NOW)

    drawn = SharePicture.objects.filter(petition=None).order_by("language")
    assert list(drawn.values_list("language", "count")) == [("en", 7), ("uk", 7)]
    assert struct.unpack(">II", bytes(drawn[0].png)[16:24]) == (1200, 630)
    assert drawn[0].png != drawn[1].png


def test_the_home_pages_is_drawn_anew_when_the_total_or_its_title_changes(keys, home):
    petition = make_petition()
    draw_pictures(now=NOW)
    assert draw_pictures(now=LATER) == 0

    count(petition, 1)
    assert draw_pictures(now=LATER) == 3
    home.title = "Another title"
    home.save()
    assert draw_pictures(now=LATER + PAUSE) == 1

    assert SharePicture.objects.count() == 3


def test_the_home_pages_calls_to_choose_and_shows_no_number_before_there_is_one(home):
    words = [Picture.of_home(home, count=number).words for number in (0, 1, 2)]

    assert [(each["of-goal"], each["call"]) for each in words] == [
        ("", "Be the first to sign"),
        ("confirmed signature", "Choose what to sign"),
        ("confirmed signatures", "Choose what to sign"),
    ]
    assert {each["title"] for each in words} == {"Stand by those who speak up"}


def test_there_is_one_of_the_home_page_in_a_language(keys, home):
    draw_pictures(now=NOW)
    picture = SharePicture.objects.filter(petition=None).first()
    picture.pk = None

    with pytest.raises(IntegrityError, match="share_picture_once_per_language"):
        picture.save()


@pytest.mark.django_db(transaction=True)
def test_the_way_back_to_pictures_of_petitions_alone_leaves_those(keys, home):
    make_petition()
    draw_pictures(now=NOW)
    try:
        call_command("migrate", "petitions", "0009", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT language FROM petitions_sharepicture")
            assert cursor.fetchall() == [("en",)]
    finally:
        call_command("migrate", "petitions", verbosity=0)
    draw_pictures(now=NOW)

    assert SharePicture.objects.count() == 3


# --- What the web hands out


def test_the_home_pages_head_names_its_picture(client, keys, home, settings):
    settings.SITE_URL = "https://asks.example"
    make_petition()
    assert "og:image" not in head(client.get("/en/").content.decode())
    assert client.get("/en/picture.png").status_code == HTTPStatus.NOT_FOUND

    draw_pictures(now=NOW)

    for language in ("en", "uk"):
        picture = SharePicture.objects.get(petition=None, language=language)
        named = head(client.get(f"/{language}/").content.decode())
        address = f"/{language}/picture.png"
        assert named["og:image"] == f"https://asks.example{address}?v={picture.version}"
        assert named["twitter:card"] == "summary_large_image"
        assert client.get(address).content == bytes(picture.png)
    # German has no words of its own here: the English ones stand in, and so does their picture.
    english = bytes(SharePicture.objects.get(petition=None, language="en").png)
    assert client.get("/de/picture.png").content == english


def test_the_web_hands_out_what_was_drawn_and_knows_it_again(client, keys):
    petition = make_petition()
    assert client.get(PNG).status_code == HTTPStatus.NOT_FOUND
    draw_pictures(now=NOW)

    response = client.get(PNG)

    assert response.content == bytes(SharePicture.objects.get().png)
    assert response["Content-Type"] == "image/png"
    assert "public" in response["Cache-Control"]
    again = {"If-None-Match": response["ETag"]}
    assert client.get(PNG, headers=again).status_code == HTTPStatus.NOT_MODIFIED
    count(petition, 1)
    draw_pictures(now=LATER)
    assert client.get(PNG, headers=again).status_code == HTTPStatus.OK


def head(page):
    return dict(
        re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)"\s+content="([^"]*)"', page)
    )


def test_the_head_names_the_picture_only_where_there_is_one(client, keys, settings):
    settings.SITE_URL = "https://asks.example"
    petition = make_petition()
    count(petition, 1)

    without = head(client.get(PAGE).content.decode())
    draw_pictures(now=NOW)
    named = head(client.get(PAGE).content.decode())

    assert "og:image" not in without
    assert without["twitter:card"] == "summary"
    version = SharePicture.objects.get().version
    assert named == {
        "og:type": "website",
        "og:site_name": "Five Asks",
        "og:title": "Title of ask 1",
        "og:description": "What it is about.",
        "og:locale": "en_GB",
        "og:url": f"https://asks.example{PAGE}",
        "og:image": f"https://asks.example{PNG}?v={version}",
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Five Asks: Title of ask 1",
        "twitter:card": "summary_large_image",
    }
    assert version.startswith("1-")
