"""`manage.py vault` as its tests type it, and the rows and key files that it works on."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from petitions.models import SignRequest
from petitions.resealing.counts import count_by_epoch
from petitions.resealing.shelves import SHELVES
from petitions.signatures.request import request_signature
from petitions.vault import Purpose, Vault
from tests.makers import make_wish

NEXT = "2026-12a"


def run(*words) -> str:
    said = io.StringIO()
    call_command("vault", *map(str, words), stdout=said, stderr=said)
    return said.getvalue()


def refusal(*words) -> str:
    with pytest.raises(CommandError) as refused:
        run(*words)
    message = str(refused.value)
    assert "\n" not in message
    return message


def make_request(*petitions, news=True, **changes) -> SignRequest:
    before = set(SignRequest.objects.values_list("pk", flat=True))
    request_signature(make_wish(*petitions, news=news, **changes), now=timezone.now())
    return SignRequest.objects.exclude(pk__in=before).get()


def activate_next(keys: Vault) -> None:
    for purpose in Purpose:
        keys.generate_key(purpose, NEXT)
    keys.activate(dict.fromkeys(Purpose, NEXT))


def rows_by_epoch() -> dict[str, dict[str | None, int]]:
    return {shelf.name: count_by_epoch(shelf) for shelf in SHELVES}


def files_in(directory: Path) -> dict[str, bytes]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}
