import pytest

from petitions.web import kept_pages, moments
from petitions.web.figures import forget_figures


class Clock:
    """The time that pages and answers are kept by; it stands still until a test moves it."""

    now = 1000.0

    def monotonic(self):
        return self.now

    def moves(self, seconds):
        self.now += seconds
        forget_figures()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (kept_pages, moments):
        monkeypatch.setattr(module, "time", clock)
    return clock
