import pytest
from django.utils import timezone

from petitions.signatures.confirm import confirm
from petitions.signatures.offers import open_offers
from tests.makers import make_wish


@pytest.fixture
def sign(ask):
    """Sign petitions and confirm; what the mail held, and what the page after it offers."""

    def sign_now(*petitions, now=None, **changes):
        now = now or timezone.now()
        mailing = ask(make_wish(*petitions, **changes), now=now)
        confirmed = confirm(
            mailing.confirm_token, petition_ids=[each.pk for each in petitions], now=now
        )
        return mailing.withdraw_token, open_offers(list(confirmed.offers.values()), now=now)

    return sign_now
