"""Lists that grow: as many questions to the database for 300 rows as for three, and few of them."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from petitions.admin import paginator
from petitions.models import (
    AuditEntry,
    Batch,
    DayFigure,
    Delivery,
    Office,
    Partner,
    Returned,
    Signature,
    StepFigure,
    Tally,
    Visibility,
)
from petitions.models.clock import this_hour
from petitions.signatures.suspicions import look_for_suspicions
from tests.makers import make_petition, make_signature

SIGNATURES = "/admin/petitions/signature/"
MOST_OF_A_LIST = 25
MOST_OF_THE_FIRST_PAGE = 50
COUNTRIES = ["LT", "PL", "DE", "UA", "FR"]


def fill(petition, rows):
    """So many more of all that grows with a campaign."""
    hour = this_hour()
    partners = Partner.objects.bulk_create(
        Partner(code=f"p-{uuid.uuid4().hex[:12]}", name="Friends") for _ in range(rows)
    )
    offices = Office.objects.bulk_create(
        Office(name=f"Minister {rows} {n}", organisation="M", country="LT", email="m@o.example")
        for n in range(rows)
    )
    batches = Batch.objects.bulk_create(
        Batch(petition=petition, number=1000 * rows + n, size=1, closed_at=timezone.now())
        for n in range(rows)
    )
    deliveries = Delivery.objects.bulk_create(
        Delivery(batch=batch, office=office, message_id=f"<{uuid.uuid4()}@x.example>", due_at=hour)
        for batch, office in zip(batches, offices, strict=True)
    )
    Returned.objects.bulk_create(
        Returned(kind="hard", delivery=each, received_hour=hour, box=b"", fingerprint=token())
        for each in deliveries
    )
    Signature.objects.bulk_create(
        Signature(
            petition=petition,
            index=token(),
            look_alike=b"same" * 8,
            country=COUNTRIES[n % 5],
            visibility=Visibility.PUBLIC,
            language="en",
            consent_version="2026-11-23",
            confirmed_hour=hour - timedelta(days=n % 100),
            batch=batch,
            partner=partner,
        )
        for n, (batch, partner) in enumerate(zip(batches, partners, strict=True))
    )
    for country in COUNTRIES:
        Tally.objects.change(petition_ids=[petition.pk], country=country, by=rows // 5 + 1)
    StepFigure.objects.add(
        {(hour - timedelta(hours=n), petition.pk, "viewed"): 1 for n in range(rows)}
    )
    olga = User.objects.get()
    AuditEntry.objects.bulk_create(
        AuditEntry(at=hour, user=olga, action="read", count=1, link=token()) for _ in range(rows)
    )
    DayFigure.objects.count_anew()


def token():
    return uuid.uuid4().bytes * 2


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


LISTS = [
    "signature",
    "signature/?country=LT",
    "signature/?name=waiting",
    "signature/?flag=alike",
    "signature/?batch=any",
    "delivery",
    "batch",
    "returned",
    "auditentry",
    "office",
    "partner",
    "hold",
    "petition",
]


@pytest.mark.parametrize("address", LISTS)
def test_a_list_asks_as_often_for_300_rows_as_for_three_and_seldom(organizer, address):
    petition = make_petition()
    url = f"/admin/petitions/{address}"
    url = url if "?" in url else f"{url}/"
    fill(petition, 3)
    for_three = queries_of(organizer, url)
    fill(petition, 300)

    assert queries_of(organizer, url) == for_three <= MOST_OF_A_LIST


@pytest.mark.parametrize("query", ["", "?chart=days"])
def test_the_first_page_asks_as_often_for_300_rows_as_for_three(organizer, query):
    petition = make_petition()
    url = reverse("admin:index") + query
    fill(petition, 3)
    for_three = queries_of(organizer, url)
    fill(petition, 300)

    assert queries_of(organizer, url) == for_three <= MOST_OF_THE_FIRST_PAGE


def test_a_list_is_counted_and_paged_up_to_a_bound(organizer, monkeypatch):
    monkeypatch.setattr(paginator, "COUNTED_UP_TO", 150)
    monkeypatch.setattr(paginator.count_up_to, "__defaults__", (150,))
    petition = make_petition()
    fill(petition, 150)
    words = "More than 10,000 rows match"
    page = organizer.get(SIGNATURES)
    assert page.context["cl"].result_count == 150
    assert words not in page.text
    assert "Export all 150 signatures" in page.text

    make_signature(petition)

    page = organizer.get(SIGNATURES)
    assert page.context["cl"].result_count == 150
    assert words in page.text
    assert "Export all that match" in page.text
    assert len(organizer.get(SIGNATURES, {"p": 2}).context["cl"].result_list) == 50
    assert organizer.get(SIGNATURES, {"p": 4}).status_code == 302, "no page lies deeper"


def test_signatures_are_sorted_by_the_hour_alone_which_has_an_index(organizer):
    fill(make_petition(), 3)

    page = organizer.get(SIGNATURES).text

    assert set(re.findall(r'href="[^"]*[?&;]o=-?(\d+)', page)) == {"5"}
    assert "sortable column-confirmed" in page


def test_look_alikes_are_found_though_the_other_is_on_another_page(organizer):
    petition = make_petition()
    old = make_signature(petition, address="anna@mail.example")
    Signature.objects.update(confirmed_hour=this_hour() - timedelta(days=200))
    fill(petition, 120)
    Signature.objects.exclude(pk=old.pk).update(look_alike=None)
    make_signature(petition, address="аnna@mail.example")

    look_for_suspicions(now=timezone.now())

    rows = organizer.get(SIGNATURES).context["cl"].result_list
    assert old not in rows
    assert [each.alike for each in rows].count(True) == 1
    assert old in organizer.get(f"{SIGNATURES}?flag=alike").context["cl"].result_list
