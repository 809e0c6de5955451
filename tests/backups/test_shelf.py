"""`manage.py backup`: what it leaves in its folder, and what it never leaves."""

import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from petitions.backups.shelf import erase_old
from petitions.models import Petition, Signature
from tests.makers import make_petition, make_signature
from tests.processes import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "backups"
    path.mkdir()
    return path


def run(site, *words, **options):
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=ROOT,
        env=site,
        stderr=subprocess.PIPE,
        check=False,
        **{"stdout": subprocess.PIPE} | options,
    )


def databases():
    with connection.cursor() as cursor:
        # Other tests have their own, beside this one.
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, current_database())"
        )
        return {name for (name,) in cursor.fetchall()}


def test_a_backup_is_tried_before_it_gets_its_name_and_nothing_else_is_left(
    site, folder, key, lost, restore
):
    make_signature(make_petition(), name="Ann Lee")
    there = databases()
    (folder / "five-asks.draft").write_text("Left by one that was killed.")

    done = run(site, "backup", folder)

    assert done.returncode == 0, done.stderr.decode()
    (path,) = folder.iterdir()
    assert "all counts and checksums agree" in done.stdout.decode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert databases() == there
    # What the run itself could open is gone with it: of the file's two keys only one is kept.
    assert path.read_bytes().split(b"\n---")[0].count(b"-> X25519 ") == 2
    found = [each for each in folder.parent.rglob("*") if each.is_file() and each != key]
    assert not any(b"AGE-SECRET-KEY" in each.read_bytes() for each in found)
    lost()
    restore(path)
    assert Signature.objects.get().open_details().name == "Ann Lee"


def test_a_drill_tries_what_came_by_a_pipe_and_changes_nothing(site, key, tmp_path):
    make_signature(make_petition())
    piped = tmp_path / "piped"
    with piped.open("wb") as out:
        assert run(site, "backup", "-", stdout=out).returncode == 0
    there = databases()
    Petition.objects.update(goal=7)

    with piped.open("rb") as source:
        done = run(site, "restore", "-", "--key", key, "--drill", stdin=source)

    assert "-: it opens and can be restored." in done.stdout.decode(), done.stderr.decode()
    assert databases() == there
    assert Petition.objects.get().goal == 7
    assert Petition.objects.get().letters_approved_at, "nothing was held back here"


def test_what_does_not_fit_on_the_disk_leaves_nothing(site, folder):
    petition = make_petition()
    for _ in range(50):
        make_signature(petition)
    there = databases()
    small = {
        "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
    }

    done = run(site, "backup", folder, **small)

    assert done.returncode == 1
    assert "File too large. There is no new backup." in done.stderr.decode()
    assert list(folder.iterdir()) == []
    assert databases() == there
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = run(site, "backup", "-", stdout=full)
    assert done.returncode != 0
    assert "No space left on device" in done.stderr.decode()


def test_old_backups_go_and_nothing_else(folder):
    now = datetime.now(UTC)
    young, old = (
        (now - timedelta(days=age)).strftime("five-asks-%Y-%m-%dT%H%M%SZ.age") for age in (29, 31)
    )
    for name in (young, old, "notes.txt", "five-asks-old.age"):
        (folder / name).touch()

    assert [path.name for path in erase_old(folder, now=now)] == [old]

    assert {path.name for path in folder.iterdir()} == {young, "notes.txt", "five-asks-old.age"}


def test_without_a_public_key_there_is_no_backup(folder, key, settings):
    private = key.read_text().splitlines()[1]
    for recipients, words in (([], "is not set"), ([private], "something else than public keys")):
        settings.BACKUP_RECIPIENTS = recipients
        with pytest.raises(CommandError, match=words):
            call_command("backup", str(folder))
    assert list(folder.iterdir()) == []


def test_a_key_is_made_once_and_its_private_half_is_shown_to_nobody(tmp_path, capsys, settings):
    path = tmp_path / "new-key"
    call_command("backup_key", path)
    said = "".join(capsys.readouterr())

    assert "BACKUP_RECIPIENTS=age1" in said
    assert "AGE-SECRET-KEY" in path.read_text()
    assert "AGE-SECRET-KEY" not in said
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="File exists"):
        call_command("backup_key", path)
