"""All that is stored of one person, and erasing it, for whoever asks under the GDPR.

A person is found by their address, or where its marks are gone by one signature's reference. Nothing
here keeps which rows are one person's.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction

from petitions.models import MailSlot, NewsSubscriber, Petition, Signature, SignRequest
from petitions.models.signature import SignatureQuerySet
from petitions.signatures.addresses import mail_key, news_index, signature_index
from petitions.signatures.links import erase_subscribers
from petitions.signatures.withdraw import erase_requests, erase_signatures


@dataclass(frozen=True)
class Subject:
    """Whom it is about: an address that somebody typed, or one signature. One of the two."""

    address: str = ""
    reference: uuid.UUID | None = None


@dataclass(frozen=True)
class Person:
    signatures: list[Signature]
    requests: list[SignRequest]
    subscriber: NewsSubscriber | None = None
    mails: Collection[datetime] = ()
    """When confirmation mails went to them, or will; of two days."""

    def __bool__(self) -> bool:
        return bool(self.signatures or self.requests or self.subscriber or self.mails)


@dataclass(frozen=True)
class Gone:
    """How much of a person was erased."""

    signatures: int
    delivered: int
    requests: int
    news: bool

    @property
    def count(self) -> int:
        return self.signatures + self.requests + self.news


def find(subject: Subject) -> Person:
    """Everything that leads from the subject, and nothing of anybody else."""
    signatures = list(signatures_of(subject).select_related("petition", "batch", "carried"))
    if not subject.address:
        return Person(signatures, [])
    slots = MailSlot.objects.filter(address_key=mail_key(subject.address)).order_by("at")
    return Person(
        signatures,
        list(_requests_of(subject.address)),
        _subscribers_of(subject.address).first(),
        list(slots.values_list("at", flat=True)),
    )


def signatures_of(subject: Subject) -> SignatureQuerySet:
    """In the order of petitions, in which they are locked everywhere."""
    if subject.reference is not None:
        return Signature.objects.filter(pk=subject.reference).order_by("petition_id")
    indexes = _indexes_of(subject.address)
    # The petitions are named as well, since the database's index begins with them.
    found = Signature.objects.with_indexes(indexes.values()).filter(petition__in=list(indexes))
    return found.order_by("petition_id")


def lock_signatures(subject: Subject) -> list[Signature]:
    """Until the transaction ends; as withdrawing does it (links.py)."""
    locked = signatures_of(subject).select_related("petition").select_for_update(of=("self",))
    return list(locked)


@transaction.atomic
def erase_person(subject: Subject, *, now: datetime) -> Gone:
    """Erase all that leads from the subject; offices that have a name are asked to delete it.

    What was signed is locked in the order of a confirmation and of a withdrawal: requests,
    signatures, news, then the tally. So whoever confirms or leaves at once is counted once.
    """
    requests = _erase_requests(subject.address, now=now) if subject.address else 0
    signatures = lock_signatures(subject)
    news = bool(subject.address) and _end_news(subject.address)
    erase_signatures(signatures, now=now)
    delivered = sum(each.batch_id is not None for each in signatures)
    return Gone(len(signatures), delivered, requests, news)


def unread_requests() -> int:
    """Those whose address the mailer has not looked at yet: nobody can tell whose they are."""
    return SignRequest.objects.filter(indexes=None).count()


def _erase_requests(address: str, *, now: datetime) -> int:
    locked = _requests_of(address).order_by("pk").select_for_update()
    ids = list(locked.values_list("pk", flat=True))
    erase_requests(ids, now=now)
    return len(ids)


def _end_news(address: str) -> bool:
    locked = _subscribers_of(address).select_for_update()
    return erase_subscribers(list(locked.values_list("pk", flat=True)))


def _requests_of(address: str) -> models.QuerySet[SignRequest]:
    marks = list(_indexes_of(address).values())
    array = models.Value(marks, output_field=ArrayField(models.BinaryField()))
    return SignRequest.objects.filter(indexes__overlap=array).order_by("pk")


def _subscribers_of(address: str) -> models.QuerySet[NewsSubscriber]:
    return NewsSubscriber.objects.filter(index=news_index(address))


def _indexes_of(address: str) -> dict[int, bytes]:
    petitions = Petition.objects.values_list("pk", flat=True)
    return {petition_id: signature_index(petition_id, address) for petition_id in petitions}
