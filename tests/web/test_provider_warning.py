"""An address at a provider under Russian or Belarusian law: a warning, and a second yes."""

import re
from http import HTTPStatus

import pytest

from petitions.models import SignRequest
from petitions.models.sealed import Mailing
from petitions.signatures.domains import PROVIDERS, TOP_LEVEL, Law, law_over
from tests.makers import make_petition

SIGN = "/en/petitions/ask-1/"
TYPED = {
    "name": "Ann Lee",
    "country": "LT",
    "visibility": "officials",
    "comment": "Keep what I typed.",
}
RUSSIAN = [
    *("mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru", "vk.com", "mail.ua"),
    *("yandex.ru", "ya.ru", "narod.ru", "yandex.com", "yandex.kz", "yandex.com.tr", "yandex.ua"),
    *("rambler.ru", "lenta.ru", "ro.ru", "rambler.ua", "someone.su", "university.spb.ru"),
    *("пример.рф", "xn--e1afmkfd.xn--p1ai", "пример.рус", "kto.москва", "shop.moscow"),
]
BELARUSIAN = ["tut.by", "mail.by", "yandex.by", "bsu.by", "пример.бел", "xn--e1afmkfd.xn--90ais"]
SPELLINGS = [
    "{}",
    "MAIL.{}",
    "a.b.{}",
]
ELSEWHERE = [
    *("gmail.com", "proton.me", "ukr.net", "mail.example", "mail.com", "ru.example", "by.example"),
    *("mail.ru.example", "yandex.someone.example", "notyandex.com", "myvk.com", "inbox.lv"),
    *("mailru.com", "example.rus", "example.org.ua"),
]


@pytest.fixture
def petition(db, keys):
    return make_petition()


@pytest.mark.parametrize("domain", [*RUSSIAN, *BELARUSIAN])
def test_nothing_is_stored_before_the_second_yes(client, petition, domain):
    response = client.post(SIGN, TYPED | {"email": f"ann@{domain}"})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Nothing was sent yet." in response.content.decode()
    assert not SignRequest.objects.exists()


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("domain", ["mail.ru", "yandex.com.tr", "пример.рф", "tut.by"])
def test_no_spelling_of_an_address_goes_past_the_warning(client, petition, domain, spelling):
    spelled = spelling.format(domain)
    for address in (f"ann@{spelled}", f"Ann.Lee+asks@{spelled}", f" ann@{spelled.upper()} "):
        response = client.post(SIGN, TYPED | {"email": address})

        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not SignRequest.objects.exists()


def test_every_domain_on_the_list_is_warned_of(client, petition):
    for domain in [*PROVIDERS, *(f"someone.{top}" for top in TOP_LEVEL)]:
        client.post(SIGN, TYPED | {"email": f"ann@{domain}"})

    assert len(TOP_LEVEL) + len(PROVIDERS) == 14
    assert not SignRequest.objects.exists()


@pytest.mark.parametrize("domain", ELSEWHERE)
def test_who_is_elsewhere_is_not_bothered(client, petition, domain):
    response = client.post(SIGN, TYPED | {"email": f"ann@{domain}"})

    assert response.status_code == HTTPStatus.OK
    assert SignRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("domain", "law", "words"),
    [("mail.ru", Law.RUSSIA, "under Russian law"), ("tut.by", Law.BELARUS, "under Belarusian law")],
)
def test_the_warning_is_an_error_like_others_with_an_unticked_box(
    client, petition, domain, law, words
):
    page = client.post(SIGN, TYPED | {"email": f"ann@{domain}"}).content.decode()

    assert law_over(domain) is law
    summary = re.search(r'id="sign-this".*?role="alert".*?</ul>', page, re.DOTALL)[0]
    assert "Nothing was sent yet." in summary
    assert 'href="#id_understood"' in summary
    (box,) = re.findall(r'<input type="checkbox"[^>]*id="id_understood"[^>]*>', page)
    assert "checked" not in box
    assert 'aria-invalid="true"' in box
    assert "id_understood_error" in box
    assert "id_understood_helptext" in box
    assert page.count("Nothing was sent yet.") == 2
    assert words in re.search(r'id="id_understood_helptext">(.*?)</p>', page, re.DOTALL)[1]
    assert "Keep what I typed." in page
    assert f'value="ann@{domain}"' in page


def test_after_the_second_yes_the_mail_goes_there(client, petition):
    response = client.post(SIGN, TYPED | {"email": "ann@mail.ru", "understood": "on"})

    assert response.status_code == HTTPStatus.OK
    request = SignRequest.objects.get()
    assert Mailing.open(request.mail_box, request_id=request.id).address == "ann@mail.ru"


def test_the_box_stays_ticked_while_something_else_is_corrected(client, petition):
    typed = TYPED | {"email": "ann@mail.ru", "understood": "on", "country": ""}
    page = client.post(SIGN, typed).content.decode()

    assert "Nothing was sent yet." not in page
    (box,) = re.findall(r'<input type="checkbox"[^>]*id="id_understood"[^>]*>', page)
    assert "checked" in box


def test_the_box_is_not_there_before_and_not_for_others(client, petition):
    assert b"id_understood" not in client.get(SIGN).content
    assert b"id_understood" not in client.post(SIGN, TYPED | {"email": "ann"}).content


def test_throw_away_addresses_are_accepted_or_refused_by_policy(client, petition, settings):
    typed = TYPED | {"email": "ann@eu.mailinator.com"}
    assert client.post(SIGN, typed).status_code == HTTPStatus.OK

    settings.DISPOSABLE_ADDRESSES = "refuse"
    response = client.post(SIGN, typed)
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert response.content.decode().count("This looks like a throw-away address.") == 2
    assert client.post(SIGN, TYPED | {"email": "ann@mail.example"}).status_code == HTTPStatus.OK
