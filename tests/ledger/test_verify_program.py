"""`five-asks-verify` on logs in a folder: what it says, and with which number it ends."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from five_asks_verify.__main__ import main
from five_asks_verify.checkpoint import COSIGNATURE, Checkpoint, VerifierKey, sign, signature_line
from five_asks_verify.entries import Kind, Receipt
from five_asks_verify.merkle import leaf_hash
from tests.ledger.shown_log import ORIGIN, ShownLog

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def log():
    """600 signatures, two batches, one withdrawn in between, one held, one not in a batch."""
    made = ShownLog()
    first = made.sign(400)
    made.close(1, first)
    second = made.sign(200)
    made.change(Kind.WITHDRAWN, first[7])
    made.change(Kind.HELD, second[0], second[1])
    made.change(Kind.RELEASED, second[1])
    made.close(2, second[2:])
    return made


@pytest.fixture
def shown(log, tmp_path):
    return log.write(tmp_path / "log")


@pytest.fixture
def verify(log, capsys):
    def run(where, *arguments, key=True):
        known = ["--key", str(log.key)] if key else []
        code = main([str(where), *known, *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out + err

    return run


def root_text(log, size=None):
    return base64.b64encode(log.root(size)).decode()


def problems(said):
    return [line for line in said.splitlines() if line.startswith("WRONG")]


def refused(capsys, *arguments):
    """What it says of arguments that it can't use; it ends with 2."""
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_a_log_that_is_right_is_told_as_a_story(verify, shown, log):
    code, said = verify(shown)

    assert code == 0
    assert said.splitlines() == [
        f"ok     The checkpoint is signed by {ORIGIN} (key {log.key.id.hex()}).",
        "ok     Its 605 leaves have the root that it says.",
        "ok     All 1 tiles above say what the leaves say.",
        "ok     All 5 public entries hash to their leaves.",
        "ok     Each entry says what can be said of an earlier leaf.",
        "note   Counted: 598 signatures. The log has 600; 1 were withdrawn, 1 are held.",
        "ok     The batches in the log, 2, hold 598 signatures, none of them twice.",
        "All is right.",
    ]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 65_536, 65_537])
def test_logs_of_all_kinds_of_sizes_are_right(verify, log, tmp_path, size):
    log.leaves = []
    log.sign(size)

    code, said = verify(log.write(tmp_path / "log"))

    assert (code, f"Its {size:,} leaves" in said) == (0, True)


def test_a_key_from_the_place_that_is_checked_is_named_loudly(verify, shown, log):
    code, said = verify(shown, key=False)

    assert code == 0
    assert said.startswith("note   THE KEY CAME FROM THE PLACE THAT IS CHECKED.")
    assert f"give it with --key: {log.key}" in said


def test_a_key_may_stand_in_a_file(capsys, shown, tmp_path, log):
    (tmp_path / "key").write_text(f"{log.key}\n")

    assert main([str(shown), "--key", str(tmp_path / "key")]) == 0
    assert "THE KEY CAME" not in capsys.readouterr().out


def test_a_checkpoint_of_another_key_ends_the_check(verify, log, tmp_path):
    code, said = verify(
        log.write(tmp_path / "log", note=log.note(private=Ed25519PrivateKey.generate()))
    )

    assert code == 1
    assert problems(said) == [
        f"WRONG  The checkpoint can't be believed. {ORIGIN} has not signed this checkpoint."
    ]
    assert said.endswith("This log can not be relied on: see each line that begins with WRONG.\n")


def test_a_witness_must_have_signed_too(verify, log, tmp_path):
    private = Ed25519PrivateKey.generate()
    witness = VerifierKey("w.example", COSIGNATURE, private.public_key().public_bytes_raw())
    text = f"cosignature/v1\ntime 1796000000\n{Checkpoint(ORIGIN, log.size, log.root())}"
    line = signature_line(witness, (1_796_000_000).to_bytes(8) + private.sign(text.encode()))
    without = log.write(tmp_path / "without")
    with_it = log.write(tmp_path / "with", note=log.note() + line)

    code, said = verify(with_it, "--witness", witness)
    assert (code, "It is signed by the witness w.example too." in said) == (0, True)
    code, said = verify(without, "--witness", witness)
    assert (code, "w.example has not signed this checkpoint." in said) == (1, True)


