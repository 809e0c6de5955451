"""The pages for the press and for partners: what can be taken away, and nothing that is not public."""

import re
from html import unescape
from http import HTTPStatus

import pytest
from django.utils import timezone

from petitions.models import Partner, Petition
from petitions.pictures.draw import draw_pictures
from petitions.web.figures import forget_figures

DOMAIN = "fiveasks.example"
PAGES = ["/en/press/", "/en/partners/"]


@pytest.fixture(autouse=True)
def campaign(five_asks, db, keys):
    """The five asks, each test with keys of its own."""


def links_on(page):
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_is_offered_is_there(client, path):
    draw_pictures(now=timezone.now())

    links = links_on(client.get(path).content.decode())

    for petition in Petition.objects.all():
        offered = [link for link in links if f"/petitions/{petition.slug}/" in link]
        assert len(offered) == 4, "the page, its picture, its QR code and its card"
    own = {link for link in links if link.startswith("/en/")}
    assert {client.get(link).status_code for link in own} == {HTTPStatus.OK}


@pytest.mark.parametrize("path", PAGES)
def test_no_picture_is_offered_before_one_is_drawn(client, path):
    page = client.get(path).content.decode()

    assert "qr.svg" in page
    assert "picture.png" not in page


@pytest.mark.parametrize("path", PAGES)
def test_a_draft_is_on_neither_page(client, path):
    draw_pictures(now=timezone.now())
    assert "moscow-mechanism" in client.get(path).content.decode()

    Petition.objects.filter(slug="moscow-mechanism").update(state=Petition.State.DRAFT)
    forget_figures()

    assert "moscow-mechanism" not in client.get(path).content.decode()


def snippets_on(page):
    return [unescape(each) for each in re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page)]


def test_a_partner_copies_a_card_with_its_own_code(client, settings):
    settings.SITE_URL = "https://asks.example"
    Partner.objects.create(code="friends", name="Friends")

    with_code = snippets_on(client.get("/en/partners/?via=friends").content.decode())
    without = snippets_on(client.get("/en/partners/?via=nobody").content.decode())

    assert len(with_code) == len(without) == 5
    card = "https://asks.example/en/petitions/special-rapporteur/card/"
    assert with_code[0].startswith(f'<iframe src="{card}?via=friends"')
    assert without[0].startswith(f'<iframe src="{card}"')
    assert all(snippet.endswith("</iframe>") for snippet in with_code)


@pytest.mark.parametrize(("path", "name"), [("/en/press/", "press"), ("/en/partners/", "partners")])
def test_the_address_to_write_to_is_the_campaigns(client, path, name):
    assert f"mailto:{name}@{DOMAIN}" in client.get(path).content.decode()
