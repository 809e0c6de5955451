"""Supporters who keep coming: `python -m bench.supporters PORT MAILBOX FOLDER`.

Each reads a petition, sends its form, waits for the mail, opens the link in it and confirms; and
presses "Try again" like a patient person while something is away. What each saw is a line of JSON
in `FOLDER/seen.jsonl`. Once there is a file `FOLDER/enough` nobody new comes, and those who are
under way come to their end.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import httpx

from bench.viral_site import CLIENT_HEADER
from local.html_forms import Form, read_page
from local.simulation import Letterbox, one_spelling

A_SECOND = 2
# Faster forms are a robot's, whose mail waits.
READING = (3.5, 5.0)
# Seconds after which somebody looks again.
AGAIN = 2
# Seconds for which somebody waits for an answer, and for a mail. A mail that a killed mailer had in
# its hands waits for five minutes, and then for its turn.
PATIENCE = 40
MAIL_PATIENCE = 480
COUNTRIES = ["LT", "UA", "DE", "PL", "FR"]
LEAD = re.compile(r'<p class="lead">\s*(.*?)\s*</p>', re.DOTALL)
HEADING = re.compile(r"<h1[^>]*>\s*(.*?)\s*</h1>", re.DOTALL)
NO_ANSWER = 0


@dataclass(frozen=True)
class Seen:
    """One answer, or none. `at` is the monotonic clock's."""

    address: str
    step: str
    at: float
    seconds: float
    status: int
    words: str


class Gone(Exception):
    """Nobody answered in this supporter's patience."""


class Crowd:
    def __init__(self, port: int, mailbox: Path, folder: Path) -> None:
        self.site = f"http://127.0.0.1:{port}"
        self.letterbox = Letterbox(mailbox)
        self.enough = folder / "enough"
        self.told: TextIO = (folder / "seen.jsonl").open("w")
        self.links: dict[str, str] = {}
        self.petitions: list[str] = []
        # A line for each request, as behind a proxy: none is kept open over a restart.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, limits=limits)

    async def live(self) -> None:
        self.petitions = await self.find_petitions()
        async with asyncio.TaskGroup() as lives:
            watch = lives.create_task(self.watch_mailbox())
            people = [lives.create_task(self.supporter(0))]
            while not self.enough.exists():
                await asyncio.sleep(1 / A_SECOND)
                people.append(lives.create_task(self.supporter(len(people))))
            await asyncio.wait(people)
            watch.cancel()

    async def find_petitions(self) -> list[str]:
        answer = await self.client.get(f"{self.site}/en/")
        links = read_page(answer.text, address=str(answer.url)).links
        found = {urlsplit(link).path for link in links if "/en/petitions/" in link}
        return sorted(path for path in found if path.count("/") == 4)  # noqa: PLR2004 - /en/petitions/slug/

    async def watch_mailbox(self) -> None:
        while True:
            self.links |= dict(self.letterbox.collect())
            await asyncio.sleep(0.3)

    async def supporter(self, number: int) -> None:
        dice = random.Random(number)  # noqa: S311 - invents, hides nothing
        person = Supporter(self, f"supporter.{number}@mail{number % 7}.example", dice)
        try:
            await person.sign(dice.choice(self.petitions))
            await person.confirm()
        except Gone as reason:
            self.tell(Seen(person.address, "gave up", time.monotonic(), 0, NO_ANSWER, str(reason)))

    def tell(self, seen: Seen) -> None:
        print(json.dumps(asdict(seen)), file=self.told, flush=True)


class Supporter:
    def __init__(self, crowd: Crowd, address: str, dice: random.Random) -> None:
        self.crowd = crowd
        self.address = address
        self.dice = dice
        network = [str(dice.randrange(256)) for _ in range(3)]
        self.headers = {CLIENT_HEADER: ".".join(["81", *network])}

    async def sign(self, petition: str) -> None:
        page = await self.insist("page", "GET", f"{self.crowd.site}{petition}")
        form = _form_on(page)
        await asyncio.sleep(self.dice.uniform(*READING))
        name = f"Supporter {self.address.split('@')[0].split('.')[1]}"
        wishes = {"name": name, "email": self.address, "country": self.dice.choice(COUNTRIES)}
        wishes |= {"visibility": "officials", "comment": "Please act soon."}
        await self.insist("form", form.method, form.action, _filled(form, wishes))

    async def confirm(self) -> None:
        link = await self.mailed_link()
        page = await self.insist("link", "GET", f"{self.crowd.site}{urlsplit(link).path}")
        form = _form_on(page)
        boxes = [found for found in form.fields.values() if found.kind == "checkbox"]
        ticked = form.filled({box.name: box.offers for box in boxes})
        await self.insist("confirmation", form.method, form.action, ticked)

    async def mailed_link(self) -> str:
        ends_at = time.monotonic() + MAIL_PATIENCE
        while time.monotonic() < ends_at:
            if link := self.crowd.links.get(one_spelling(self.address)):
                return link
            await asyncio.sleep(0.2)
        raise Gone("no mail")

    async def insist(
        self, step: str, method: str, url: str, typed: Mapping[str, list[str]] | None = None
    ) -> httpx.Response:
        """The first answer that is no error of the server's."""
        ends_at = time.monotonic() + MAIL_PATIENCE
        while time.monotonic() < ends_at:
            answer = await self.ask(step, method, url, typed)
            if answer is not None and not answer.is_server_error:
                return answer
            await asyncio.sleep(AGAIN * self.dice.uniform(0.8, 1.2))
            if answer is not None and typed is not None:
                # What the page of the error kept is what is sent again.
                typed = _form_on(answer).filled({})
        raise Gone(f"no answer to the {step}")

    async def ask(
        self, step: str, method: str, url: str, typed: Mapping[str, list[str]] | None
    ) -> httpx.Response | None:
        began = time.monotonic()
        headers = self.headers | ({"Sec-Fetch-Site": "same-origin"} if typed else {})
        try:
            answer = await self.crowd.client.request(method, url, data=typed, headers=headers)
        except httpx.TransportError as error:
            self.note(step, began, NO_ANSWER, type(error).__name__)
            return None
        self.note(step, began, answer.status_code, _words_of(answer))
        return answer

    def note(self, step: str, began: float, status: int, words: str) -> None:
        at = time.monotonic()
        self.crowd.tell(Seen(self.address, step, at, at - began, status, words))


def _form_on(page: httpx.Response) -> Form:
    forms = read_page(page.text, address=str(page.url)).forms
    found = [form for form in forms if form.method == "POST"]
    if not found:
        raise Gone(f"{page.status_code}, and no form: {_words_of(page)}")
    return found[-1]


def _filled(form: Form, wishes: Mapping[str, str]) -> dict[str, list[str]]:
    return form.filled({name: [value] for name, value in wishes.items()})


def _words_of(answer: httpx.Response) -> str:
    """Of an error's page its first sentence, of others their heading."""
    found = (LEAD if answer.is_server_error else HEADING).search(answer.text)
    return " ".join(unescape(re.sub("<[^>]+>", "", found[1])).split()) if found else ""


if __name__ == "__main__":
    asyncio.run(Crowd(int(sys.argv[1]), *map(Path, sys.argv[2:])).live())