class TestWhatTheSiteShows:
    def test_a_changed_leaf_is_located(self, verify, shown):
        tile = shown / "tile/0/001"
        tile.write_bytes(tile.read_bytes()[:-1] + b"!")

        code, said = verify(shown)

        assert code == 1
        assert problems(said)[0].startswith("WRONG  The 605 leaves have not the root")
        assert "Tile 1/000.p/2 does not say what the leaves below it say." in said

    def test_a_tile_above_that_lies_is_named(self, verify, shown):
        tile = shown / "tile/1/000.p/2"
        tile.write_bytes(tile.read_bytes()[:-1] + b"!")

        code, said = verify(shown)

        assert (code, problems(said)) == (
            1,
            ["WRONG  Tile 1/000.p/2 does not say what the leaves below it say."],
        )

    def test_a_tile_that_is_missing_or_short_or_long_is_named(self, verify, shown):
        tile = shown / "tile/0/001"
        content = tile.read_bytes()
        tile.write_bytes(content[:-32])
        assert "Tile 0/001 must have 256 hashes of 32 bytes, and has 8,160" in verify(shown)[1]
        tile.write_bytes(content + content)
        code, said = verify(shown)
        assert (code, "tile/0/001 is longer than it can be (8,192 bytes)." in said) == (1, True)
        tile.unlink()
        code, said = verify(shown)
        assert (code, problems(said)) == (1, ["WRONG  The folder has no tile/0/001."])

    def test_an_entry_with_another_text_is_named(self, verify, shown):
        page = shown / "entries/001"
        page.write_text(page.read_text().replace("batch 1 400", "batch 1 401"))

        code, said = verify(shown)

        assert code == 1
        assert "The text of leaf 401 is not the one that it hashes." in said
        assert "batches.json has a batch 1, of which the log says nothing." in said

    @pytest.mark.parametrize(
        "line", ["hello", "400", "5000\tfive-asks/1 held 5", "0400\tx", "-1\tx", "\x1b[2J\tx"]
    )
    def test_a_line_that_is_no_entry_is_named_and_steers_no_terminal(self, verify, shown, line):
        page = shown / "entries/001"
        page.write_text(page.read_text() + line + "\n")

        code, said = verify(shown)

        assert code == 1
        assert "entries/001 has a line that is no entry of its places: " in said
        assert "\x1b" not in said

    def test_an_entry_shown_twice_counts_once(self, verify, shown):
        page = shown / "entries/002.p/93"
        page.write_text(page.read_text() * 2)

        code, said = verify(shown)

        assert code == 1
        assert "1 were withdrawn, 1 are held" in said

    def test_bytes_that_are_no_text_are_named(self, verify, shown):
        (shown / "entries/001").write_bytes(b"\xff")
        code, said = verify(shown)
        assert (code, problems(said)) == (1, ["WRONG  entries/001 is no text."])

    def test_an_entry_that_makes_no_sense_is_named(self, verify, log, tmp_path):
        log.say("five-asks/1 withdrawn 7")

        code, said = verify(log.write(tmp_path / "log"))

        assert (code, problems(said)) == (
            1,
            ["WRONG  Leaf 606 says withdrawn of leaf 8, which is withdrawn."],
        )

    def test_of_many_problems_the_first_ones_are_shown(self, verify, log, tmp_path):
        for _ in range(300):
            log.say("five-asks/1 withdrawn 7")

        code, said = verify(log.write(tmp_path / "log"))

        assert code == 1
        assert (len(problems(said)), "WRONG  And 290 more of this kind." in said) == (11, True)

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (lambda batch: batch.update(count=399), "batches.json says 399 signatures"),
            (lambda batch: batch.update(digest="0" * 64), "with the digest 000000"),
            (lambda batch: batch.update(places="0-398"), "its places in batches.json are not"),
            (lambda batch: batch.update(places="0-9,7"), "can't be read at its batch no. 1: These"),
            (lambda batch: batch.update(root="AAAA"), "its letters name a root of 401 leaves"),
            (lambda batch: batch.update(root="?"), "its root is no base64"),
            (lambda batch: batch.update(size=400), "the head of its letters has 400 leaves"),
            (lambda batch: batch.update(size="401"), "its size is no number"),
            (lambda batch: batch.update(size=True), "its size is no number"),
            (lambda batch: batch.update(number=3), "batches.json has a batch 3, of which"),
            (lambda batch: batch.update(number=2), "batches.json has two batches of one number."),
            (lambda batch: batch.pop("digest"), "its digest is no text"),
        ],
    )
    def test_a_batch_that_is_not_the_logs_is_named(self, verify, shown, change, problem):
        file = shown / "batches.json"
        batches = json.loads(file.read_bytes())
        change(batches[0])
        file.write_text(json.dumps(batches))

        code, said = verify(shown)

        assert (code, problem in said) == (1, True)

    @pytest.mark.parametrize("content", ["", "{}", "[1]", "[" * 100_000, "no", "[{}]"])
    def test_a_list_of_batches_that_is_none_is_an_error(self, verify, shown, content):
        (shown / "batches.json").write_text(content)
        code, said = verify(shown)
        assert (code, "batches.json" in problems(said)[0]) == (1, True)

    def test_a_signature_in_two_batches_is_named(self, verify, log, tmp_path):
        log.close(3, log.signatures[300:301])

        code, said = verify(log.write(tmp_path / "log"))

        assert code == 1
        assert "Batch 3 holds leaf 301, and so does another one." in said

    def test_a_withdrawn_signature_in_a_later_batch_is_named(self, verify, log, tmp_path):
        log.close(1, log.signatures[:400])

        code, said = verify(log.write(tmp_path / "log"))

        assert code == 1
        assert "Batch 1 holds leaf 8, which was withdrawn when the batch was closed." in said

    def test_a_batch_closed_anew_is_right(self, verify, log, tmp_path):
        log.change(Kind.HELD, log.signatures[0])
        log.close(1, log.signatures[1:7] + log.signatures[8:400])

        code, said = verify(log.write(tmp_path / "log"))

        assert (code, "2, hold 596 signatures" in said) == (0, True)

    def test_a_batch_that_was_taken_back_needs_no_places(self, verify, log, tmp_path):
        log.close(3, [])
        shown = log.write(tmp_path / "log")
        batches = json.loads((shown / "batches.json").read_bytes())
        (shown / "batches.json").write_text(json.dumps(batches[:2]))

        assert verify(shown)[0] == 0

    def test_a_batch_closed_while_the_log_was_read_is_left_for_next_time(
        self, verify, log, shown, tmp_path
    ):
        log.close(1, log.signatures[:7] + log.signatures[8:400])
        log.close(3, log.sign(5))
        newer = log.write(tmp_path / "newer")
        (shown / "batches.json").write_bytes((newer / "batches.json").read_bytes())

        code, said = verify(shown)

        assert code == 0
        assert "note   Closed after this checkpoint, not checked: batch 1, 3." in said

    def test_a_checkpoint_that_promises_more_than_fits_ends_the_check(self, verify, log, tmp_path):
        note = sign(Checkpoint(ORIGIN, 10**15 - 1, log.root()), log.private)

        code, said = verify(log.write(tmp_path / "log", note=note))

        assert (code, "names 999,999,999,999,999 leaves" in said) == (1, True)


