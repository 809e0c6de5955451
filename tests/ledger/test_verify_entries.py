"""What the log's public entries may say, and which signatures are counted by them."""

import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from five_asks_verify.count import COUNTED, HELD, PUBLIC, WITHDRAWN, replay
from five_asks_verify.entries import (
    BatchClosed,
    Change,
    Kind,
    Receipt,
    count_of,
    digest_of,
    places_text,
    ranges,
    read_entry,
    read_places,
)

PLACES = st.sets(st.integers(0, 400)).map(sorted)
# printf 0-17,20 | sha256sum
DIGEST = "7787710e4edd1c347277bdc6f82cc7875bb20b2b9cd9f3b7893577e7e9ae99f2"


@given(PLACES)
def test_places_are_written_shortly_and_read_back(places):
    text = places_text(ranges(places))

    assert [place for run in read_places(text) for place in run] == places
    assert count_of(read_places(text)) == len(places)


def test_a_batchs_digest_is_that_of_the_text_of_its_places():
    assert places_text((range(18), range(20, 21))) == "0-17,20"
    assert digest_of((range(18), range(20, 21))) == DIGEST
    assert BatchClosed.of(12, (range(18), range(20, 21))) == BatchClosed(12, 19, DIGEST)


@pytest.mark.parametrize(
    "text",
    [
        "five-asks/1 withdrawn 18203",
        "five-asks/1 held 5-300,310",
        "five-asks/1 released 310",
        f"five-asks/1 batch 12 19 {DIGEST}",
    ],
)
def test_an_entry_is_read_back_as_it_was_written(text):
    assert str(read_entry(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "five-asks/2 withdrawn 5",
        "five-asks/1 erased 5",
        "five-asks/1 withdrawn",
        "five-asks/1 withdrawn ",
        "five-asks/1 withdrawn  5",
        "five-asks/1 withdrawn 5\n",
        "five-asks/1 withdrawn -5",
        "five-asks/1 withdrawn 05",
        "five-asks/1 withdrawn ٥",
        "five-asks/1 withdrawn 5-5",
        "five-asks/1 withdrawn 7-5",
        "five-asks/1 withdrawn 5,6",
        "five-asks/1 withdrawn 6,5",
        "five-asks/1 withdrawn 5,5",
        "five-asks/1 withdrawn 5-7,7-9",
        f"five-asks/1 withdrawn 0-{'9' * 30}",
        f"five-asks/1 withdrawn {'9' * 5000}",
        f"five-asks/1 batch 0 19 {DIGEST}",
        f"five-asks/1 batch 012 19 {DIGEST}",
        f"five-asks/1 batch 12 -19 {DIGEST}",
        f"five-asks/1 batch 12 1_9 {DIGEST}",
        f"five-asks/1 batch 12 19 {DIGEST.upper()}",
        f"five-asks/1 batch 12 19 {DIGEST[1:]}",
        "five-asks/1 batch 12 19 many",
    ],
)
def test_any_other_text_is_no_entry(text):
    with pytest.raises(ValueError, match=r"no entry|no places|not in their order") as refused:
        read_entry(text)
    assert len(str(refused.value)) < 130


@given(st.integers(1, 10**6), st.integers(0, 10**9), st.binary(min_size=32, max_size=32))
def test_a_receipt_is_read_back(log, place, secret):
    receipt = Receipt(log, place, secret)

    assert Receipt.read(f" {receipt}\n") == receipt
    assert re.fullmatch(r"\d+\.\d+\.[\w-]{43}", str(receipt))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text.replace(".", ",", 1),
        lambda text: "0" + text,
        lambda text: text.replace("1.7.", "1.07."),
        lambda text: text.replace("1.7.", f"1.{'7' * 5000}."),
        # The last sign of 43 carries four bits: with others set it would be the same secret.
        lambda text: text[:-1] + "B",
        lambda _: "",
    ],
)
def test_a_receipt_with_anything_changed_is_none(change):
    with pytest.raises(ValueError, match="receipt"):
        Receipt.read(change(str(Receipt(1, 7, bytes(32)))))


