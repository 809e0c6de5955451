from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.models import (
    NewsSubscriber,
    Petition,
    Signature,
    SignRequest,
    Tally,
    Visibility,
    WithdrawalLink,
)
from petitions.models.sealed import Details
from petitions.signatures.confirm import LinkNotValid, confirm
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_a_confirmed_request_becomes_a_signature_and_is_gone(ask):
    petition = make_petition()
    mailing = ask(make_wish(petition, name="Zoë", country="UA"), now=NOW)

    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)

    signature = Signature.objects.get()
    assert signature.open_details() == Details(name="Zoë")
    assert (signature.petition, signature.country.code) == (petition, "UA")
    assert (signature.language, signature.consent_version) == ("en", "2026-11-28")
    assert signature.confirmed_hour == NOW.replace(minute=0, second=0, microsecond=0)
    assert not SignRequest.objects.exists()
    assert Tally.objects.by_petition() == {petition.pk: 1}
    assert Tally.objects.by_country() == [("UA", 1)]


def test_only_what_was_agreed_to_is_signed(ask):
    one, two, three = (make_petition(number) for number in (1, 2, 3))
    mailing = ask(make_wish(one, two), now=NOW)

    confirm(mailing.confirm_token, petition_ids=[two.pk, three.pk], now=NOW)

    assert Signature.objects.get().petition == two
    assert not SignRequest.objects.exists()


def test_a_box_follows_its_own_petition(ask):
    one, two = make_petition(1), make_petition(2)
    mailing = ask(make_wish(two, one), now=NOW)

    confirm(mailing.confirm_token, petition_ids=[one.pk, two.pk], now=NOW)

    assert [each.open_details().name for each in Signature.objects.all()] == ["Ann Lee"] * 2


def test_signing_again_changes_nothing_but_the_new_link_leads_there_too(ask):
    petition = make_petition()
    for name in ("First", "Second"):
        mailing = ask(make_wish(petition, name=name, address="Ann@mail.example"), now=NOW)
        confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)

    signature = Signature.objects.get()
    assert signature.open_details().name == "First"
    assert WithdrawalLink.objects.filter(signature=signature).count() == 2
    assert Tally.objects.by_petition() == {petition.pk: 1}


@pytest.mark.parametrize(
    "spelling", ["ANN@MAIL.EXAMPLE", "ann+petition@mail.example", "Ann+@mail.example"]
)
def test_one_person_is_one_signature_however_the_address_is_spelled(ask, spelling):
    petition = make_petition()
    for address in ("ann@mail.example", spelling):
        mailing = ask(make_wish(petition, address=address), now=NOW)
        confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)

    assert Signature.objects.count() == 1


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t[::-1], lambda t: t + "A", str.lower]
)
def test_a_changed_token_confirms_nothing(ask, change):
    petition = make_petition()
    mailing = ask(make_wish(petition), now=NOW)

    with pytest.raises(LinkNotValid):
        confirm(change(mailing.confirm_token), petition_ids=[petition.pk], now=NOW)

    assert not Signature.objects.exists()


def test_the_withdrawal_token_confirms_nothing(ask):
    petition = make_petition()
    mailing = ask(make_wish(petition), now=NOW)

    with pytest.raises(LinkNotValid):
        confirm(mailing.withdraw_token, petition_ids=[petition.pk], now=NOW)


def test_a_token_works_once(ask):
    petition = make_petition()
    mailing = ask(make_wish(petition), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)

    with pytest.raises(LinkNotValid):
        confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)

    assert Tally.objects.by_petition() == {petition.pk: 1}


def test_a_token_works_for_72_hours_from_the_hour_it_was_asked_for(ask):
    petition = make_petition()
    asked = NOW.replace(minute=0, second=0, microsecond=0)
    late = asked + timedelta(hours=72)
    mailing = ask(make_wish(petition), now=asked)

    with pytest.raises(LinkNotValid):
        confirm(mailing.confirm_token, petition_ids=[petition.pk], now=late)
    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=late - timedelta(seconds=1))

    assert Signature.objects.count() == 1


def test_a_petition_that_closed_meanwhile_is_not_signed(ask):
    one, two = make_petition(1), make_petition(2)
    mailing = ask(make_wish(one, two), now=NOW)
    Petition.objects.filter(pk=one.pk).update(state=Petition.State.CLOSED)

    confirm(mailing.confirm_token, petition_ids=[one.pk, two.pk], now=NOW)

    assert Signature.objects.get().petition == two


def test_who_is_counted_only_leaves_a_count_and_no_details(ask):
    petition = make_petition()
    mailing = ask(make_wish(petition, visibility=Visibility.WITHHELD, name=""), now=NOW)

    confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)

    assert Signature.objects.get().sig_box is None
    assert Tally.objects.by_petition() == {petition.pk: 1}


def test_news_is_asked_for_once_however_often_one_signs(ask):
    petitions = [make_petition(number) for number in (1, 2)]
    for petition in petitions:
        mailing = ask(make_wish(petition, news=True), now=NOW)
        confirm(mailing.confirm_token, petition_ids=[petition.pk], now=NOW)

    assert NewsSubscriber.objects.count() == 1
    assert WithdrawalLink.objects.filter(subscriber__isnull=False).count() == 2


def test_signatures_of_one_person_share_nothing_in_the_database(ask):
    one, two = make_petition(1), make_petition(2)
    mailing = ask(make_wish(one, two), now=NOW)
    confirm(mailing.confirm_token, petition_ids=[one.pk, two.pk], now=NOW)

    first, second = Signature.objects.order_by("petition")
    for field in ("id", "index", "look_alike", "sig_box"):
        assert getattr(first, field) != getattr(second, field)
    links = {bytes(link.link_hash) for link in WithdrawalLink.objects.all()}
    assert len(links) == 2
