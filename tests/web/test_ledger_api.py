"""The public log as programs read it: what five_asks_verify computes from it, and hostile paths."""

import base64
import re
from hashlib import sha256
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from five_asks_verify.checkpoint import VerifierKey, open_note, read_checkpoint
from five_asks_verify.entries import BatchClosed, digest_of, read_entry, read_places
from five_asks_verify.merkle import is_included, leaf_hash, root_of
from five_asks_verify.tiles import Tree, index_path, tiles_of
from petitions.delivery.batches import close_batch
from petitions.ledger.publish import publish
from petitions.models import (
    Cosignature,
    Head,
    Hold,
    Leaf,
    Log,
    LogEntry,
    LogTile,
    Petition,
    Signature,
)
from petitions.signatures.holds import hold, release
from petitions.signatures.withdraw import erase_signatures
from petitions.web.figures import forget_figures
from tests.makers import make_petition, make_signature

pytestmark = pytest.mark.django_db


@pytest.fixture
def petition(keys):
    return make_petition()


def sign(petition, count):
    return [make_signature(petition) for _ in range(count)]


def grown(petition, *counts):
    """Its log, published once for each number of new signatures."""
    for count in counts:
        sign(petition, count)
        publish(petition)
    return Log.objects.get(petition=petition)


def hold_all(signatures):
    hold(signatures, why=Hold.Why.OTHER, reason="They look odd.", by=None)


class Reader:
    """Who knows a log by its address alone."""

    def __init__(self, client, log):
        self.client = client
        self.address = f"/ledger/{log.pk}"

    def get(self, path):
        response = self.client.get(f"{self.address}/{path}")
        assert response.status_code == HTTPStatus.OK, path
        return response

    def key(self):
        return VerifierKey.read(self.get("key").text)

    def checkpoint(self):
        return open_note(self.get("checkpoint").text, self.key())

    def tree(self, size):
        return Tree(size, lambda tile: self.get(f"tile/{tile.path}").content)

    def leaves(self, size):
        rows = b"".join(self.get(f"tile/{tile.path}").content for tile in tiles_of(size, 0))
        return [rows[at : at + 32] for at in range(0, len(rows), 32)]

    def entries(self, size):
        pages = [
            self.get(f"entries/{index_path(tile.index, tile.width)}").text
            for tile in tiles_of(size, 0)
        ]
        return read_lines("".join(pages))


def read_lines(text):
    lines = (line.split("\t") for line in text.splitlines())
    return {int(place): entry for place, entry in lines}


def test_who_reads_all_tiles_computes_the_signed_root(client, petition):
    reader = Reader(client, grown(petition, 270, 1, 300))
    checkpoint = reader.checkpoint()

    leaves = reader.leaves(checkpoint.size)

    assert checkpoint.size == len(leaves) == 571
    assert root_of(leaves) == reader.tree(571).root() == checkpoint.root
    secrets = Leaf.objects.order_by("place").values_list("secret", flat=True)
    assert leaves == [leaf_hash(bytes(secret)) for secret in secrets]


def test_each_earlier_head_can_be_computed_from_partial_tiles_of_today(client, petition):
    reader = Reader(client, grown(petition, 3, 250, 20, 260))
    lines = [line.split(" ") for line in reader.get("heads").text.splitlines()]

    assert [int(size) for size, _, _ in lines] == [3, 253, 273, 533]
    for size, root, hour in lines:
        assert base64.b64encode(reader.tree(int(size)).root()).decode() == root
        note = reader.get(f"checkpoint/{size}").text
        assert open_note(note, reader.key()).root == base64.b64decode(root)
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:00Z", hour)
    assert reader.get("checkpoint").content == reader.get("checkpoint/533").content


def test_a_leaf_is_proven_by_what_the_tiles_say(client, petition):
    reader = Reader(client, grown(petition, 300))
    tree, root = reader.tree(300), reader.checkpoint().root

    for place in (0, 255, 256, 299):
        proof = tree.inclusion_proof(place)
        secret = bytes(Leaf.objects.get(place=place).secret)
        assert is_included(leaf_hash(secret), index=place, size=300, proof=proof, root=root)
        assert not is_included(leaf_hash(b"x"), index=place, size=300, proof=proof, root=root)


