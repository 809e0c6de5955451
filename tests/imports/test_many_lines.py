"""Many lines at once: in seconds, and counted exactly."""

import time

from django.contrib.auth.models import User
from django.utils import timezone

from petitions.imports.paper import COLUMNS, check_paper, import_paper
from petitions.imports.sheet import read_sheet
from petitions.models import Signature, Tally
from tests.makers import make_petition

LINES = 2000


def test_two_thousand_lines_come_in(db, keys, show):
    petition = make_petition()
    lines = [f"Ann Lee {n},{'LT' if n % 2 else 'DE'},a{n}@mail.example" for n in range(LINES)]
    data = "\n".join(["name,country,email", *lines]).encode()
    user = User.objects.create_superuser("olga")

    began = time.process_time()
    sheet = check_paper(
        read_sheet(data, COLUMNS),
        by=user,
        now=timezone.now(),
        petition=petition,
        reference="x",
        language="en",
        consent_version="1",
    )
    checked = time.process_time()
    imported = import_paper(sheet, with_doubtful=False, now=timezone.now())
    done = time.process_time()

    show(
        f"{LINES} lines of paper: checked in {checked - began:.1f} s,"
        f" imported in {done - checked:.1f} s of one core"
    )
    assert imported == Signature.objects.count() == LINES
    assert dict(Tally.objects.by_country()) == {"LT": LINES // 2, "DE": LINES // 2}
