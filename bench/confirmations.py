"""Confirmations a second, each of a sign request of its own, beside a transaction with the same writes."""

from __future__ import annotations

import os
import uuid

from django.db import DEFAULT_DB_ALIAS

from bench.compare import ROUNDS, Figure, compare
from bench.load import Load, post, requests_a_second
from bench.server import web_server
from petitions.models import Petition, SignRequest, WithdrawalLink
from petitions.models.clock import this_hour
from petitions.models.sealed import Details
from petitions.models.signature import Visibility
from petitions.signatures.tokens import make_token, token_hash

SECONDS = 3.0
# More than either side can confirm in a round.
A_ROUND = 5_000


def measure_confirmations(public: dict[str, str]) -> dict[str, Figure]:
    petition = Petition.objects.get(number=1)
    site_requests = confirm_requests(petition)
    limit_requests = bare_confirm_requests(petition)
    waiting = SignRequest.objects.count()
    with (
        web_server(**public) as site,
        web_server(**public, DJANGO_SETTINGS_MODULE="bench.settings") as limits,
    ):
        figures = compare(
            "confirmation",
            "requests/s",
            lambda: pace_of_confirmations(site, site_requests.pop(), b"200"),
            lambda: pace_of_confirmations(limits, limit_requests.pop(), b"302"),
        )
    confirmed = waiting - SignRequest.objects.count()
    assert WithdrawalLink.objects.count() == confirmed  # noqa: S101 - or nothing was measured
    return figures


def pace_of_confirmations(
    port: int, requests: list[bytes], status: bytes, *, seconds: float = SECONDS
) -> float:
    pace = requests_a_second(port, Load(requests, status), seconds=seconds)
    # Once all are used up, the same ones would be sent again and confirm nothing.
    assert pace * seconds < len(requests)  # noqa: S101 - or nothing was measured
    return pace


def confirm_requests(
    petition: Petition,
    *,
    rounds: int = ROUNDS,
    a_round: int = A_ROUND,
    database: str = DEFAULT_DB_ALIAS,
) -> list[list[bytes]]:
    """For each round; their sign requests wait in that database."""
    body = f"petitions={petition.pk}".encode()
    return [
        [post(f"/en/confirm/{token}/", body) for token in _waiting(petition, a_round, database)]
        for _ in range(rounds)
    ]


def bare_confirm_requests(
    petition: Petition,
    *,
    rounds: int = ROUNDS,
    a_round: int = A_ROUND,
    database: str = DEFAULT_DB_ALIAS,
) -> list[list[bytes]]:
    """The same for the bare view."""
    return [
        [post(f"/confirm/{token}", b"") for token in _waiting(petition, a_round, database)]
        for _ in range(rounds)
    ]


def _waiting(petition: Petition, count: int, database: str) -> list[str]:
    """Tokens of so many sign requests whose mail has gone out."""
    box = Details(name="Supporter Number").seal(petition_id=petition.pk, signature_id=uuid.uuid4())
    others = list(Petition.objects.open().exclude(pk=petition.pk).values_list("pk", flat=True))
    tokens = [make_token() for _ in range(count)]
    hour = this_hour()
    SignRequest.objects.using(database).bulk_create(
        (
            SignRequest(
                token_hash=token_hash(token),
                withdraw_hash=os.urandom(32),
                created_hour=hour,
                language="en",
                country="LT",
                visibility=Visibility.OFFICIALS,
                petition_ids=[petition.pk],
                sig_boxes=[box],
                indexes=[os.urandom(32)],
                look_alikes=[os.urandom(32)],
                other_petition_ids=others,
                other_indexes=[os.urandom(32) for _ in others],
                other_look_alikes=[os.urandom(32) for _ in others],
            )
            for token in tokens
        ),
        batch_size=1000,
    )
    return tokens
