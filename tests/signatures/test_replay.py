"""A backup brings back what people had erased since; replayed, none of it stays."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from petitions.models import NewsSubscriber, Signature, Tally, Tombstone, Visibility
from petitions.signatures.erase import erase_what_is_due
from petitions.signatures.persons import Subject, erase_person
from petitions.signatures.visibility import change_visibility
from petitions.signatures.withdraw import withdraw
from tests.admin.test_find_a_person import rows_with
from tests.makers import make_petition

NOW = timezone.now()


def rows_of_everything():
    """What a backup holds of the tables that people's rows lie in."""
    return {model: list(model.objects.values()) for model in (Signature, NewsSubscriber, Tally)}


def put_back(backup):
    Signature.objects.all().delete()
    NewsSubscriber.objects.all().delete()
    Tally.objects.all().delete()
    Tombstone.objects.all().delete()
    for model, rows in backup.items():
        model.objects.bulk_create(model(**row) for row in rows)


@pytest.mark.django_db
def test_no_erased_row_comes_back_from_a_backup(sign, tmp_path, capsys):
    petition = make_petition()
    leaver, _offers = sign(petition, address="bob@mail.example", news=True)
    sign(petition, address="ann@mail.example")
    quiet, _offers = sign(petition, address="eve@mail.example")
    stays, _offers = sign(petition, address="joe@mail.example", news=True)
    Signature.objects.update(visibility=Visibility.PUBLIC, public_name="Canary")
    backup = rows_of_everything()
    withdraw(leaver, now=NOW)
    erase_person(Subject(address="ann@mail.example"), now=NOW)
    change_visibility(quiet, petition_id=petition.pk, visibility=Visibility.WITHHELD, now=NOW)
    call_command("erased")
    erased = tmp_path / "erased"
    erased.write_text(capsys.readouterr().out)
    put_back(backup)
    assert (Signature.objects.count(), NewsSubscriber.objects.count()) == (4, 2)

    call_command("replay_erasures", erased)

    assert rows_with("canary") == 1
    assert Signature.objects.count() == 2
    assert Signature.objects.get(sig_box=None).visibility == Visibility.WITHHELD
    assert NewsSubscriber.objects.count() == 1
    assert Tally.objects.by_petition() == {petition.pk: 2}
    call_command("replay_erasures", erased)
    assert Signature.objects.count() == 2
    assert stays


@pytest.mark.django_db
def test_what_is_no_list_erases_nothing(sign, tmp_path):
    sign(make_petition())
    wrong = tmp_path / "wrong"
    reference = Signature.objects.get().pk
    wrong.write_text(f"{NOW:%Y-%m-%d} signature {reference}\nsomething else\n")

    with pytest.raises(CommandError, match="no line"):
        call_command("replay_erasures", wrong)

    assert Signature.objects.exists()


@pytest.mark.django_db
def test_a_tombstone_goes_after_sixty_days(sign):
    token, _offers = sign(make_petition())
    withdraw(token, now=NOW)

    erase_what_is_due(now=NOW + Tombstone.LIFE - timedelta(days=1))
    assert Tombstone.objects.exists()

    erase_what_is_due(now=NOW + Tombstone.LIFE)
    assert not Tombstone.objects.exists()
