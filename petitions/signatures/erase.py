"""What erases itself when its time is over."""

from datetime import datetime, timedelta

from petitions.models import (
    DataCopy,
    MailHour,
    MailSlot,
    Offer,
    Signature,
    SignRequest,
    Suspicion,
    TurnedAway,
)

MAIL_SLOTS_LIVE = timedelta(days=2)
MARKS_LIVE = timedelta(days=30)


def erase_what_is_due(*, now: datetime) -> int:
    """Erase unconfirmed sign requests after 72 hours, booked mails and what counts mails and forms
    after two days, offers of one tap after an hour or two, copies that signers asked for after a
    day, and after 30 days what marks crowds and what looked suspicious.
    """
    requests, _ = SignRequest.objects.expired(now=now).delete()
    slots, _ = MailSlot.objects.filter(at__lte=now - MAIL_SLOTS_LIVE).delete()
    offers, _ = Offer.objects.expired(now=now).delete()
    copies, _ = DataCopy.objects.expired(now=now).delete()
    hours, _ = MailHour.objects.filter(hour__lte=now - MAIL_SLOTS_LIVE).delete()
    away, _ = TurnedAway.objects.filter(hour__lte=now - MAIL_SLOTS_LIVE).delete()
    suspicions, _ = Suspicion.objects.expired(now=now).delete()
    crowds = Signature.objects.filter(crowd__isnull=False, confirmed_hour__lte=now - MARKS_LIVE)
    return (
        requests + slots + offers + copies + hours + away + suspicions + crowds.update(crowd=None)
    )
