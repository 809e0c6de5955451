from __future__ import annotations

from collections.abc import Iterator

from petitions.models import SignRequest
from petitions.models.sealed import Mailing


def waiting_addresses() -> Iterator[str]:
    """Whose mails wait in their boxes."""
    for pk, box in SignRequest.objects.exclude(mail_box=None).values_list("pk", "mail_box"):
        yield Mailing.open(box, request_id=pk).address