def withdrawn(*places):
    return str(Change(Kind.WITHDRAWN, ranges(places)))


def held(*places):
    return str(Change(Kind.HELD, ranges(places)))


def released(*places):
    return str(Change(Kind.RELEASED, ranges(places)))


def test_withdrawn_and_held_signatures_are_not_counted_and_released_ones_are():
    count = replay(
        24, [(20, withdrawn(3)), (21, held(5, 6, 7)), (22, released(6)), (23, withdrawn(7))]
    )

    assert count.problems == []
    assert (count.signatures, count.counted, count.withdrawn, count.held) == (20, 17, 2, 1)
    # Whoever is held can still withdraw, and is not subtracted twice.
    assert [count.states[place] for place in (3, 5, 6, 7, 20)] == [
        WITHDRAWN,
        HELD,
        COUNTED,
        WITHDRAWN,
        PUBLIC,
    ]


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        (
            [(8, withdrawn(9))],
            "Leaf 9 says withdrawn of leaf 10, which does not come before it.",
        ),
        ([(8, withdrawn(8))], "Leaf 9 says withdrawn of leaf 9, which does not come before it."),
        (
            [(8, withdrawn(2)), (9, withdrawn(2))],
            "Leaf 10 says withdrawn of leaf 3, which is withdrawn.",
        ),
        (
            [(8, withdrawn(2)), (9, withdrawn(8))],
            "Leaf 10 says withdrawn of leaf 9, which is no signature, but a public entry.",
        ),
        ([(8, released(2))], "Leaf 9 says released of leaf 3, which is counted."),
        ([(8, held(2)), (9, held(1, 2))], "Leaf 10 says held of leaf 3, which is held."),
        ([(8, withdrawn(2)), (9, held(2))], "Leaf 10 says held of leaf 3, which is withdrawn."),
        (
            [(8, withdrawn(2, 3, 4)), (9, held(1, 2, 3, 4))],
            "Leaf 10 says held of leaf 3 (and 2 more), which is withdrawn.",
        ),
        (
            [(8, "five-asks/2 moved 3")],
            "Leaf 9 says nothing that this program knows: This is no entry: five-asks/2 moved 3",
        ),
    ],
)
def test_an_entry_that_makes_no_sense_is_named(entries, problem):
    assert replay(10, entries).problems == [problem]


def test_the_last_entry_of_a_batchs_number_counts():
    first, second = BatchClosed.of(1, (range(8),)), BatchClosed.of(1, (range(7),))
    entries = [(8, str(first)), (9, held(7)), (10, str(second))]
    count = replay(11, entries, {1: (range(7),)})

    assert count.problems == []
    assert count.last_closings()[1].batch == second
    assert count.closing_within(1, 9).batch == first
    assert count.closing_within(1, 8) is None


@pytest.mark.parametrize(
    ("before", "places", "problem"),
    [
        (withdrawn(2), (range(4),), "Batch 1 holds leaf 3, which was withdrawn when"),
        (held(2), (range(4),), "Batch 1 holds leaf 3, which was held when"),
        (held(2), (range(7, 9),), "Batch 1 holds leaf 9, which was no signature, but a public"),
        (held(2), (range(7, 20),), "Batch 1 holds leaf 20, which comes after the batch"),
    ],
)
def test_a_batch_holds_only_signatures_that_counted_when_it_was_closed(before, places, problem):
    entries = [(8, before), (9, str(BatchClosed.of(1, places)))]
    (found,) = replay(30, entries, {1: places}).problems

    assert found.startswith(problem)


def test_a_million_leaves_are_a_megabyte():
    some = ranges(range(0, 1_000_000, 10))
    entries = [
        (1_000_000, str(Change(Kind.HELD, (range(1_000_000),)))),
        (1_000_001, str(Change(Kind.RELEASED, some))),
    ]
    tracemalloc.start()
    count = replay(1_000_001, entries[:1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 5_000_000
    assert count.counted == 0
    assert replay(1_000_002, entries).counted == 100_000
