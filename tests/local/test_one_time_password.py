"""The local organizer's password is printed until they choose their own."""

import stat

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

pytestmark = pytest.mark.django_db


@pytest.fixture
def start(tmp_path, capsys):
    """What a start of `make run` prints as the password."""

    def printed():
        call_command("one_time_password", record=tmp_path / "organizer.json")
        return capsys.readouterr().out.strip()

    return printed


def test_each_start_gives_a_fresh_one(start):
    first, second = start(), start()
    assert first != second
    assert not User.objects.get(username="organizer").check_password(first)
    assert User.objects.get(username="organizer", is_superuser=True).check_password(second)


def test_a_password_of_their_own_holds(start):
    start()
    organizer = User.objects.get(username="organizer")
    organizer.set_password("a long password of my own")
    organizer.save()
    assert start() == ""
    assert User.objects.get().check_password("a long password of my own")


def test_an_organizer_whom_we_did_not_make_is_left_alone(start):
    User.objects.create_superuser("organizer", password="from a real site's backup")
    assert start() == ""
    assert User.objects.get().check_password("from a real site's backup")


def test_the_record_holds_only_a_hash_and_is_private(start, tmp_path):
    password = start()
    record = tmp_path / "organizer.json"
    assert password not in record.read_text()
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
