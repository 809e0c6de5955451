"""Bare views: what this machine and server can do at most."""

import os
import uuid
from pathlib import Path

from django.db import connection
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


def constant_page(_request: HttpRequest) -> HttpResponse:
    """As many bytes as the petition page has."""
    return HttpResponse(PAGE, headers={"Content-Length": str(len(PAGE))})


urlpatterns = [path("sign", seal_and_insert), path("page", constant_page)]
