"""`five-asks-verify`: checks a public log of signatures without believing the site that keeps it."""

from __future__ import annotations

import argparse
import base64
import binascii
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from five_asks_verify.checkpoint import VerifierKey
from five_asks_verify.entries import Receipt
from five_asks_verify.fetch import (
    CHECKPOINT_LIMIT,
    Saving,
    Source,
    Unreachable,
    open_source,
    read_first,
)
from five_asks_verify.letter import Letter, check_letter, check_receipt, check_receipts
from five_asks_verify.log import Log, check_log
from five_asks_verify.merkle import HASH_BYTES
from five_asks_verify.report import Report, Wrong, printable

RIGHT, WRONG, NOT_CHECKED = range(3)
NUMBER_IN_NAME = re.compile(r"receipts-([1-9][0-9]*)")
# In a file, a line that nobody typed there may follow; on the command line, others would see it.
FROM_INPUT = "-"

EXAMPLES = """
examples:
  %(prog)s https://petitions.example/ledger/1 --key 'petitions.example/ledger/1+…+…'
  %(prog)s https://petitions.example/ledger/1 --key KEY --save november
  %(prog)s https://petitions.example/ledger/1 --key KEY --since november/checkpoint
  %(prog)s november --key KEY --root ROOT --size 20311 --batch 12 --signatures 1204
  %(prog)s november --key KEY --receipts receipts-12.csv
  %(prog)s november --key KEY --receipt -

It ends with 0 where all is right, 1 where something is wrong, 2 where nothing could be checked.
"""


@dataclass(frozen=True)
class Question:
    """What somebody wants to know of a log."""

    where: str
    save: Path | None
    key: VerifierKey | None
    witnesses: Sequence[VerifierKey]
    since: str | None
    letter: Letter | None
    receipts: str | None
    batch: int | None
    receipt: Receipt | None


def main(arguments: Sequence[str] | None = None) -> int:
    question = _read_arguments(arguments)
    report = Report()
    try:
        _check(question, report)
    except Unreachable as error:
        print(f"five-asks-verify: {printable(str(error))}", file=sys.stderr)
        return NOT_CHECKED
    print(report)
    if report.problems:
        print("This log can not be relied on: see each line that begins with WRONG.")
        return WRONG
    print("All is right.")
    return RIGHT


def _check(question: Question, report: Report) -> None:
    with open_source(question.where) as source:
        if question.save is None:
            _ask(question, source, report)
            return
        saving = Saving(source, question.save)
        _ask(question, saving, report)
        saving.finish()
        report.note(f"The log was saved to {question.save}.")


def _ask(question: Question, source: Source, report: Report) -> None:
    try:
        key = question.key or _key_of_site(source, report)
        log = check_log(source, key, report, witnesses=question.witnesses, since=question.since)
        _compare(question, log, report)
    except Wrong as error:
        report.wrong(str(error))


def _compare(question: Question, log: Log, report: Report) -> None:
    if question.letter:
        check_letter(log, question.letter, report)
    if question.receipts is not None and question.batch is not None:
        check_receipts(log, question.receipts, question.batch, report)
    if question.receipt:
        check_receipt(log, question.receipt, report)


def _key_of_site(source: Source, report: Report) -> VerifierKey:
    content = read_first(source, "key")
    try:
        key = VerifierKey.read(content.decode())
    except ValueError as error:
        raise Wrong(f"The log's key can't be used. {error}") from error
    report.note(
        "THE KEY CAME FROM THE PLACE THAT IS CHECKED. Whoever controls it can show you a log of"
        " their own. Compare the key with the one in a letter or in another place, and give it"
        f" with --key: {key}"
    )
    return key


def _read_arguments(arguments: Sequence[str] | None) -> Question:
    parser = _parser()
    given = parser.parse_args(arguments)
    letter = _letter(parser, given)
    batch = given.batch
    if given.receipts and batch is None:
        found = NUMBER_IN_NAME.search(given.receipts.name)
        if not found:
            parser.error("--receipts needs --batch: the file's name does not say which one.")
        batch = int(found[1])
    return Question(
        where=given.log,
        save=given.save,
        key=given.key,
        witnesses=given.witness,
        since=_content(parser, given.since),
        letter=letter,
        receipts=_content(parser, given.receipts),
        batch=batch,
        receipt=_receipt(parser, given.receipt),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="five-asks-verify",
        description="Checks a public log of signatures without believing the site that keeps it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("log", help="its address (https://…/ledger/1), or a folder it was saved to")
    parser.add_argument("--key", type=_key, help="the log's key, or a file that holds it")
    parser.add_argument("--since", type=Path, metavar="FILE", help="an earlier checkpoint")
    parser.add_argument(
        "--witness", type=_key, action="append", default=[], metavar="KEY",
        help="the key of somebody who must have signed the checkpoint too; may be given again",
    )  # fmt: skip
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep there what is read")
    letter = parser.add_argument_group("a letter, as it is printed")
    letter.add_argument("--root", type=_root, help="the root")
    letter.add_argument("--size", type=_number, help="the number of leaves that have this root")
    letter.add_argument("--batch", type=_number, help="the number of its batch")
    letter.add_argument("--signatures", type=_number, help="how many signatures the batch has")
    letter.add_argument("--receipts", type=Path, metavar="FILE", help="its file of receipts")
    signer = parser.add_argument_group("a signer")
    signer.add_argument("--receipt", help="one's own receipt; - asks for it, unseen by others")
    return parser


def _letter(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Letter | None:
    if (given.root is None) != (given.size is None):
        parser.error("--root and --size belong together: a root is the root of so many leaves.")
    if given.signatures is not None and (given.batch is None or given.root is None):
        parser.error("--signatures needs --batch, --root and --size, as the letter has them.")
    if given.batch is not None and given.signatures is None and given.receipts is None:
        parser.error("--batch needs --signatures or --receipts: what is to be checked of it?")
    if given.root is None:
        return None
    return Letter(given.root, given.size, given.batch, given.signatures)


def _receipt(parser: argparse.ArgumentParser, text: str | None) -> Receipt | None:
    if text is None:
        return None
    if text == FROM_INPUT:
        print("Your receipt, then Enter:", file=sys.stderr)
        text = sys.stdin.readline()
    try:
        return Receipt.read(text)
    except ValueError as error:
        parser.error(f"--receipt: {error}")


def _content(parser: argparse.ArgumentParser, file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        parser.error(f"{file} can't be read: {error.strerror}.")
    except UnicodeDecodeError:
        parser.error(f"{file} is no text.")


def _key(text: str) -> VerifierKey:
    try:
        return VerifierKey.read(text)
    except ValueError as error:
        content = _content_of_key_file(text)
        try:
            return VerifierKey.read(content)
        except ValueError:
            raise argparse.ArgumentTypeError(str(error)) from error


def _content_of_key_file(name: str) -> str:
    """Empty where there is none: then what was given is looked at as a key."""
    try:
        with Path(name).open(encoding="utf-8") as file:
            return file.read(CHECKPOINT_LIMIT)
    except (OSError, ValueError):
        return ""


def _root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_BYTES:
        raise argparse.ArgumentTypeError("this is no root: it has 44 signs and ends with =.")
    return root


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text.replace(",", "")):
        raise argparse.ArgumentTypeError(f"{text} is no number.")
    return int(text.replace(",", ""))


if __name__ == "__main__":
    sys.exit(main())
