"""Behind PgBouncer, which lends a session for one transaction, the whole main job is done."""

import psycopg
import pytest

from petitions.models import Delivery, Export
from tests.forms import submit, submit_all_ticked
from tests.machines.pooler import pgbouncer
from tests.mailbox import link_in
from tests.makers import make_office, make_petition, make_signature
from tests.processes import until


@pytest.fixture
def pooled(transactional_db, tmp_path):
    folder = tmp_path / "pooler"
    folder.mkdir()
    with pgbouncer(folder) as url:
        yield url


def test_it_forgets_what_a_session_would_keep(pooled):
    """Else what follows would show nothing."""
    with psycopg.connect(pooled, autocommit=True) as one, psycopg.connect(pooled) as two:
        one.prepare_threshold = 0
        one.execute("SELECT 1")
        two.execute("BEGIN")
        two.execute("SELECT 1")
        with pytest.raises(psycopg.Error, match="prepared statement"):
            # The session that knew it is the other one's now.
            one.execute("SELECT 1")


def test_sign_confirm_deliver_and_export(processes, pooled, mailbox, want):
    petition = make_petition()
    offices = [make_office(petition, name=f"M {n}", email=f"m{n}@office.example") for n in range(9)]
    for _ in range(20):
        make_signature(petition)
    processes.environment |= {"DATABASE_URL": pooled, "DATABASE_POOLER": "transaction"}
    processes.beat()
    for number in range(2):
        processes.worker(f"worker-{number}")
    browser = processes.web()

    page = browser.get("/en/petitions/ask-1/")
    submit(browser, page, name="Zoë", email="zoe@mail.example", country="UA")
    (mail,) = until(lambda: mailbox.mails_to("zoe@mail.example"), seconds=60)
    submit_all_ticked(browser, browser.get(link_in(mail, "confirm")))
    want()
    processes.start("deliver", "python", "manage.py", "deliver")

    sent = Delivery.objects.filter(state=Delivery.State.SENT)
    until(lambda: sent.count() == len(offices), seconds=90)
    until(lambda: Export.objects.filter(state=Export.State.READY).exists(), seconds=60)
    assert len(mailbox) == 1 + len(offices)
    assert "Traceback" not in processes.log_text()
    assert "prepared statement" not in processes.log_text()
