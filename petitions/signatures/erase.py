"""What erases itself when its time is over."""

from datetime import datetime, timedelta

from petitions.models import (
    DataCopy,
    Erasure,
    MailHour,
    MailSlot,
    Offer,
    Signature,
    SignRequest,
    Suspicion,
    Tombstone,
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
    Tombstone.objects.expired(now=now).delete()
    erased = {
        Erasure.Rule.REQUESTS: requests,
        Erasure.Rule.OFFERS: offers,
        Erasure.Rule.COPIES: copies,
        Erasure.Rule.FLOODS: slots + hours + away,
        Erasure.Rule.CROWDS: suspicions + crowds.update(crowd=None),
    }
    return Erasure.objects.note(erased, now=now)
