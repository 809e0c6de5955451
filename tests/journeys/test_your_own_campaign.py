"""docs/your-own-campaign.md, done as it says, in a copy of the checkout: another campaign than the first."""

import csv
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest

from local.html_forms import read_page
from tests.mailbox import Mailbox, link_in, text_of
from tests.pdf import pages_of
from tests.processes import ROOT, free_port, until

pytestmark = pytest.mark.long
TUTORIAL = (ROOT / "docs/your-own-campaign.md").read_text()
EXAMPLE = ROOT / "examples/night-bus"
# Lists of countries name these two, whatever the campaign is about.
OF_THE_FIRST = re.compile(
    r"Five Asks|fiveasks\b|Ukrain|Belarus|Russia|Russland|Freedom House|Moscow|special-rapporteur|OSCE|\bUN\b"
    r"|undesirable|unerwünscht|\bVK\b|[Ff]ive petitions|prison"
)
# No link of the first page leads there.
EXPORT = "/admin/petitions/export/add/"
COUNTRIES = re.compile(r"<option.*?</option>", re.DOTALL)
# A reader of the form takes longer than a robot.
READING = 3.5


@dataclass
class Town:
    folder: Path
    client: httpx.Client
    mailbox: Mailbox
    password: str
    environment: dict[str, str]

    def do(self, command: str) -> str:
        done = subprocess.run(
            as_python(command),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", TUTORIAL, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def as_python(command: str) -> list[str]:
    """`./manage.py` steps into the checkout's environment; the copy has none of its own."""
    words = shlex.split(command)
    return [sys.executable, "manage.py", *words[1:]] if words[0] == "./manage.py" else words


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "checkout"
    left_out = shutil.ignore_patterns(".*", "var", "bench", "tests", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=left_out)
    copy, start, *_ = commands()
    assert start == "CONTENT_DIR=my-campaign make run"
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PORT": str(port)}
    subprocess.run(copy.split(), cwd=folder, check=True)
    log = folder / "run.log"
    with log.open("w") as output:
        site = subprocess.Popen(
            # What `make run` calls, once the environment is there.
            [sys.executable, "-m", "local", "run"],
            cwd=folder,
            env=environment | {"CONTENT_DIR": "my-campaign"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: "The site is running" in log.read_text() or site.poll(), seconds=300)
        said = log.read_text()
        assert site.poll() is None, said
        (mailbox,) = folder.glob("var/campaigns/my-campaign-*/mailbox")
        password = re.search(r"password (\S+)", said)[1]
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60
        ) as client:
            yield Town(folder, client, Mailbox(mailbox), password, environment)
    finally:
        site.send_signal(signal.SIGINT)
        site.wait(60)
        elsewhere = folder / "var/elsewhere"
        if elsewhere.is_symlink():
            shutil.rmtree(elsewhere.resolve())


def post(town, page, **typed):
    forms = read_page(page.text, address=str(page.url)).forms
    *_, form = (form for form in forms if typed.keys() <= form.fields.keys())
    wishes = {name: [value] if isinstance(value, str) else value for name, value in typed.items()}
    origin = {"Sec-Fetch-Site": "same-origin", "Origin": str(town.client.base_url).rstrip("/")}
    return town.client.post(
        form.action, data=form.filled(wishes), headers=origin | {"Referer": str(page.url)}
    )


def names_of_the_first(text: str) -> list[str]:
    return OF_THE_FIRST.findall(unescape(COUNTRIES.sub("", text)))


@pytest.mark.parametrize(
    "shown",
    re.findall(r"```(?:toml|csv)\n(.*?)```", TUTORIAL, re.DOTALL),
    ids=lambda text: text[:20],
)
def test_what_the_tutorial_shows_is_a_part_of_the_example(shown):
    files = [
        path.read_text() for path in EXAMPLE.rglob("*") if path.suffix != ".svg" and path.is_file()
    ]

    assert any(shown in text for text in files)


def test_a_signature_becomes_a_letter_to_the_examples_office(town):
    page = town.client.get("/de/petitions/night-bus/")
    time.sleep(READING)
    typed = {"name": "Ina Ohlsen", "email": "ina@mail.example", "country": "DE"}
    assert "ina@mail.example" not in post(town, page, **typed, visibility="public").text
    (mail,) = until(lambda: town.mailbox.mails_to("ina@mail.example"), seconds=60)
    question = town.client.get(link_in(mail, "confirm"))
    form = read_page(question.text, address=str(question.url)).forms[-1]
    thanks = post(town, question, petitions=form.fields["petitions"].offers)
    receipt = town.client.get(link_in(mail, "receipt"))

    *_, deliver = commands()
    assert "Approved the letters of night-bus." in town.do(deliver)
    (letter,) = until(lambda: town.mailbox.mails_to("chair@union.tannwerd.example"), seconds=60)
    (german,) = until(lambda: town.mailbox.mails_to("transport@city.tannwerd.example"), seconds=60)

    assert letter["From"] == "Last Bus Home <letters@lastbus.example>"
    assert (letter["Subject"], german["Subject"]) == (
        "A night bus on all seven nights",
        "Ein Nachtbus in allen sieben Nächten",
    )
    assert text_of(letter).startswith("Dear Chair of the Student Union,")
    signers, book, _receipts = letter.iter_attachments()
    (row,) = csv.DictReader(io.StringIO(signers.get_content().decode("utf-8-sig")))
    assert (row["Name"], row["Country"]) == ("Ina Ohlsen", "Germany")
    pages = "".join(pages_of(book.get_content()))
    assert "Last Bus Home" in pages
    office = town.client.get(link_in(letter, "institution"))
    assert office.status_code == 200
    said = [
        text_of(each) + str(each["From"]) + str(each["Subject"]) for each in town.mailbox.mails()
    ]
    for text in (question.text, thanks.text, receipt.text, office.text, pages, *said):
        assert "Last Bus Home" in text or "night-bus" in text or "127.0.0.1" in text
        assert names_of_the_first(text) == []


def test_no_page_speaks_of_the_first_campaign(town):
    seen, waiting = {}, ["/en/", "/de/", "/sitemap.xml", "/robots.txt"]
    while waiting:
        path = waiting.pop()
        page = town.client.get(path)
        seen[path] = page.text
        if not page.headers["Content-Type"].startswith("text/html"):
            continue
        links = {unescape(link) for link in re.findall(r'(?:href|src)="(/[^"#?]*)', page.text)}
        waiting += [each for each in links - seen.keys() - set(waiting) if is_a_page(each)]

    assert {"/de/privacy/", "/en/press/", "/de/petitions/lit-stops/card/"} <= seen.keys()
    assert "Last Bus Home" in seen["/en/"]
    assert {path: found for path, text in seen.items() if (found := names_of_the_first(text))} == {}
    assert town.client.get("/fr/").status_code == 404
    assert 'lang="fr"' not in seen["/en/"]


def is_a_page(path: str) -> bool:
    return not re.match(r"/(static|mailbox|admin)/|.*\.(png|svg)$", path)


def test_the_site_has_the_campaigns_colours_and_mark(town):
    home = town.client.get("/en/").text
    style = town.client.get(re.search(r'href="(/static/css/site[^"]*)', home)[1]).text
    mark = town.client.get(re.search(r'href="(/static/img/mark[^"]*)', home)[1]).text

    assert "--accent: #5b2a86" in style
    assert "#5b2a86" in mark


def test_the_admin_speaks_of_this_campaign(town):
    page = post(town, town.client.get("/admin/"), login="organizer", password=town.password)
    assert "Last Bus Home" in page.text
    paths = {unescape(link) for link in re.findall(r'href="(/admin/petitions/[^"?#]*)', page.text)}

    assert "/admin/petitions/office/" in paths
    for path in paths | {EXPORT}:
        shown = town.client.get(path)
        assert shown.status_code == httpx.codes.OK
        assert names_of_the_first(shown.text) == [], path


def test_what_is_edited_in_the_files_comes_onto_the_page(town):
    path = town.folder / "my-campaign/petitions/2-lit-stops/en.md"
    path.write_text(path.read_text().replace("Put a light at every bus stop", "Lamps for all"))

    (load,) = [each for each in commands() if "load_campaign" in each]
    assert "1 replaced" in town.do(load)

    until(lambda: "Lamps for all" in town.client.get("/en/petitions/lit-stops/").text, seconds=20)


def test_invented_supporters_sign_it_too(town):
    (simulate,) = [each for each in commands() if "simulate" in each]

    assert "3 signed, 3 confirmed" in town.do(simulate)