class TestSince:
    @pytest.fixture
    def earlier(self, log, tmp_path):
        file = tmp_path / "earlier"
        file.write_text(log.note())
        return file

    def test_a_log_that_only_grew(self, verify, log, earlier, tmp_path):
        log.sign(30)

        code, said = verify(log.write(tmp_path / "log"), "--since", earlier)

        assert code == 0
        assert "Since the earlier checkpoint of 605 leaves, 30 were added and none was" in said

    def test_a_log_that_is_the_same(self, verify, shown, earlier):
        assert verify(shown, "--since", earlier)[0] == 0

    def test_a_log_written_anew(self, verify, log, earlier, tmp_path):
        log.leaves[3].secret = bytes(32)
        log.sign(30)
        shown = log.write(tmp_path / "log")

        assert verify(shown)[0] == 0
        code, said = verify(shown, "--since", earlier)
        assert code == 1
        assert "The first 605 leaves are not those that were signed earlier" in said

    def test_a_log_that_became_shorter(self, verify, log, earlier, tmp_path):
        del log.leaves[600:]

        code, said = verify(log.write(tmp_path / "log"), "--since", earlier)

        assert code == 1
        assert "The log has become shorter: 605 leaves were signed earlier, and 600" in said

    def test_an_earlier_checkpoint_of_another_key_proves_nothing(
        self, verify, log, shown, tmp_path
    ):
        file = tmp_path / "forged"
        file.write_text(log.note(private=Ed25519PrivateKey.generate()))

        code, said = verify(shown, "--since", file)

        assert (code, "The earlier checkpoint can't be believed." in said) == (1, True)


