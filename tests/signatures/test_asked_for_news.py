"""A signature knows whether its signer asked for news, and not which address that was."""

import pytest
from django.utils import timezone

from petitions.models import Signature
from petitions.signatures.withdraw import end_news, not_me
from tests.makers import make_petition

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def asked():
    return list(Signature.objects.order_by("petition").values_list("asked_for_news", flat=True))


def test_it_is_kept_as_it_was_confirmed(sign):
    sign(make_petition(1), news=True)
    sign(make_petition(2), news=False, address="bob@mail.example")

    assert asked() == [True, False]


def test_who_signs_once_more_and_asks_for_news_has_asked(sign):
    petition = make_petition()
    sign(petition, news=False)
    sign(petition, news=True)

    assert asked() == [True]


def test_who_signs_once_more_without_asking_has_not_ended_it(sign):
    petition = make_petition()
    sign(petition, news=True)
    sign(petition, news=False)

    assert asked() == [True]


@pytest.mark.parametrize("end", [end_news, not_me])
def test_who_ends_news_by_the_link_has_not_asked_any_more(sign, end):
    token, _ = sign(make_petition(1), make_petition(2), news=True)
    assert asked() == [True, True]

    end(token)

    assert asked() == [False, False]
