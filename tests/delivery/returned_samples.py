"""Mails as they would come back to a delivery's letter."""

from pathlib import Path

from petitions.delivery.return_path import return_path

SAMPLES = Path(__file__).parent / "returned"


def sample(name, delivery, *, path=None) -> bytes:
    text = (SAMPLES / f"{name}.eml").read_text()
    known = {
        "{return_path}": path or return_path(delivery),
        "{message_id}": delivery.message_id,
        "{delivery}": str(delivery.pk),
    }
    for mark, value in known.items():
        text = text.replace(mark, value)
    return text.encode()
