"""What erases itself when its time is over."""

from datetime import datetime, timedelta

from petitions.models import MailHour, MailSlot, SignRequest

MAIL_SLOTS_LIVE = timedelta(days=2)


def erase_what_is_due(*, now: datetime) -> int:
    """Erase unconfirmed sign requests after 72 hours, and booked mails after two days."""
    requests, _ = SignRequest.objects.expired(now=now).delete()
    slots, _ = MailSlot.objects.filter(at__lte=now - MAIL_SLOTS_LIVE).delete()
    hours, _ = MailHour.objects.filter(hour__lte=now - MAIL_SLOTS_LIVE).delete()
    return requests + slots + hours
