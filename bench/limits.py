"""Bare views: what this machine and server can do at most."""

import os
import random
import uuid
from hashlib import sha256
from pathlib import Path

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from petitions.models.clock import this_hour
from petitions.models.sealed import Mailing

PAGE = Path(os.environ.get("BENCH_PAGE", os.devnull)).read_bytes()


def seal_and_insert(_request: HttpRequest) -> HttpResponse:
    """Seal once, and make the INSERT that a sign request makes."""
    request_id = uuid.uuid4()
    box = Mailing("ann@mail.example", "c" * 43, "w" * 43).seal(request_id=request_id)
    hour = this_hour(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO petitions_signrequest (id, token_hash, withdraw_hash, created_hour,
                   language, country, visibility, petition_ids, sig_boxes, mail_box, mail_due_at,
                   mail_tries, quarantined)
               VALUES (%s, %s, %s, %s, 'en', 'LT', 'officials', '{1}', %s, %s, %s, 0, false)""",
            [request_id, os.urandom(32), os.urandom(32), hour, [box], box, hour],
        )
    return HttpResponse(status=302, headers={"Location": "/", "Content-Length": "0"})


def confirm(_request: HttpRequest, token: str) -> HttpResponse:
    """What a confirmation writes: a signature, its link, four offers, the tally; the request goes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM petitions_signrequest WHERE token_hash = %s
               RETURNING petition_ids[1], sig_boxes[1], indexes[1], look_alikes[1], created_hour""",
            [sha256(token.encode()).digest()],
        )
        petition_id, box, index, look_alike, hour = cursor.fetchone()
        signature_id = uuid.uuid4()
        cursor.execute(
            """INSERT INTO petitions_signature (id, petition_id, index, look_alike, sig_box, country,
                   visibility, public_name, language, consent_version, confirmed_hour, quarantined)
               VALUES (%s, %s, %s, %s, %s, 'LT', 'officials', '', 'en', '2026-11-23', %s, false)""",
            [signature_id, petition_id, index, look_alike, box, hour],
        )
        cursor.execute(
            "INSERT INTO petitions_withdrawallink (link_hash, signature_id) VALUES (%s, %s)",
            [os.urandom(32), signature_id],
        )
        cursor.execute(
            """INSERT INTO petitions_offer (token_hash, link_hash, box, epoch, created_hour)
               SELECT *, %s, '2026-11a', %s FROM unnest(%s::bytea[], %s::bytea[])""",
            [box, hour, [os.urandom(32) for _ in range(4)], [os.urandom(32) for _ in range(4)]],
        )
        cursor.execute(
            """INSERT INTO petitions_tally AS tally (petition_id, country, count, held, shard)
               VALUES (%s, 'LT', 1, 0, %s) ON CONFLICT ON CONSTRAINT tally_row_once
               DO UPDATE SET count = tally.count + 1""",
            [petition_id, random.randrange(16)],  # noqa: S311 - spreads load
        )
    return HttpResponse(status=302, headers={"Location": "/", "Content-Length": "0"})


def constant_page(_request: HttpRequest) -> HttpResponse:
    """As many bytes as the petition page has."""
    return HttpResponse(PAGE, headers={"Content-Length": str(len(PAGE))})


urlpatterns = [
    path("sign", seal_and_insert),
    path("confirm/<str:token>", confirm),
    path("page", constant_page),
]