class TestLetter:
    def arguments(self, log, *, size=401, batch=1, signatures=400):
        return [
            *("--root", root_text(log, size), "--size", size),
            *("--batch", batch, "--signatures", signatures),
        ]

    def test_its_root_and_number_are_the_logs(self, verify, log, shown):
        code, said = verify(shown, *self.arguments(log))

        assert code == 0
        assert "The log's first 401 leaves have the letter's root." in said
        assert "Batch 1 has 400 signatures, as the letter says." in said

    def test_numbers_may_be_typed_as_they_are_printed(self, verify, log, tmp_path):
        log.sign(1000)
        shown = log.write(tmp_path / "log")
        assert verify(shown, "--root", root_text(log), "--size", "1,605")[0] == 0

    def test_another_root(self, verify, log, shown):
        code, said = verify(shown, "--root", root_text(log, 400), "--size", 401)
        assert (code, "leaves have not the letter's root." in said) == (1, True)

    def test_more_leaves_than_the_log_has(self, verify, log, shown):
        code, said = verify(shown, "--root", root_text(log), "--size", 606)
        assert (code, "The letter knows 606 leaves, and this log has 605." in said) == (1, True)

    def test_another_number(self, verify, log, shown):
        code, said = verify(shown, *self.arguments(log, signatures=401))
        assert (code, "Batch 1 has 400 signatures in the log, not 401." in said) == (1, True)

    def test_a_batch_that_those_leaves_do_not_know_yet(self, verify, log, shown):
        code, said = verify(shown, *self.arguments(log, batch=2, signatures=198))
        assert (code, "These 401 leaves say nothing of a batch 2." in said) == (1, True)

    def test_a_batch_that_was_changed_after_the_letter(self, verify, log, tmp_path):
        arguments = self.arguments(log)
        log.close(1, log.signatures[:7])

        code, said = verify(log.write(tmp_path / "log"), *arguments)

        assert (code, "Batch 1 was closed anew after this letter's root" in said) == (1, True)


