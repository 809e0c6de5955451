"""Ten thousand lines at once: in seconds, and counted exactly."""

import time

from django.contrib.auth.models import User
from django.utils import timezone

from petitions.imports.paper import COLUMNS, check_paper, import_paper
from petitions.imports.sheet import MOST_LINES, read_sheet
from petitions.models import Signature, Tally
from tests.makers import make_petition


def test_ten_thousand_lines_come_in(db, keys, show):
    petition = make_petition()
    lines = [f"Ann Lee {n},{'LT' if n % 2 else 'DE'},a{n}@mail.example" for n in range(MOST_LINES)]
    data = "\n".join(["name,country,email", *lines]).encode()
    user = User.objects.create_superuser("olga")

    began = time.monotonic()
    sheet = check_paper(
        read_sheet(data, COLUMNS),
        by=user,
        now=timezone.now(),
        petition=petition,
        reference="x",
        language="en",
        consent_version="1",
    )
    checked = time.monotonic()
    imported = import_paper(sheet, with_doubtful=False, now=timezone.now())
    done = time.monotonic()

    show(
        f"{MOST_LINES} lines of paper: checked in {checked - began:.1f} s,"
        f" imported in {done - checked:.1f} s"
    )
    assert imported == Signature.objects.count() == MOST_LINES
    assert dict(Tally.objects.by_country()) == {"LT": MOST_LINES // 2, "DE": MOST_LINES // 2}
