"""Files that were cut, changed, swapped, or written by somebody else: none of them changes a row."""

import pytest
from django.core.management import CommandError
from django.db import connection

from petitions.backups.frames import END_OF_ROWS, frame, frame_of, take_content, take_rows
from petitions.backups.make import FORMAT
from petitions.backups.tables import migrations
from petitions.exports import age
from petitions.models import Petition, Signature
from tests.backups.rows import everything
from tests.makers import make_petition, make_signature

# Of age: 64 KiB and a tag. Before the first there are the header and 16 bytes.
CHUNK = 64 * 1024 + 16

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backup(keys, back_up):
    """One of several chunks."""
    petition = make_petition()
    for _ in range(100):
        make_signature(petition)
    return back_up()


def parts(data):
    """Its header with the nonce, and its chunks."""
    begins = data.index(b"\n", data.index(b"\n---") + 1) + 1 + 16
    body = data[begins:]
    return data[:begins], [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def changed(data, other):
    """Each way to change a file that somebody has who lacks its key."""
    head, chunks = parts(data)
    other_head, other_chunks = parts(other)
    last = chunks[-1]
    return {
        "cut in the last chunk": data[:-1],
        "cut after a chunk": head + b"".join(chunks[:-1]),
        "cut in its head": data[:60],
        "empty": b"",
        "a byte of the first chunk": flipped(data, len(head) + 100),
        "a byte of the last chunk": flipped(data, len(data) - 1),
        "a byte of the nonce": flipped(data, len(head) - 1),
        "two chunks changed places": head + chunks[1] + chunks[0] + b"".join(chunks[2:]),
        "a chunk twice": head + chunks[0] + b"".join(chunks),
        "a chunk is missing": head + chunks[0] + b"".join(chunks[2:]),
        "the end comes sooner": head + chunks[0] + last,
        "the end of another backup": head + b"".join(chunks[:-1]) + other_chunks[-1],
        "the head of another backup": other_head + b"".join(chunks),
        "something behind it": data + b"x",
        "something else": b"-- PostgreSQL database dump\n" * 99,
    }


def test_a_changed_file_changes_no_row(backup, back_up, lost, restore, tmp_path):
    data, other = backup.read_bytes(), back_up("other.age").read_bytes()
    assert len(parts(data)[1]) > 3
    lost()
    before = everything()
    path = tmp_path / "changed.age"

    for what, content in changed(data, other).items():
        path.write_bytes(content)
        with pytest.raises(CommandError, match=r"not whole.*Nothing was restored"):
            restore(path)
        assert everything() == before, what

    restore(backup)
    assert Signature.objects.count() == 100


def test_another_key_opens_nothing(backup, lost, restore, tmp_path):
    lost()
    other = tmp_path / "other-key"
    other.write_text(age.make_identity()[0])

    with pytest.raises(CommandError, match="does not open with this key"):
        restore(backup, by=other)

    assert not Signature.objects.exists()


def test_no_key_and_no_file_are_told(backup, lost, restore, tmp_path):
    lost()
    public = tmp_path / "public"
    public.write_text(age.make_identity()[1])

    with pytest.raises(CommandError, match="holds no private key"):
        restore(backup, by=public)
    with pytest.raises(CommandError, match="no-key: No such file"):
        restore(backup, by=tmp_path / "no-key")
    with pytest.raises(CommandError, match="no-backup: No such file"):
        restore(tmp_path / "no-backup")


def test_nothing_is_put_over_what_is_there(backup, restore):
    Petition.objects.update(goal=7)
    before = everything()

    with pytest.raises(CommandError, match=r"not empty: there are rows in petitions_\w+, "):
        restore(backup)

    assert everything() == before


def test_a_backup_of_another_version_is_refused(backup, lost, restore):
    lost()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('petitions', '9999', now())"
        )
    try:
        with pytest.raises(CommandError, match=r"another version.*has not: petitions\.9999"):
            restore(backup)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999'")
    assert not Signature.objects.exists()


# --- Whoever knows the public key can write a file that opens


@pytest.fixture
def forged(key, settings, tmp_path):
    def written(*frames):
        path = tmp_path / "forged.age"
        with path.open("wb") as out:
            age.encrypt(iter(frames), out, recipients=settings.BACKUP_RECIPIENTS)
        return path

    return written


def head_of_ours():
    with connection.cursor() as cursor:
        raw = cursor.connection
        return {
            "format": FORMAT,
            "taken_at": "2026-11-29T00:00:00+00:00",
            "migrations": migrations(raw),
        }


TAIL = {"fingerprints": {}, "sequences": {}}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (lambda: [frame_of({"format": "another"})], "no backup of this site"),
        (lambda: [b"\xff\xff\xff\xff", b"x" * 999], "no backup of this site"),
        (lambda: [frame_of(head_of_ours()), frame_of(TAIL)], "no backup of this site"),
        (
            lambda: [
                frame_of(head_of_ours()),
                frame_of({"table": "pg_authid", "columns": ["rolname"]}),
                END_OF_ROWS,
                frame_of(TAIL),
            ],
            "not the same columns in pg_authid",
        ),
        (lambda: [frame_of(head_of_ours())], "not whole"),
    ],
    ids=["another format", "a huge frame", "no tables", "another table", "no end"],
)
def test_a_file_of_somebody_elses_changes_no_row(forged, restore, written, words):
    before = everything()

    with pytest.raises(CommandError, match=words):
        restore(forged(*written()))

    assert everything() == before


@pytest.fixture
def frames(backup, key):
    """Of a whole backup, as somebody has them who has its key: by the table that they are of."""
    (identity,) = age.identities_in(key.read_text())
    with backup.open("rb") as file, age.opened(file, identities=[identity]) as plain:
        found = [("", frame_of(take_content(plain)))]
        while "table" in (part := take_content(plain)):
            found.append((part["table"], frame_of(part)))
            found += [(part["table"], frame(rows)) for rows in take_rows(plain)]
            found.append((part["table"], END_OF_ROWS))
        return [*found, ("", frame_of(part))]


def test_a_backup_with_fewer_rows_than_it_says_is_refused(frames, forged, lost, restore):
    """As if its writer had lost some on the way."""
    _title, rows, _end = (each for table, each in frames if table == "petitions_tally")
    # What COPY writes of an empty table.
    none = frame(b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff")
    fewer = [none if each == rows else each for _table, each in frames]
    lost()
    before = everything()

    with pytest.raises(CommandError, match="not what the backup says it holds: petitions_tally"):
        restore(forged(*fewer))

    assert everything() == before


def test_nothing_may_come_behind_the_end(frames, forged, lost, restore):
    lost()
    before = everything()
    whole = [each for _table, each in frames]

    with pytest.raises(CommandError, match="not whole"):
        restore(forged(*whole, frame(b"more")))

    assert everything() == before
    restore(forged(*whole))
    assert everything() != before
