"""What somebody has in hand, held against a log: a letter's root and number, its receipts, one's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from five_asks_verify.count import HELD, PUBLIC, WITHDRAWN, Closing, Places
from five_asks_verify.entries import BatchClosed, Receipt, ranges
from five_asks_verify.log import Log
from five_asks_verify.merkle import leaf_hash
from five_asks_verify.report import Report, Wrong, leaf_name

HEADING = "receipt"


@dataclass(frozen=True)
class Letter:
    """As it is printed: the log's root at a size, and how many signatures its batch has."""

    root: bytes
    size: int
    batch: int | None = None
    signatures: int | None = None


def check_letter(log: Log, letter: Letter, report: Report) -> None:
    if letter.size > log.size:
        report.wrong(
            f"The letter knows {letter.size:,} leaves, and this log has {log.size:,}. Where it is"
            " a saved one, read the site's."
        )
        return
    if log.root_at(letter.size) == letter.root:
        report.right(f"The log's first {letter.size:,} leaves have the letter's root.")
    else:
        report.wrong(f"The log's first {letter.size:,} leaves have not the letter's root.")
    if letter.batch is not None and letter.signatures is not None:
        _check_number(log, letter, letter.batch, letter.signatures, report)


def _check_number(log: Log, letter: Letter, number: int, signatures: int, report: Report) -> None:
    then = log.count.closing_within(number, letter.size)
    if then is None:
        report.wrong(f"These {letter.size:,} leaves say nothing of a batch {number}.")
    elif then.batch.count != signatures:
        report.wrong(
            f"Batch {number} has {then.batch.count:,} signatures in the log, not {signatures:,}."
        )
    elif log.count.closing_within(number, log.size) != then:
        report.wrong(f"Batch {number} was closed anew after this letter's root: it was changed.")
    else:
        report.right(f"Batch {number} has {signatures:,} signatures, as the letter says.")


def check_receipts(log: Log, content: str, number: int, report: Report) -> None:
    """The file that came with a batch's letter: each of its receipts opens a leaf of that batch.

    Raises:
        Wrong: the log has no such batch, or the file has other things in it than receipts.
    """
    closing = log.count.closing_within(number, log.size)
    if closing is None:
        raise Wrong(f"The log says nothing of a batch {number}.")
    receipts = list(_read_receipts(content))
    twice = _given_twice(receipts)
    closed_doors = [
        problem for line, receipt in receipts if (problem := _problem(log, line, receipt))
    ]
    report.conclude(
        twice + closed_doors,
        right=f"All {len(receipts):,} receipts open leaves of the log, each its own.",
    )
    _compare_places(log, closing, {receipt.place for _, receipt in receipts}, report)


def _read_receipts(content: str) -> Iterator[tuple[int, Receipt]]:
    rows = csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""))
    try:
        if next(rows, None) != [HEADING]:
            raise Wrong(f"The file of receipts does not begin with the line “{HEADING}”.")
        for row in rows:
            if row:
                yield rows.line_num, Receipt.read(row[0])
    except (ValueError, csv.Error) as error:
        raise Wrong(f"Line {rows.line_num} of the file of receipts: {error}") from error


def _given_twice(receipts: Sequence[tuple[int, Receipt]]) -> list[str]:
    known: dict[int, int] = {}
    problems = []
    for line, receipt in receipts:
        if receipt.place in known:
            problems.append(f"Lines {known[receipt.place]} and {line} name the same leaf.")
        known.setdefault(receipt.place, line)
    return problems


def _problem(log: Log, line: int, receipt: Receipt) -> str:
    problem = _why_it_opens_nothing(log, receipt)
    return f"Line {line}: {problem}" if problem else ""


def _why_it_opens_nothing(log: Log, receipt: Receipt) -> str:
    if log.number not in {None, receipt.log}:
        return f"It is a receipt of log {receipt.log}, and this one is {log.checkpoint.origin}."
    if receipt.place >= log.size:
        return f"It opens {leaf_name(receipt.place)}, and the log has {log.size:,} leaves."
    # An entry of 32 letters would open its own leaf.
    if log.count.states[receipt.place] == PUBLIC:
        return f"It names {leaf_name(receipt.place)}, which is no signature but a public entry."
    if leaf_hash(receipt.secret) != log.leaf(receipt.place):
        return f"It does not open {leaf_name(receipt.place)}."
    return ""


def _compare_places(log: Log, closing: Closing, given: set[int], report: Report) -> None:
    number = closing.batch.number
    if BatchClosed.of(number, ranges(sorted(given))) == closing.batch:
        report.right(f"They are all {closing.batch.count:,} of batch {number}, and no other ones.")
        return
    places = _places_of(log, closing)
    batch = {place for run in places for place in run}
    states = log.count.states
    strange = sorted(given - batch)
    lost = sorted(place for place in batch - given if states[place] != WITHDRAWN)
    withdrawn = len(batch - given) - len(lost)
    report.conclude(
        [
            *(f"The file has {leaf_name(place)}, not of batch {number}." for place in strange),
            *(
                f"Batch {number} holds {leaf_name(place)}; the file has no receipt of it, and the"
                " log does not say that it was withdrawn. If that happened these days, the log"
                " will say so soon: check again."
                for place in lost
            ),
        ],
        right=f"They are {len(given):,} of the {closing.batch.count:,} of batch {number};"
        f" the log says of the other {withdrawn:,} that they were withdrawn.",
    )


def _places_of(log: Log, closing: Closing) -> Places:
    batch = log.batches.get(closing.batch.number)
    if (
        batch is None
        or BatchClosed.of(batch.number, batch.places) != closing.batch
        or (batch.places and batch.places[-1].stop > closing.place)
    ):
        raise Wrong(
            f"The receipts are not all of batch {closing.batch.number}, and the site does not show"
            " which leaves that one holds."
        )
    return batch.places


def check_receipt(log: Log, receipt: Receipt, report: Report) -> None:
    """One signer's own."""
    if problem := _why_it_opens_nothing(log, receipt):
        report.wrong(f"The receipt: {problem}")
        return
    place = receipt.place
    report.right(f"The receipt opens leaf {place + 1:,} of {log.size:,}: {_fate(log, place)}.")


def _fate(log: Log, place: int) -> str:
    number = _batch_with(log, place)
    told = f"delivered in batch {number}" if number else "not in a batch yet"
    match log.count.states[place]:
        case state if state == WITHDRAWN:
            return f"withdrawn, after it was {told}" if number else "withdrawn"
        case state if state == HELD:
            return f"held, after it was {told}" if number else "held, and not counted"
    return told


def _batch_with(log: Log, place: int) -> int | None:
    for batch in log.batches.values():
        if batch.size <= log.size and any(place in run for run in batch.places):
            return batch.number
    return None
