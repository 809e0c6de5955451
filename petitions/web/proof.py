"""ALTCHA's proof of work, while a flood lasts: the browser counts a second or some, the mail need not wait.

Challenges come from an address of their own, since pages are the same for everybody. Each is
signed, so that none has to be kept, and worth one mail: `petitions.web.limits` sees to that.
"""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from petitions.signatures import flood

if TYPE_CHECKING:
    from altcha import Challenge

ALGORITHM = "PBKDF2/SHA-256"
# Of 4,096 tries one fits, with 500 rounds each: about a second for a laptop, some for a phone.
# Few rounds a try, since a try is what checking costs us.
PREFIX = "000"
ROUNDS = 500
# As long as somebody may take over the form.
LIFE_SECONDS = 3600
LONGEST_PROOF = 2000


@require_safe
@never_cache
def challenge(_request: HttpRequest) -> HttpResponse:
    """What the browser is to solve; empty where nobody needs to."""
    if not flood.lasts():
        return HttpResponse(status=204)
    return JsonResponse(make_challenge().to_dict())


def make_challenge() -> Challenge:
    # Nobody needs it while there is no flood.
    import altcha  # noqa: PLC0415

    return altcha.create_challenge(
        ALGORITHM,
        ROUNDS,
        key_prefix=PREFIX,
        expires_at=int(time.time()) + LIFE_SECONDS,
        hmac_secret=_secret(),
    )


@dataclass(frozen=True)
class Proof:
    """A challenge of ours, solved; its id is the challenge's."""

    id: str


def read_proof(typed: str) -> Proof | None:
    """None where it is missing, forged, expired or wrong."""
    if not typed or len(typed) > LONGEST_PROOF:
        return None
    import altcha  # noqa: PLC0415 - as above

    try:
        if not altcha.verify_solution(typed, _secret()).verified:
            return None
        return Proof(altcha.Payload.from_base64(typed).challenge.parameters.nonce)
    except (ValueError, TypeError, LookupError, AttributeError, struct.error, RecursionError):
        # The library lets the odd shape through: a counter below zero, a list for a word.
        return None


def _secret() -> bytes:
    return salted_hmac("proof of work", "", algorithm="sha256").digest()
