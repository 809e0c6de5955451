"""What erases itself when its time is over."""

from datetime import datetime, timedelta

from petitions.models import (
    DataCopy,
    Erasure,
    MailHour,
    MailSlot,
    Offer,
    SignRequest,
    Tombstone,
    TurnedAway,
)

MAIL_SLOTS_LIVE = timedelta(days=2)


def erase_what_is_due(*, now: datetime) -> int:
    """Erase unconfirmed sign requests after 72 hours, booked mails and what counts mails and forms
    after two days, offers of one tap after an hour or two, and copies that signers asked for after
    a day.
    """
    requests, _ = SignRequest.objects.expired(now=now).delete()
    slots, _ = MailSlot.objects.filter(at__lte=now - MAIL_SLOTS_LIVE).delete()
    offers, _ = Offer.objects.expired(now=now).delete()
    copies, _ = DataCopy.objects.expired(now=now).delete()
    hours, _ = MailHour.objects.filter(hour__lte=now - MAIL_SLOTS_LIVE).delete()
    away, _ = TurnedAway.objects.filter(hour__lte=now - MAIL_SLOTS_LIVE).delete()
    Tombstone.objects.expired(now=now).delete()
    erased = {
        Erasure.Rule.REQUESTS: requests,
        Erasure.Rule.OFFERS: offers,
        Erasure.Rule.COPIES: copies,
        Erasure.Rule.FLOODS: slots + hours + away,
    }
    return Erasure.objects.note(erased, now=now)