def test_what_became_of_signatures_is_read_in_pages_and_in_one_piece(client, petition):
    log = grown(petition, 260)
    signatures = Signature.objects.order_by("leaf__place")
    chosen = [signatures[place] for place in (0, 7, 8)]
    hold_all(Signature.objects.filter(pk__in=[each.pk for each in chosen[1:]]))
    release(Signature.objects.filter(pk=chosen[2].pk))
    erase_signatures([chosen[0]], now=timezone.now())
    batch = close_batch(petition, now=timezone.now())
    batch.refresh_from_db()
    reader = Reader(client, log)
    size = reader.checkpoint().size

    entries = reader.entries(size)

    assert [str(read_entry(text)) for text in entries.values()] == [
        "five-asks/1 held 7-8",
        "five-asks/1 released 8",
        "five-asks/1 withdrawn 0",
        str(BatchClosed.of(1, read_places("1-6,8-259"))),
    ]
    leaves = reader.leaves(size)
    assert all(leaves[place] == leaf_hash(text.encode()) for place, text in entries.items())
    changes = read_lines(reader.get("changes.txt").text)
    assert list(changes) == list(entries)[:3]
    assert changes.items() <= entries.items()
    (record,) = reader.get("batches.json").json()
    assert record == {
        "number": 1,
        "count": 258,
        "places": "1-6,8-259",
        "digest": digest_of(read_places("1-6,8-259")),
        "size": size,
        "root": base64.b64encode(reader.checkpoint().root).decode(),
        "closed_on": batch.closed_at.date().isoformat(),
    }


def test_the_list_of_logs_says_how_far_each_is(client, petition):
    log = grown(petition, 21)
    sign(petition, 2)
    make_petition(2)
    forget_figures()

    head = Head.objects.get()
    assert client.get("/ledger/logs.json").json() == [
        {
            "number": log.pk,
            "petition": {"slug": "ask-1", "title": "Title of ask 1"},
            "origin": f"127.0.0.1:8000/ledger/{log.pk}",
            "key": client.get(f"/ledger/{log.pk}/key").text.strip(),
            "size": 21,
            "root": base64.b64encode(head.root).decode(),
            "counted": 21,
            "waiting": 2,
        }
    ]


def test_fewer_than_none_never_wait_and_an_earlier_log_waits_for_nothing(client, petition):
    first = grown(petition, 21)
    hold_all(Signature.objects.all())
    forget_figures()
    assert [each["waiting"] for each in client.get("/ledger/logs.json").json()] == [0]

    release(Signature.objects.all())
    Log.objects.begin(petition, now=timezone.now())
    Leaf.objects.all().delete()
    LogEntry.objects.all().delete()
    publish(petition)
    sign(petition, 3)
    forget_figures()

    logs = client.get("/ledger/logs.json").json()
    assert [each["number"] == first.pk for each in logs] == [True, False]
    assert [each["waiting"] for each in logs] == [0, 3]


def test_a_witnesss_lines_stand_below_the_logs_own_signature(client, petition):
    reader = Reader(client, grown(petition, 20))
    head = Head.objects.get()
    lines = [f"\N{EM DASH} witness.example/{each} {'A' * 100}" for each in (1, 2)]
    Cosignature.objects.create(head=head, line=lines[0])
    Cosignature.objects.create(head=head, line=f"{lines[1]}\n")

    for path in ("checkpoint", "checkpoint/20"):
        note = reader.get(path).text
        assert note == head.note + "".join(f"{line}\n" for line in lines)
        assert open_note(note, reader.key()).size == 20


def test_it_costs_the_same_queries_with_one_log_and_with_three(client, petition):
    def queries():
        forget_figures()
        with CaptureQueriesContext(connection) as counted:
            assert client.get("/ledger/logs.json").status_code == HTTPStatus.OK
        return len(counted)

    grown(petition, 20)
    one = queries()
    for number in (2, 3):
        grown(make_petition(number), 20)

    assert queries() == one


# --- What browsers, caches and other sites are told

