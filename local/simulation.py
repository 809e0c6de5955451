"""Supporters who sign as people do: by the site's own forms, and by the link in their mail.

Nothing here reaches around the site. Pages are fetched, forms are read and filled in, and mails are
taken from the Maildir that the local mail server fills.
"""

import logging
import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from local.html_forms import Form, Page, invalid_fields, read_page
from local.mailbox import Mail, Mailbox
from local.people import Person

PETITION = re.compile(r"/en/petitions/[^/]+/$")
CONFIRM_LINK = re.compile(r"https?://\S+/confirm/\S+")

# Seconds without any news after which those who still wait for a mail give up.
MAIL_PATIENCE = 60
# Seconds between two looks into the mailbox.
POLL = 0.1
# Seconds for which a supporter reads the page and fills in the form; the site takes faster ones for
# robots, whose mail it lets wait.
READING = (3.5, 6.0)
# How often somebody presses the button again, and how many seconds they wait at most.
TRIES = 10
LONGEST_WAIT = 30


# It would write each address that it asks for, and a link to confirm is one.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Failed(Exception):
    """Why somebody could not sign or confirm, in words that several people may share."""


@dataclass
class Result:
    """What came of it; the failures are counted by their reason."""

    signed: int = 0
    confirmed: int = 0
    seconds: float = 0
    failures: Counter[str] = field(default_factory=Counter)


class Simulation:
    """Sends people to sign, and those whose mail has come to confirm."""

    def __init__(
        self,
        site: "Site",
        letterbox: "Letterbox",
        *,
        threads: int,
        per_second: float | None = None,
        when_done: Callable[[], object] = lambda: None,
    ) -> None:
        self.site = site
        self.letterbox = letterbox
        self.threads = threads
        self.per_second = per_second
        self.when_done = when_done
        self.result = Result()
        self.errands: dict[Future[None], str] = {}
        # Addresses of those who have sent the form, and wait for their mail.
        self.waiting: set[str] = set()
        self.sent_out = 0
        self.began = self.last_news = self.last_look = time.monotonic()

    def run(self, people: Iterable[Person]) -> Result:
        queue = deque(people)
        pool = ThreadPoolExecutor(self.threads)
        self.began = self.last_news = time.monotonic()
        try:
            while queue or self.errands or self.waiting:
                self.send_confirmers(pool)
                self.send_signers(pool, queue)
                self.take_results()
                self.give_up_waiting()
        finally:
            pool.shutdown(cancel_futures=True)
            self.result.seconds = time.monotonic() - self.began
        return self.result

    def send_confirmers(self, pool: ThreadPoolExecutor) -> None:
        if time.monotonic() - self.last_look < POLL:
            return
        self.last_look = time.monotonic()
        for address, link in self.letterbox.collect():
            if address in self.waiting:
                self.waiting.remove(address)
                self.errands[pool.submit(self.site.confirm, link)] = ""

    def send_signers(self, pool: ThreadPoolExecutor, queue: deque[Person]) -> None:
        while queue and len(self.errands) < 2 * self.threads and self.may_send_one_more():
            person = queue.popleft()
            address = one_spelling(person.email)
            self.sent_out += 1
            self.waiting.add(address)
            self.errands[pool.submit(self.site.sign, person)] = address

    def may_send_one_more(self) -> bool:
        if self.per_second is None:
            return True
        return self.sent_out <= (time.monotonic() - self.began) * self.per_second

    def take_results(self) -> None:
        if not self.errands:
            time.sleep(POLL)
            return
        done, _ = wait(self.errands, timeout=POLL, return_when=FIRST_COMPLETED)
        for errand in done:
            self.last_news = time.monotonic()
            self.count(errand, signer=self.errands.pop(errand))

    def count(self, errand: Future[None], *, signer: str) -> None:
        """Counts one errand: somebody who signed, or, if there is no signer, who confirmed."""
        try:
            errand.result()
        except Failed as failure:
            self.waiting.discard(signer)
            self.fail(str(failure))
        else:
            if signer:
                self.result.signed += 1
            else:
                self.result.confirmed += 1
                self.when_done()

    def give_up_waiting(self) -> None:
        if self.errands or time.monotonic() - self.last_news < MAIL_PATIENCE:
            return
        while self.waiting:
            self.waiting.pop()
            self.fail(f"no mail for {MAIL_PATIENCE} s: signed before, or is the worker away?")

    def fail(self, reason: str) -> None:
        self.result.failures[reason] += 1
        self.when_done()