class TestReceipts:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "receipts-1.csv"

    def test_all_of_a_batch(self, verify, log, shown, file):
        file.write_text(log.receipts(log.signatures[:400]))

        code, said = verify(shown, "--receipts", file)

        assert code == 0
        assert "All 400 receipts open leaves of the log, each its own." in said
        assert "They are all 400 of batch 1, and no other ones." in said

    def test_a_file_that_a_spreadsheet_saved(self, verify, log, shown, tmp_path):
        text = log.receipts(log.signatures[:400])
        file = tmp_path / "saved.csv"
        file.write_bytes("".join(f'"{line}"\r\n' for line in text.splitlines()).encode("utf-8-sig"))

        assert verify(shown, "--receipts", file, "--batch", 1)[0] == 0

    def test_who_withdrew_before_it_was_sent_is_told_by_the_log(self, verify, log, shown, file):
        file.write_text(log.receipts(log.signatures[:7] + log.signatures[8:400]))

        code, said = verify(shown, "--receipts", file)

        assert code == 0
        assert "They are 399 of the 400 of batch 1; the log says of the other 1 that" in said

    def test_a_receipt_that_is_missing_is_an_error(self, verify, log, shown, file):
        file.write_text(log.receipts(log.signatures[:6] + log.signatures[8:400]))

        code, said = verify(shown, "--receipts", file)

        assert code == 1
        (problem,) = problems(said)
        assert problem.startswith("WRONG  Batch 1 holds leaf 7; the file has no receipt of it")

    def test_a_receipt_of_another_batch(self, verify, log, shown, file):
        file.write_text(log.receipts(log.signatures[:401]))
        code, said = verify(shown, "--receipts", file)
        assert (code, "The file has leaf 402, not of batch 1." in said) == (1, True)

    def test_a_receipt_given_twice(self, verify, log, shown, file):
        signatures = log.signatures[:400]
        file.write_text(log.receipts([*signatures, signatures[3]]))
        code, said = verify(shown, "--receipts", file)
        assert (code, "Lines 5 and 6 name the same leaf." in said) == (1, True)

    @pytest.mark.parametrize(
        ("receipt", "problem"),
        [
            (Receipt(1, 0, bytes(32)), "It does not open leaf 1."),
            (Receipt(2, 0, bytes(32)), "It is a receipt of log 2, and this one is"),
            (Receipt(1, 605, bytes(32)), "It opens leaf 606, and the log has 605 leaves."),
            (Receipt(1, 400, bytes(32)), "which is no signature but a public entry."),
        ],
    )
    def test_a_receipt_that_opens_nothing(self, verify, log, shown, file, receipt, problem):
        file.write_text(log.receipts(log.signatures[1:400]) + f"{receipt}\n")
        code, said = verify(shown, "--receipts", file)
        assert (code, "Line 401: It " in said) == (1, True)
        assert problem in said

    def test_a_public_entry_of_32_letters_is_no_receipt(self, verify, log, tmp_path):
        text = b"five-asks/1 withdrawn 10-12,2000"
        log.sign(3000)
        log.say(text.decode())
        receipt = Receipt(1, log.size - 1, text)
        shown = log.write(tmp_path / "log")
        assert leaf_hash(receipt.secret) == log.hashes()[-1]

        code, said = verify(shown, "--receipt", receipt)

        assert (code, "which is no signature but a public entry." in said) == (1, True)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            ("", "does not begin with the line “receipt”"),
            ("1.0.abc\n", "does not begin with the line “receipt”"),
            ("receipt\nhello\n", "Line 2 of the file of receipts: This is no receipt"),
            ("receipt\n" + "x" * 200_000, "Line 2 of the file of receipts: field larger"),
        ],
    )
    def test_a_file_of_other_things(self, verify, shown, file, content, problem):
        file.write_text(content)
        code, said = verify(shown, "--receipts", file)
        assert (code, problem in said) == (1, True)

    def test_a_batch_that_the_log_does_not_know(self, verify, log, shown, file):
        file.write_text(log.receipts(log.signatures[:400]))
        code, said = verify(shown, "--receipts", file, "--batch", 9)
        assert (code, "The log says nothing of a batch 9." in said) == (1, True)

    def test_a_site_that_hides_the_places_can_hide_no_missing_receipt(
        self, verify, log, shown, file
    ):
        (shown / "batches.json").write_text("[]")
        file.write_text(log.receipts(log.signatures[1:400]))

        code, said = verify(shown, "--receipts", file)

        assert code == 1
        assert "Batch 1 is in the log, but not in batches.json." in said
        assert "the site does not show which leaves that one holds." in said


