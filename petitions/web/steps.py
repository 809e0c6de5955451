"""Counts how far visitors go: a page opened, a form sent, a form confirmed; and nothing about them.

Pages are answered from memory, so they are counted there too, and written down by the request that
finds it due. What a process has counted since is lost when it is killed: some seconds' worth.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from petitions.models import StepFigure
from petitions.models.clock import this_hour
from petitions.models.step_figure import Step
from petitions.web.caching import KEPT, Kept
from petitions.web.figures import figures_now

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

WRITTEN_EVERY = 10
# What calls itself a robot, loads previews or is a program; its name is looked at and not kept.
# Cubot makes telephones.
_robot = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|preview|facebookexternalhit|embedly|monitor|headless"
    r"|lighthouse|curl|wget|python|java/|go-http|okhttp|libwww|scrapy|httpclient|node-fetch|axios",
    re.IGNORECASE,
).search


class _Counts:
    """What this process has counted and not written yet. Threads share it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.steps: Counter[Step] = Counter()
        self.written_at = time.monotonic()

    def add(self, step: Step) -> bool:
        """Whether they are due to be written."""
        with self.lock:
            self.steps[step] += 1
            return time.monotonic() - self.written_at >= WRITTEN_EVERY

    def take(self) -> Counter[Step]:
        with self.lock:
            taken, self.steps = self.steps, Counter()
            self.written_at = time.monotonic()
            return taken

    def give_back(self, taken: Counter[Step]) -> None:
        with self.lock:
            self.steps.update(taken)


_counts = _Counts()


def count(step: StepFigure.Step, *, petition_id: int) -> bool:
    """Whether it was time to write them down."""
    is_due = _counts.add((this_hour(), petition_id, step.value))
    if is_due:
        write()
    return is_due


def count_look(browser: str, *, petition_id: int) -> bool:
    """Of somebody who is shown a petition's page, by what their browser calls itself."""
    is_a_person = browser and not _robot(browser)
    return bool(is_a_person) and count(StepFigure.Step.VIEWED, petition_id=petition_id)


def write() -> None:
    """Write what was counted here; where the database is away, later."""
    taken = _counts.take()
    if not taken:
        return
    try:
        StepFigure.objects.add(taken)
    except DatabaseError:
        _counts.give_back(taken)
        log.warning("figures of steps could not be written: they are kept in memory")


def forget() -> None:
    _counts.forget()


def counts_views(view: View) -> View:
    """Count who is shown a petition's page; kept pages count by themselves (kept_pages.py)."""

    @wraps(view)
    def counted(request: HttpRequest, slug: str, **arguments: Any) -> HttpResponse:
        response = view(request, slug, **arguments)
        if request.method != "GET" or response.status_code != HTTPStatus.OK:
            return response
        if ask := figures_now().ask(slug):
            browser = request.headers.get("User-Agent", "")
            count_look(browser, petition_id=ask.petition.pk)
            kept: Kept | None = request.META.get(KEPT)
            if kept:
                kept.petition_id = ask.petition.pk
        return response

    return counted
