"""What the first load of each public page weighs on the wire, and how many requests it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from http.client import HTTPResponse
from urllib.request import Request, urlopen

from bench.browser import chromium, requests_of_first_load
from bench.server import HOST

MOST_BYTES = 30 * 1024
MOST_REQUESTS = 5
LOCATION = re.compile(r"<loc>[^<]*?//[^/<]+(/[^<]*)</loc>")

Figure = dict[str, float | str]


def public_pages(port: int) -> list[str]:
    """The paths in the site's own sitemap."""
    with urlopen(f"http://{HOST}:{port}/sitemap.xml") as answer:
        return LOCATION.findall(answer.read().decode())


def measure_first_loads(port: int) -> dict[str, Figure]:
    heaviest, most = 0, 0
    print(f"\n{'first load of a page':58}{'bytes':>8}{'requests':>10}")
    with chromium() as browser:
        for path in public_pages(port):
            addresses = requests_of_first_load(browser, f"http://{HOST}:{port}{path}")
            weight = sum(map(bytes_on_the_wire, addresses))
            print(f"{path:58}{weight:8,}{len(addresses):10}", flush=True)
            heaviest, most = max(heaviest, weight), max(most, len(addresses))
    return {
        "first_load_bytes_most": {"value": heaviest, "unit": f"bytes, limit {MOST_BYTES}"},
        "first_load_requests_most": {"value": most, "unit": f"requests, limit {MOST_REQUESTS}"},
    }


@cache
def bytes_on_the_wire(address: str) -> int:
    """Of one answer, with its headers, to a browser that understands Brotli."""
    with urlopen(Request(address, headers={"Accept-Encoding": "br"})) as answer:  # noqa: S310 - our own server
        return len(answer.read()) + _bytes_of_head(answer)


def _bytes_of_head(answer: HTTPResponse) -> int:
    lines: Iterable[str] = (f"{name}: {value}\r\n" for name, value in answer.getheaders())
    return len(f"HTTP/1.1 {answer.status} {answer.reason}\r\n\r\n") + sum(map(len, lines))
