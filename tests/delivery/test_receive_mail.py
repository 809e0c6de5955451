"""`manage.py receive_mail`, run as a mail server runs it."""

import os
import subprocess
import sys

import pytest
from django.utils import timezone

from petitions.delivery.batches import close_batch
from petitions.delivery.return_path import return_path
from petitions.models import Delivery, Returned
from tests.makers import make_office, make_petition, make_signature
from tests.processes import ROOT, Processes, free_port

MAIL = b"From: minister@office.example\nSubject: Re: About thing 1\n\nWe act.\n"


@pytest.fixture
def pipe(keys, tmp_path):
    """Pipe a mail into the command, and get its exit code and what it said."""
    environment = Processes(tmp_path).environment

    def run(raw: bytes, *words: str, **changes: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "manage.py", "receive_mail", *words],
            input=raw,
            cwd=ROOT,
            env=environment | changes,
            capture_output=True,
            check=False,
            timeout=60,
        )
        return done.returncode, (done.stdout + done.stderr).decode()

    return run


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_filed_with_its_letter(pipe):
    petition = make_petition()
    make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    delivery = Delivery.objects.get()

    code, said = pipe(MAIL, return_path(delivery), CAMPAIGN_ROLE="returns")

    assert code == os.EX_OK
    returned = Returned.objects.get()
    assert (returned.kind, returned.delivery) == (Returned.Kind.ANSWER, delivery)
    assert returned.open_mail().text == "We act.\n"
    assert "minister" not in said


@pytest.mark.django_db(transaction=True)
def test_what_is_no_mail_is_refused(pipe):
    code, said = pipe(b"Nothing of a mail.")

    assert code == os.EX_DATAERR
    assert "not a mail" in said


def test_while_the_database_is_away_the_mail_server_keeps_the_mail(pipe):
    code, said = pipe(MAIL, DATABASE_URL=f"postgres://nobody@127.0.0.1:{free_port()}/none")

    assert code == os.EX_TEMPFAIL
    assert "a mail has to wait" in said
    assert "minister" not in said
