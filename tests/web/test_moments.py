"""What many get alike is made by one of them, however long it takes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from petitions.web.moments import FRESH_SECONDS, OLDEST_SECONDS, for_a_moment
from tests.processes import until

KEY = "thanks"


class Maker:
    """Makes a text, which takes until `may_end`, and then has taken longer than texts are kept."""

    def __init__(self, clock):
        self.clock = clock
        self.begun = 0
        self.may_end = threading.Event()

    def __call__(self):
        self.begun += 1
        self.may_end.wait(10)
        self.clock.now += 2 * OLDEST_SECONDS
        return f"text {self.begun}"


def test_a_text_that_takes_longer_than_it_is_kept_is_made_once_for_all_who_wait(clock):
    make = Maker(clock)
    with ThreadPoolExecutor(4) as readers:
        waiting = [readers.submit(for_a_moment, KEY, make) for _ in range(8)]
        until(lambda: make.begun, seconds=5)
        make.may_end.set()

        assert {each.result(10) for each in waiting} == {"text 1"}
    assert make.begun == 1


def test_while_one_makes_it_anew_the_others_get_the_old_one(clock):
    for_a_moment(KEY, lambda: "old")
    clock.now += FRESH_SECONDS
    make = Maker(clock)
    with ThreadPoolExecutor(1) as readers:
        renewed = readers.submit(for_a_moment, KEY, make)
        until(lambda: make.begun, seconds=5)

        assert for_a_moment(KEY, make) == "old"
        make.may_end.set()
        assert renewed.result(10) == "text 1"


def test_whoever_fails_to_make_it_keeps_nobody_from_trying(clock):
    with pytest.raises(ZeroDivisionError):
        for_a_moment(KEY, lambda: str(1 / 0))

    assert for_a_moment(KEY, lambda: "text") == "text"
