import re

import pytest
from django.db import connection
from django.utils import timezone

from petitions.models import SignRequest, Visibility
from petitions.models.news import news_subscriber_id
from petitions.models.sealed import Details, Mailing, open_news_address
from petitions.models.signature import signature_id
from petitions.signatures.request import request_signature
from petitions.signatures.tokens import token_hash
from petitions.vault import CannotOpen, KeysUnavailable
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db


def test_a_wish_is_kept_sealed_and_opens_with_the_keys(keys):
    one, two = make_petition(1), make_petition(2)
    wish = make_wish(one, two, name="Zoë", comment="Please.", news=True)

    request_signature(wish, now=timezone.now())

    kept = SignRequest.objects.get()
    mailing = Mailing.open(kept.mail_box, request_id=kept.id)
    assert mailing.address == "ann@mail.example"
    assert token_hash(mailing.confirm_token) == bytes(kept.token_hash)
    assert token_hash(mailing.withdraw_token) == bytes(kept.withdraw_hash)
    subscriber_id = news_subscriber_id(kept.id)
    assert open_news_address(kept.news_box, subscriber_id=subscriber_id) == "ann@mail.example"
    for petition, box in zip([one, two], kept.sig_boxes, strict=True):
        details = Details.open(
            box, petition_id=petition.pk, signature_id=signature_id(kept.id, petition.pk)
        )
        assert details == Details(name="Zoë", comment="Please.")


def test_a_box_opens_only_as_its_own_petitions(keys):
    one, two = make_petition(1), make_petition(2)
    request_signature(make_wish(one, two), now=timezone.now())
    kept = SignRequest.objects.get()

    with pytest.raises(CannotOpen):
        Details.open(
            kept.sig_boxes[0], petition_id=two.pk, signature_id=signature_id(kept.id, two.pk)
        )


def test_who_wants_to_be_counted_only_leaves_no_details(keys):
    wish = make_wish(make_petition(), visibility=Visibility.WITHHELD, name="Ann Lee")

    request_signature(wish, now=timezone.now())

    assert SignRequest.objects.get().sig_boxes is None


def test_nothing_about_the_time_is_kept_but_the_hour(keys):
    request_signature(make_wish(make_petition()), now=timezone.now())

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(r)::text FROM petitions_signrequest r")
        (row,) = cursor.fetchone()
    times = re.findall(r"\d\d:(\d\d:\d\d(?:\.\d+)?)", row)
    assert set(times) == {"00:00"}
    assert len(times) == 2


def test_without_a_key_nothing_is_stored(keys):
    (keys.directory / "public" / "active.json").unlink()

    with pytest.raises(KeysUnavailable):
        request_signature(make_wish(make_petition()), now=timezone.now())

    assert not SignRequest.objects.exists()


def test_a_wish_costs_one_statement(keys, django_assert_num_queries):
    wish = make_wish(make_petition(1), make_petition(2), news=True)

    with django_assert_num_queries(1):
        request_signature(wish, now=timezone.now())
