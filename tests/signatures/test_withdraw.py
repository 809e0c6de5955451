from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import (
    MailSlot,
    NewsSubscriber,
    Signature,
    SignRequest,
    Tally,
    Withdrawal,
    WithdrawalLink,
)
from petitions.signatures.confirm import confirm
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.receipt import receipt
from petitions.signatures.withdraw import end_news, withdraw, withdraw_some
from tests.makers import make_petition, make_signature, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def sign(ask, *petitions, **changes):
    mailing = ask(make_wish(*petitions, **changes), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[each.pk for each in petitions], now=NOW)
    return mailing.withdraw_token


def test_a_withdrawal_erases_the_signatures_and_lowers_the_tally(ask):
    one, two = make_petition(1), make_petition(2)
    make_signature(one, country="UA")
    token = sign(ask, one, two, news=True)

    erased = withdraw(token, now=NOW)

    assert erased.petitions == [one, two]
    assert erased.news
    assert erased.delivered == []
    assert Signature.objects.count() == 1
    assert Tally.objects.by_petition() == {one.pk: 1, two.pk: 0}
    assert Tally.objects.by_country() == [("UA", 1)]
    for model in (NewsSubscriber, WithdrawalLink, Withdrawal, SignRequest):
        assert not model.objects.exists()


def test_the_same_link_then_finds_nothing_which_is_the_proof(ask):
    token = sign(ask, make_petition())
    assert receipt(token, now=NOW)

    withdraw(token, now=NOW)

    assert not receipt(token, now=NOW)
    assert not withdraw(token, now=NOW)
    assert sum(Tally.objects.by_petition().values()) == 0


def test_an_unconfirmed_request_is_erased_too(ask):
    mailing = ask(make_wish(make_petition()), now=NOW)

    erased = withdraw(mailing.withdraw_token, now=NOW)

    assert erased.request
    assert not SignRequest.objects.exists()


def test_the_link_of_each_mail_leads_to_the_one_signature(ask):
    petition = make_petition()
    sign(ask, petition)
    second = sign(ask, petition)

    assert withdraw(second, now=NOW).petitions == [petition]
    assert not Signature.objects.exists()


def test_who_left_can_sign_again(ask):
    petition = make_petition()
    withdraw(sign(ask, petition), now=NOW)

    sign(ask, petition)

    assert Tally.objects.by_petition() == {petition.pk: 1}


def test_an_unknown_link_erases_nothing(ask):
    sign(ask, make_petition())

    assert not withdraw("x" * 43, now=NOW)
    assert Signature.objects.count() == 1


def test_what_a_batch_had_taken_is_remembered_by_its_reference_alone(ask):
    petition = make_petition()
    token = sign(ask, petition)
    reference = Signature.objects.get().pk
    batch = close_batch(petition, now=NOW)

    erased = withdraw(token, now=NOW)

    assert erased.delivered == [petition]
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.signature_id, withdrawal.batch, withdrawal.told_in) == (
        reference,
        batch,
        None,
    )


def test_one_signature_is_withdrawn_and_the_rest_stays(ask):
    one, two = make_petition(1), make_petition(2)
    token = sign(ask, one, two, news=True)

    erased = withdraw_some(token, petition_ids=[one.pk], now=NOW)

    assert (erased.petitions, erased.news, erased.request) == ([one], False, False)
    assert Signature.objects.get().petition == two
    assert Tally.objects.by_petition() == {one.pk: 0, two.pk: 1}
    assert NewsSubscriber.objects.exists()
    assert not withdraw_some(token, petition_ids=[one.pk], now=NOW)
    assert withdraw(token, now=NOW).petitions == [two]


def test_nobody_withdraws_a_signature_that_their_link_does_not_lead_to(ask):
    petition = make_petition()
    sign(ask, petition)
    token = sign(ask, make_petition(2), address="bob@mail.example")

    assert not withdraw_some(token, petition_ids=[petition.pk], now=NOW)
    assert Signature.objects.count() == 2


def test_the_news_end_and_the_signatures_stay(ask):
    token = sign(ask, make_petition(), news=True)

    assert end_news(token).news
    assert not end_news(token)
    assert Signature.objects.count() == 1


def test_unconfirmed_requests_and_old_bookings_erase_themselves(ask):
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    ask(make_wish(make_petition()), now=hour)
    MailSlot.objects.create(address_key=b"a" * 32, petition_ids=[1], at=hour)

    erase_what_is_due(now=hour + timedelta(hours=72) - timedelta(seconds=1))
    assert SignRequest.objects.count() == 1
    assert not MailSlot.objects.exists()

    erase_what_is_due(now=hour + timedelta(hours=72))
    assert not SignRequest.objects.exists()