CHANGING = ["logs.json", "{}/checkpoint", "{}/checkpoint/20", "{}/key"]
ASKED_AGAIN = ["{}/heads", "{}/changes.txt", "{}/batches.json"]
FOR_EVER = ["{}/tile/0/000.p/20", "{}/tile/0/000.p/3", "{}/entries/000.p/20"]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        *((path, "public, max-age=5") for path in CHANGING),
        *((path, "no-cache") for path in ASKED_AGAIN),
        *((path, "public, max-age=31536000, immutable") for path in FOR_EVER),
    ],
)
def test_an_answer_is_for_everybody_and_known_again(client, petition, path, kept):
    log = grown(petition, 20)
    address = f"/ledger/{path.format(log.pk)}"

    response = client.get(address, headers={"Accept-Language": "uk", "Origin": "https://a.example"})

    assert response.status_code == HTTPStatus.OK
    assert response["Cache-Control"] == kept
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not response.cookies
    assert "Language" not in response.get("Vary", "") + " ".join(response.headers)
    assert response.content == client.get(f"{address}?x=1", headers={"Cookie": "a=b"}).content
    head = client.head(address)
    assert (head["ETag"], head.content) == (response["ETag"], b"")
    again = client.get(address, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
    assert again["Access-Control-Allow-Origin"] == "*"
    for method in (client.post, client.put, client.delete):
        assert method(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_the_next_publication_is_seen_at_once(client, petition):
    reader = Reader(client, grown(petition, 20))
    before = reader.get("checkpoint")["ETag"]

    grown(petition, 20)

    note = client.get(f"{reader.address}/checkpoint", headers={"If-None-Match": before}).text
    assert read_checkpoint(note).size == 40


# --- Hostile paths

HOSTILE = [
    "x",
    "0/checkpoint",
    "01/checkpoint",
    "-1/checkpoint",
    "999999999999999/checkpoint",
    "99999999999999999999/checkpoint",
    "{}/",
    "{}/Checkpoint",
    "{}/checkpoint/",
    "{}/checkpoint/0",
    "{}/checkpoint/19",
    "{}/checkpoint/021",
    "{}/checkpoint/999999999999999",
    "{}/tile/0/000",
    "{}/tile/0/000.p/0",
    "{}/tile/0/000.p/22",
    "{}/tile/0/000.p/256",
    "{}/tile/0/000.p/021",
    "{}/tile/0/001.p/1",
    "{}/tile/0/0",
    "{}/tile/0/x000/000.p/21",
    "{}/tile/0/000.p/21/",
    "{}/tile/0/000.p/21%0A",
    "{}/tile/0/%D9%A0%D9%A0%D9%A0.p/21",
    "{}/tile/0/../0/000.p/21",
    "{}/tile/0/..%2F..%2F..%2Fetc%2Fpasswd",
    "{}/tile/0/000.p/21%00",
    "{}/tile/00/000.p/21",
    "{}/tile/1/000.p/1",
    "{}/tile/999999999999999/000.p/1",
    "{}/tile/-1/000.p/1",
    "{}/tile/data/000.p/21",
    "{}/tile/0/" + "x999/" * 2000 + "999",
    "{}/entries/000",
    "{}/entries/000.p/22",
    "{}/entries/" + "x999/" * 2000 + "999",
    "{}/entries/%27%20OR%201=1",
    "{}/receipts",
    "{}/leaves.json",
]


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path[:40])
@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_bad_path_gets_a_short_plain_line(client, petition, path, language):
    log = grown(petition, 21)

    response = client.get(f"/ledger/{path.format(log.pk)}", headers={"Accept-Language": language})

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(r"[\x20-\x7e]{10,80}\n", response.text)
    assert response["Cache-Control"] == "no-cache"
    assert "Vary" not in response


def test_what_is_stored_beyond_the_last_head_is_not_shown(client, petition):
    log = grown(petition, 21)
    tile = LogTile.objects.get()
    tile.hashes = bytes(tile.hashes) + sha256(b"next").digest()
    tile.save()
    LogEntry.objects.create(log=log, place=21, text="five-asks/1 withdrawn 3")

    for path in ("tile/0/000.p/22", "entries/000.p/22"):
        assert client.get(f"/ledger/{log.pk}/{path}").status_code == HTTPStatus.NOT_FOUND
    assert client.get(f"/ledger/{log.pk}/changes.txt").content == b""
    assert Reader(client, log).leaves(21)[20] == leaf_hash(bytes(Leaf.objects.get(place=20).secret))


def test_what_waits_is_told_to_nobody_and_no_secret_ever(client, petition):
    log = grown(petition, 21)
    secrets = [bytes(each) for each in Leaf.objects.values_list("secret", flat=True)]
    (new,) = sign(petition, 1)
    erase_signatures([Signature.objects.order_by("leaf__place")[3]], now=timezone.now())
    assert LogEntry.objects.waiting().exists()
    paths = ["checkpoint", "heads", "key", "changes.txt", "batches.json"]

    shown = [client.get(f"/ledger/{log.pk}/{path}").content for path in paths]
    shown += [client.get(f"/ledger/{log.pk}/{kind}/000.p/21").content for kind in ("entries",)]
    shown += [client.get(f"/ledger/{log.pk}/tile/0/000.p/21").content]
    everything = b"\n".join([*shown, client.get("/ledger/logs.json").content])

    assert b"withdrawn" not in everything
    assert str(new.pk).encode() not in everything
    for secret in secrets:
        for form in (secret, base64.b64encode(secret), secret.hex().encode()):
            assert form not in everything
    assert leaf_hash(secrets[0]) in everything


def test_a_draft_is_in_no_list(client, petition):
    grown(petition, 21)
    Petition.objects.update(state=Petition.State.DRAFT)
    forget_figures()

    assert client.get("/ledger/logs.json").json() == []


@pytest.mark.parametrize("path", ["/ledger/", "/ledger"])
def test_the_bare_address_leads_to_the_page(client, petition, path):
    response = client.get(path, headers={"Accept-Language": "uk"})

    assert response.status_code == HTTPStatus.FOUND
    assert response.url == "/uk/ledger/"
