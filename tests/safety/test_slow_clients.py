"""Clients that send or read slowly, or not at all: the others do not wait for them."""

import contextlib
import socket
import statistics
import threading
import time

import pytest
from django.templatetags.static import static

from tests.processes import until
from tests.safety.served import request, said_once, seconds_of, statuses

pytestmark = pytest.mark.django_db
# Not kept in memory: it takes a place in the waiting room.
PAGE = request("/en/confirm/x/", "Connection: close")
TYPED = "Content-Type: application/x-www-form-urlencoded"
SAMPLES = 40
# More than all workers' places, and fewer than their threads.
SLOW = 24
# Machines are shared, and answers take milliseconds.
NOISE_SECONDS = 0.1


def p95(port):
    return statistics.quantiles((seconds_of(port, PAGE) for _ in range(SAMPLES)), n=20)[-1]


@contextlib.contextmanager
def connections(port, count, first):
    with contextlib.ExitStack() as opened:
        lines = []
        for _ in range(count):
            line = socket.create_connection(("127.0.0.1", port), timeout=30)
            lines.append(opened.enter_context(contextlib.closing(line)))
            line.sendall(first)
        yield lines


@contextlib.contextmanager
def dripping(lines, drop):
    """One drop each, again and again."""
    stop = threading.Event()

    def drip():
        while not stop.wait(0.1):
            for line in lines:
                with contextlib.suppress(OSError):
                    line.sendall(drop)

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.parametrize(
    ("kind", "count", "first", "drop"),
    [
        ("headers", 300, b"GET /en/ HTTP/1.1\r\nHost: asks.example\r\n", b"X-A: 1\r\n"),
        (
            "bodies",
            SLOW,
            request("/en/confirm/x/", TYPED, "Content-Length: 60000", method="POST"),
            b"a",
        ),
    ],
)
def test_who_sends_slowly_keeps_nobody_waiting(served, show, kind, count, first, drop):
    said_once(served, PAGE)
    before = p95(served)

    with connections(served, count, first) as lines, dripping(lines, drop):
        time.sleep(0.5)
        during = p95(served)

    show(
        f"p95 beside {count} slow {kind}: {1000 * during:.0f} ms; undisturbed {1000 * before:.0f} ms"
    )
    assert during < 2 * before + NOISE_SECONDS


def test_who_reads_slowly_keeps_nobody_waiting(served, show):
    said_once(served, PAGE)
    before = p95(served)
    long = request(static("css/site.css")) * 40

    with connections(served, SLOW, long):
        time.sleep(0.5)
        during = p95(served)

    show(
        f"p95 beside {SLOW} slow readers: {1000 * during:.0f} ms; undisturbed {1000 * before:.0f} ms"
    )
    assert during < 2 * before + NOISE_SECONDS


def test_headers_must_come_within_ten_seconds(served):
    began = time.monotonic()
    with connections(served, 1, b"GET /en/ HTTP/1.1\r\nHost: asks.example\r\n") as (line,):
        assert statuses(line.recv(65536)) in ([], [408])
    assert 8 < time.monotonic() - began < 20


def test_who_hangs_up_in_the_middle_of_a_form_leaves_the_place_free(served):
    half = request("/en/confirm/x/", TYPED, "Content-Length: 1000", method="POST", body="a=b")
    for _ in range(3):
        with connections(served, SLOW, half):
            pass

    until(lambda: statuses(said_once(served, PAGE)) == [200], seconds=10)
