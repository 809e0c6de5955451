"""A name stands on the site when its owner chose it and an organizer has shown it."""

import pytest

from petitions.models import Signature, Visibility
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db


def page_with(client, petition):
    return client.get(f"/en/petitions/{petition.slug}/").content.decode()


def test_a_name_that_was_shown_stands_on_its_petition_alone(client, keys):
    petition, other = make_petition(1), make_petition(2)
    signature = make_signature(petition, visibility=Visibility.PUBLIC, country="UA")
    Signature.objects.filter(pk=signature.pk).update(public_name="Zoë <O'Neill>")

    page = page_with(client, petition)

    assert "<bdi>Zoë &lt;O&#x27;Neill&gt;</bdi>, Ukraine" in page
    assert "Zoë" not in page_with(client, other)


@pytest.mark.parametrize("visibility", Visibility)
def test_nobody_is_named_before_an_organizer_has_looked(client, keys, visibility):
    petition = make_petition()
    make_signature(petition, name="Unseen Name", visibility=visibility)

    page = page_with(client, petition)

    assert "Unseen Name" not in page
    assert "Who has signed in public" not in page
