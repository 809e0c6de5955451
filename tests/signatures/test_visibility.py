import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.models import Signature, Tally, Visibility, Withdrawal
from petitions.signatures.copies import ask_for_copy
from petitions.signatures.visibility import NameIsGone, change_visibility
from petitions.signatures.withdraw import withdraw
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def change(token, petition, visibility):
    change_visibility(token, petition_id=petition.pk, visibility=visibility, now=NOW)


def test_who_leaves_the_public_is_named_in_letters_and_no_longer_on_the_site(sign):
    petition = make_petition()
    token, _ = sign(petition, visibility=Visibility.PUBLIC)
    Signature.objects.update(public_name="Ann Lee")

    change(token, petition, Visibility.OFFICIALS)

    signature = Signature.objects.get()
    assert (signature.visibility, signature.public_name) == ("officials", "")
    assert signature.open_details().name == "Ann Lee"


def test_who_becomes_public_is_shown_only_after_an_organizer_has_looked(sign):
    petition = make_petition()
    token, _ = sign(petition)

    change(token, petition, Visibility.PUBLIC)

    signature = Signature.objects.get()
    assert (signature.visibility, signature.public_name) == ("public", "")


def test_who_is_only_counted_from_now_on_leaves_no_name_and_the_count_stays(sign):
    petition = make_petition()
    token, _ = sign(petition, visibility=Visibility.PUBLIC)
    Signature.objects.update(public_name="Ann Lee")
    ask_for_copy(token, now=NOW)

    change(token, petition, Visibility.WITHHELD)

    signature = Signature.objects.get()
    assert (signature.sig_box, signature.public_name) == (None, "")
    assert not hasattr(signature, "data_copy")
    assert Tally.objects.by_petition() == {petition.pk: 1}
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize("wish", [Visibility.PUBLIC, Visibility.OFFICIALS])
def test_a_name_that_was_given_up_does_not_come_back(sign, wish):
    petition = make_petition()
    token, _ = sign(petition)
    change(token, petition, Visibility.WITHHELD)
    change(token, petition, Visibility.WITHHELD)

    with pytest.raises(NameIsGone):
        change(token, petition, wish)

    assert Signature.objects.get().visibility == Visibility.WITHHELD


def test_offices_that_have_the_name_are_asked_once_whatever_follows(sign):
    petition = make_petition()
    token, _ = sign(petition)
    reference = Signature.objects.get().pk
    batch = close_batch(petition, now=NOW)

    change(token, petition, Visibility.WITHHELD)
    told_in = close_batch(petition, now=NOW)
    withdraw(token, now=NOW)

    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.pk, withdrawal.batch, withdrawal.told_in) == (reference, batch, told_in)
    assert close_batch(petition, now=NOW) is None
    assert Tally.objects.by_petition() == {petition.pk: 0}


def test_one_ask_changes_and_the_others_stay(sign):
    one, two = make_petition(1), make_petition(2)
    token, _ = sign(one, two)
    other = make_signature(two)

    change(token, two, Visibility.WITHHELD)
    change("x" * 43, one, Visibility.WITHHELD)

    withheld = Signature.objects.get(visibility=Visibility.WITHHELD)
    assert withheld.petition == two
    assert withheld != other
    assert Signature.objects.filter(visibility=Visibility.OFFICIALS).count() == 2
