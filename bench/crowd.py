"""Who comes on the day that goes viral: `python -m bench.crowd PORT BEGINS_AT SECONDS FILE`.

Readers of pages, and one form to so many of them; each form's address is typed once only. After a
quiet time they are twenty times as many within seconds, then fewer again. What each was answered
stands in the file, a line of JSON each. The beginning is a time of the monotonic clock, which all
processes of a machine share.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import django
from django.conf import settings

django.setup()

from bench.forms import PETITION, address, sign_request, stamp_on  # noqa: E402 - models, see above
from bench.load import get  # noqa: E402 - likewise
from bench.open_loop import Answer, Due, ask  # noqa: E402 - likewise
from bench.viral_site import CLIENT_HEADER  # noqa: E402 - likewise

# Forms and pages a second on a quiet day.
BASE = float(os.environ.get("VIRAL_BASE", "5"))
TIMES = 20
RISE_SECONDS = 5
# Of the day's length.
SPIKE = (0.15, 0.6)
PAGES_FOR_A_FORM = 5
# What only who signed is shown.
THANKS = b"check your mail"


@dataclass(frozen=True)
class Told:
    """What somebody was answered; times are monotonic, `address` is empty for a page's reader."""

    due_at: float
    at: float
    address: str
    status: int
    acknowledged: bool
    words: str
    """Of an answer that is an error."""


@dataclass(frozen=True)
class _Form(Due):
    address: str


def rate_at(moment: float, *, length: float) -> float:
    """Requests a second; within seconds up and down between quiet and loud."""
    begins, ends = (share * length for share in SPIKE)
    risen = min(moment - begins, ends + RISE_SECONDS - moment) / RISE_SECONDS
    return BASE * (1 + (TIMES - 1) * max(0, min(1, risen)))


def dues(length: float, stamp: str) -> Iterator[Due]:
    dice = random.Random(7)  # noqa: S311 - a benchmark's dice
    paths = [f"/{code}{PETITION[3:]}" for code, _ in settings.LANGUAGES] + ["/en/"]
    pages = itertools.cycle(map(get, paths))
    moment = 0.0
    for number in itertools.count():
        if moment > length:
            return
        if number % (PAGES_FOR_A_FORM + 1) == 0:
            form = sign_request(number, stamp, f"{CLIENT_HEADER}: {_somewhere(dice)}")
            yield _Form(moment, form, address(number))
        else:
            yield Due(moment, next(pages))
        moment += 1 / rate_at(moment, length=length)


def _somewhere(dice: random.Random) -> str:
    return ".".join(["81", *(str(dice.randrange(256)) for _ in range(3))])


def told(due: Due, answer: Answer) -> Told:
    form = isinstance(due, _Form)
    is_ok = answer.status == 200  # noqa: PLR2004 - HTTP's
    return Told(
        due_at=answer.due_at,
        at=answer.at,
        address=due.address if isinstance(due, _Form) else "",
        status=answer.status,
        acknowledged=form and is_ok and THANKS in answer.body,
        words="" if is_ok else answer.words(),
    )


def writer(file: Path) -> Callable[[Due, Answer], object]:
    lines = file.open("w")
    return lambda due, answer: print(json.dumps(asdict(told(due, answer))), file=lines, flush=True)


def main(port: str, begins_at: str, seconds: str, file: str) -> None:
    stamp = stamp_on(int(port))
    time.sleep(max(0, float(begins_at) - time.monotonic()))
    ask(int(port), dues(float(seconds), stamp), writer(Path(file)))


if __name__ == "__main__":
    main(*sys.argv[1:])
