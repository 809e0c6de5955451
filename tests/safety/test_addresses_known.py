"""No address is forgotten by the fuzzer: what it can't build fails here, and not in silence."""

import pytest
from django.urls import path, re_path, register_converter, resolve
from django.urls.converters import StringConverter
from django.views.decorators.http import require_safe

from fuzz.addresses import NoWayToBuild, addresses_among, all_addresses
from petitions.web.webhooks import SIGNING, addresses_of


@require_safe
def nothing(_request):
    """A view for patterns that nobody serves."""


def test_every_address_can_be_built_and_leads_to_its_own_view():
    found = all_addresses()

    assert {"home", "petition", "confirm", "receipt", "office", "checkpoint", "robots"} <= {
        each.name for each in found
    }
    assert "account_login" in {each.name for each in found}
    lost = [each for each in found if resolve(each.path()).func != each.callback]
    # The admin's last pattern takes whatever is left.
    assert {str(each.path()) for each in lost} <= {"/admin/anything"}


@pytest.mark.parametrize("sender", sorted(SIGNING))
def test_the_addresses_of_hosted_senders_can_be_built(sender):
    assert addresses_among(addresses_of(sender))


def test_a_part_that_nobody_has_thought_of_is_no_silence():
    class Colour(StringConverter):
        regex = "red|blue"

    register_converter(Colour, "colour")
    with pytest.raises(NoWayToBuild, match="Colour"):
        addresses_among([path("in/<colour:colour>/", nothing)])
    with pytest.raises(NoWayToBuild):
        addresses_among([re_path(r"^year/[0-9]{4}/$", nothing)])
    with pytest.raises(NoWayToBuild):
        addresses_among([re_path(r"^year/(?P<year>[0-9]{4})/$", nothing)])
