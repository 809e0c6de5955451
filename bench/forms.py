"""Forms as supporters fill them in."""

from __future__ import annotations

import time
from urllib.parse import urlencode
from urllib.request import urlopen

from bench.load import post
from bench.server import HOST
from local.html_forms import read_page
from petitions.web.traps import READING_SECONDS

PETITION = "/en/petitions/special-rapporteur/"
# What browsers ask for.
COMPRESSED = "Accept-Encoding: gzip, deflate, br"
COUNTRIES = ["LT", "UA", "DE", "PL", "FR"]


def address(number: int) -> str:
    return f"supporter.{number}@mail{number % 7}.example"


def sign_request(number: int, stamp: str, *headers: str) -> bytes:
    """What a supporter sends: each has another address, and a comment now and then."""
    return post(
        PETITION,
        urlencode(
            {
                "name": f"Supporter Number {number}x",
                "email": address(number),
                "country": COUNTRIES[number % len(COUNTRIES)],
                "postcode": f"{number:05}",
                "comment": "Please act soon. " * (number % 3),
                "visibility": "officials",
                "stamp": stamp,
            }
        ).encode(),
        *headers,
    )


def filled_in_forms(port: int) -> list[bytes]:
    """A thousand, of supporters who have read the page."""
    stamp = stamp_on(port)
    # Faster forms are a robot's, and take another way.
    time.sleep(READING_SECONDS + 1)
    return [sign_request(number, stamp, COMPRESSED) for number in range(1000)]


def stamp_on(port: int) -> str:
    """When the form was made, as the page has it signed."""
    page = read_page(body_of(port, PETITION).decode(), address=f"http://{HOST}{PETITION}")
    form = page.form_with("stamp")
    assert form is not None  # noqa: S101 - the petition is open
    return form.fields["stamp"].values[0]


def body_of(port: int, path: str) -> bytes:
    with urlopen(f"http://{HOST}:{port}{path}") as answer:
        body: bytes = answer.read()
        return body