class Site:
    """The site as a browser without scripts sees it; several threads may share one."""

    def __init__(self, address: str, *, connections: int) -> None:
        self.address = address.rstrip("/")
        self.client = httpx.Client(
            follow_redirects=True,
            timeout=60,
            # A proxy of this machine's user has no part in this.
            trust_env=False,
            limits=httpx.Limits(max_connections=connections),
        )
        self.petitions: list[str] = []

    def find_petitions(self) -> None:
        """Remembers the petitions that can be signed now; raises Failed if there are none."""
        links = dict.fromkeys(link for link in self.get("/en/").links if PETITION.search(link))
        paths = [urlsplit(link).path for link in links]
        self.petitions = [path for path in paths if self.get(path).form_with("email")]
        if not self.petitions:
            raise Failed(f"there is nothing to sign at {self.address}/en/")

    def sign(self, person: Person) -> None:
        dice = random.Random(person.email)  # noqa: S311 - invents, hides nothing
        form = self.get(dice.choice(self.petitions)).form_with("email")
        if form is None:
            raise Failed("the petition's page has no form")
        time.sleep(dice.uniform(*READING))
        self.send(form, wishes_of(person, form, dice))

    def confirm(self, link: str) -> None:
        """Opens the mailed link, ticks what there is to tick, and sends the form."""
        page = self.get(urlsplit(link).path)
        form = next((form for form in page.forms if form.method == "POST"), None)
        if form is None:
            raise Failed("the mailed link leads to no form")
        boxes = [found for found in form.fields.values() if found.kind == "checkbox"]
        self.send(form, {box.name: box.offers for box in boxes})

    def get(self, path: str) -> Page:
        answer = self.request("GET", f"{self.address}{path}")
        if not answer.is_success:
            raise Failed(f"a page answered {answer.status_code}")
        return read_page(answer.text, address=str(answer.url))

    def send(self, form: Form, wishes: Mapping[str, list[str]]) -> None:
        answer = self.request(form.method, form.action, data=form.filled(wishes))
        wrong = sorted(invalid_fields(read_page(answer.text, address=str(answer.url))))
        if wrong:
            raise Failed(f"the form did not take: {', '.join(wrong)}")
        if not answer.is_success:
            raise Failed(f"a form answered {answer.status_code}")

    def request(
        self, method: str, address: str, data: Mapping[str, list[str]] | None = None
    ) -> httpx.Response:
        """Asks, and asks again like a patient person while the site says that it is busy."""
        origin = {"Origin": self.address, "Sec-Fetch-Site": "same-origin"} if data else {}
        problem = ""
        for number in range(TRIES):
            try:
                answer = self.client.request(method, address, data=data, headers=origin)
            except httpx.TransportError as error:
                problem, pause = type(error).__name__, float(number)
            else:
                if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
                problem, pause = "503", seconds_to_wait(answer)
            time.sleep(min(pause, LONGEST_WAIT))
        raise Failed(f"the site did not answer {TRIES} times in a row ({problem})")


class Letterbox:
    """Finds the links in mails that arrive from now on, each mail read once."""

    def __init__(self, folder: Path) -> None:
        self.box = Mailbox(folder)
        self.seen = set(self.box.names())

    def collect(self) -> list[tuple[str, str]]:
        """The new links to confirm, each with the address that it was sent to."""
        new = [name for name in self.box.names() if name not in self.seen]
        self.seen.update(new)
        mails = [mail for mail in map(self.box.read, new) if mail]
        return [found for mail in mails for found in links_in(mail)]


def links_in(mail: Mail) -> list[tuple[str, str]]:
    link = CONFIRM_LINK.search(mail.text)
    return [(one_spelling(mail.recipients), link.group())] if link else []


def wishes_of(person: Person, form: Form, dice: random.Random) -> dict[str, list[str]]:
    wishes = {
        "name": [person.name],
        "email": [person.email],
        "country": [person.country],
        "postcode": [person.postcode],
        "comment": [person.comment],
        "visibility": [person.visibility],
    }
    if person.news and "news" in form.fields:
        wishes["news"] = form.fields["news"].offers
    if "also" in form.fields:
        others = form.fields["also"].offers
        wishes["also"] = dice.sample(others, round(len(others) * person.also))
    return wishes


def one_spelling(address: str) -> str:
    """An address as it is compared here: mails name domains in ASCII, forms in any script."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}".casefold()


def seconds_to_wait(answer: httpx.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 1.0