class TestReceipt:
    def test_where_each_signature_has_come(self, verify, log, tmp_path):
        last = log.sign()[0]
        late = log.sign()[0]
        log.change(Kind.WITHDRAWN, late)
        shown = log.write(tmp_path / "log")
        signatures = log.signatures
        fates = {
            "leaf 1 of 608: delivered in batch 1.": signatures[0],
            "leaf 8 of 608: withdrawn, after it was delivered in batch 1.": signatures[7],
            "leaf 402 of 608: held, and not counted.": signatures[400],
            "leaf 404 of 608: delivered in batch 2.": signatures[402],
            "leaf 606 of 608: not in a batch yet.": last,
            "leaf 607 of 608: withdrawn.": late,
        }
        for fate, signature in fates.items():
            code, said = verify(shown, "--receipt", log.receipt(signature))
            assert (code, f"The receipt opens {fate}" in said) == (0, True)

    def test_it_can_be_typed_where_nobody_else_sees_it(self, verify, log, shown, monkeypatch):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{log.receipt(log.signatures[0])}\n"))

        code, said = verify(shown, "--receipt", "-")

        assert code == 0
        assert "leaf 1 of 605" in said
        assert "Your receipt, then Enter:" in said

    def test_one_that_opens_nothing(self, verify, shown):
        code, said = verify(shown, "--receipt", Receipt(1, 3, bytes(32)))
        assert (code, "The receipt: It does not open leaf 4." in said) == (1, True)


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ([], "the following arguments are required: log"),
            (["--root", "A" * 43 + "="], "--root and --size belong together"),
            (["--size", "5"], "--root and --size belong together"),
            (["--root", "abc", "--size", "5"], "this is no root: it has 44 signs"),
            (["--root", "ü", "--size", "5"], "this is no root: it has 44 signs"),
            (["--size", "-5"], "-5 is no number."),
            (["--size", "five"], "five is no number."),
            (["--batch", "5"], "--batch needs --signatures or --receipts"),
            (["--signatures", "5"], "--signatures needs --batch, --root and --size"),
            (["--key", "hello"], "This is no Ed25519 key of the form name+id+key."),
            (["--witness", "x" * 5000], "This is no Ed25519 key of the form name+id+key."),
            (["--receipt", "hello"], "--receipt: This is no receipt"),
            (["--since", "/nowhere/checkpoint"], "/nowhere/checkpoint can't be read: No such file"),
            (["--receipts", "/nowhere/receipts-1.csv"], "can't be read: No such file"),
            (["--receipts", "/nowhere/codes.csv"], "--receipts needs --batch"),
            (["--since", "/bin/true"], "/bin/true is no text."),
            (["--sinc", "x"], "unrecognized arguments: --sinc"),
        ],
    )
    def test_what_can_not_be_meant_is_said_and_nothing_checked(
        self, capsys, shown, arguments, problem
    ):
        where = [shown] if arguments else []
        assert problem in refused(capsys, *where, *arguments)

    @pytest.mark.parametrize(
        ("where", "problem"),
        [
            ("/nowhere", "/nowhere is no folder. A log's address begins with https://"),
            ("http://petitions.example/ledger/1", "is not protected on its way"),
            ("ftp://petitions.example/ledger/1", "is no address of a log"),
            ("https:///ledger/1", "is no address of a log"),
            ("https://a:b@petitions.example/ledger/1", "is no address of a log"),
            ("https://petitions.example/ledger/1?x", "is no address of a log"),
            ("https://petitions.example:x/ledger/1", "is no address"),
            ("https://petitions.example/led ger/1", "has signs that none can have"),
            ("https://петиции.example/ledger/1", "has signs that none can have"),
        ],
    )
    def test_a_place_where_no_log_can_be_is_said(self, verify, where, problem):
        code, said = verify(where)
        assert (code, problem in said) == (2, True)

    def test_a_folder_without_a_log_is_said(self, verify, tmp_path):
        code, said = verify(tmp_path)
        assert (code, "There is no log. The folder has no checkpoint." in said) == (2, True)

    def test_its_help_shows_how_it_is_called(self, capsys):
        with pytest.raises(SystemExit) as ended:
            main(["--help"])
        assert ended.value.code == 0
        assert "five-asks-verify november --key KEY --receipts" in capsys.readouterr().out


def test_a_log_is_saved_and_checked_again_without_the_site(verify, log, shown, tmp_path):
    saved = tmp_path / "saved"

    assert verify(shown, "--save", saved)[0] == 0
    assert verify(saved, "--since", saved / "checkpoint")[0] == 0
    files = {path.relative_to(saved) for path in saved.rglob("*") if path.is_file()}
    assert files == {
        path.relative_to(shown)
        for path in shown.rglob("*")
        if path.is_file() and path.name != "key"
    }


def test_a_saved_log_is_not_written_over(verify, shown, tmp_path):
    saved = tmp_path / "saved"
    verify(shown, "--save", saved)

    code, said = verify(shown, "--save", saved)

    assert (code, f"{saved} holds a log already: name a new folder." in said) == (2, True)


def test_a_folder_that_can_not_be_written_is_said(verify, shown, tmp_path):
    (tmp_path / "file").touch()
    code, said = verify(shown, "--save", tmp_path / "file")
    assert (code, "can't be written" in said) == (2, True)


def test_it_runs_from_a_clone_and_needs_nothing_but_cryptography(shown, log):
    """Every module that a check has loaded, in a process of its own."""
    program = (
        "import sys; sys.argv[0] = 'five-asks-verify'\n"
        "from five_asks_verify.__main__ import main\n"
        "code = main()\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}"
        " - sys.stdlib_module_names))\n"
        "sys.exit(code)\n"
    )
    ran = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-c"),
            f"import sys; sys.path[:0] = {sys.path!r}\n{program}",
            *(str(shown), "--key", str(log.key)),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    loaded = set(ran.stdout.splitlines()[-1].split())

    assert "All is right." in ran.stdout
    assert loaded - {"__main__", "_cffi_backend", "_openssl"} == {
        "cryptography",
        "five_asks_verify",
    }


def test_it_is_a_module_that_can_be_run(shown, log):
    ran = subprocess.run(
        [sys.executable, "-m", "five_asks_verify", str(shown), "--key", str(log.key)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("All is right.\n")
