"""Throw-away addresses, and how many mails one domain gets in an hour."""

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.models import MailHour, Signature, SignRequest
from petitions.models.clock import this_hour
from petitions.models.sealed import Mailing
from petitions.signatures.confirm import confirm
from petitions.signatures.confirmation_mail import send_confirmation_mails
from petitions.signatures.domains import is_disposable, is_large
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.request import request_signature
from tests.makers import make_petition, make_wish

pytestmark = pytest.mark.django_db


def request_many(petition, count, domain):
    for number in range(count):
        wish = make_wish(petition, address=f"a{number}@{domain}")
        request_signature(wish, now=timezone.now())


def test_over_a_small_domains_hour_mails_wait_and_none_is_lost(keys, mailbox, settings):
    settings.DOMAIN_MAILS_AN_HOUR = 3
    request_many(make_petition(), 8, "small.example")
    request_many(make_petition(2), 3, "other.example")

    send_confirmation_mails()

    assert len(mailbox) == 6
    hour = timedelta(hours=1)
    now = this_hour(timezone.now())
    waiting = SignRequest.objects.filter(mail_due_at__isnull=False)
    assert sorted((each.mail_due_at - now) // hour for each in waiting) == [1, 1, 1, 2, 2]
    assert sorted(MailHour.objects.values_list("mails", flat=True)) == [2, 3, 3, 3]


def test_a_large_provider_gets_a_hundred_times_as_many(keys, mailbox, settings):
    settings.DOMAIN_MAILS_AN_HOUR = 1
    assert is_large("gmail.com")
    request_many(make_petition(), 5, "gmail.com")

    send_confirmation_mails()

    assert len(mailbox) == 5


def test_one_victim_does_not_fill_the_hours_of_its_domain(keys, mailbox, settings):
    settings.DOMAIN_MAILS_AN_HOUR = 3
    petition = make_petition()
    for _ in range(20):
        request_signature(make_wish(petition, address="ann@small.example"), now=timezone.now())
    send_confirmation_mails()

    assert sum(MailHour.objects.values_list("mails", flat=True)) == 3


def test_the_marks_of_domains_are_erased_after_two_days(keys, mailbox):
    request_many(make_petition(), 1, "small.example")
    send_confirmation_mails()
    (mark,) = MailHour.objects.values_list("domain_key", flat=True)
    assert len(mark) == 32

    erase_what_is_due(now=timezone.now() + timedelta(days=2, hours=1))

    assert not MailHour.objects.exists()


@pytest.mark.parametrize(
    ("domain", "disposable"),
    [
        ("mailinator.com", True),
        ("eu.mailinator.com", True),
        ("mail.example", False),
        ("com", False),
        ("gmail.com", False),
        ("proton.me", False),
    ],
)
def test_throw_away_domains_are_known_with_what_is_under_them(domain, disposable):
    assert is_disposable(domain) is disposable


@pytest.mark.parametrize("domain", ["mailinator.com", "mail.example"])
def test_a_signature_says_whether_its_address_was_a_throw_away_one(keys, mailbox, domain):
    petition = make_petition()
    wish = make_wish(petition, address=f"ann@{domain}")
    request_signature(wish, now=timezone.now())
    request = SignRequest.objects.get()
    token = Mailing.open(bytes(request.mail_box), request_id=request.id).confirm_token

    send_confirmation_mails()
    confirm(token, petition_ids=[petition.pk], now=timezone.now())

    assert Signature.objects.get().disposable is (domain == "mailinator.com")
