"""A sign request is what a form leaves before its address is confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from petitions.models.clock import REQUEST_LIFE
from petitions.models.partner import Partner
from petitions.models.prepared import read_prepared, run_prepared
from petitions.models.signature import Visibility

LIFE = REQUEST_LIFE


_INSERT = """
    INSERT INTO petitions_signrequest (id, token_hash, withdraw_hash, created_hour, mail_due_at,
        language, country, partner_id, visibility, petition_ids, sig_boxes, mail_box, news_box,
        crowd, mail_tries, quarantined)
    VALUES (%(id)b, %(token_hash)b, %(withdraw_hash)b, %(created_hour)b, %(mail_due_at)b,
        %(language)s, %(country)s, %(partner_id)s, %(visibility)s, %(petition_ids)s::bigint[],
        {boxes}, %(mail_box)b, %(news_box)b, %(crowd)b, 0, false)
"""


@cache
def _insert(boxes: tuple[str, ...]) -> str:
    places = ", ".join(f"%({name})b" for name in boxes)
    return _INSERT.format(boxes=f"ARRAY[{places}]::bytea[]" if boxes else "NULL")


# Which petitions a link still counts for is said in words by PetitionQuerySet.confirmable.
_TAKE = """
    WITH taken AS (
        DELETE FROM petitions_signrequest
        WHERE token_hash = %(token_hash)b AND created_hour > %(since)b AND indexes IS NOT NULL
        RETURNING *
    )
    SELECT {columns}, (
        SELECT array_agg(ARRAY[petition.id::text, petition.state] ORDER BY petition.number)
        FROM petitions_petition AS petition
        WHERE petition.id = ANY(taken.petition_ids || taken.other_petition_ids)
            AND (petition.state = 'open'
                OR petition.state = 'closed' AND petition.closed_at > %(since)b)
    )
    FROM taken
"""


@dataclass(frozen=True)
class Taken:
    """A sign request, and the states of those petitions, by id in their order, that it may still
    sign, now or by a tap.
    """

    request: SignRequest
    states: dict[int, str]


class SignRequestQuerySet(models.QuerySet["SignRequest"]):
    def add(
        self, *, petition_ids: Sequence[int], sig_boxes: Sequence[bytes] | None, **columns: Any
    ) -> None:
        """One new row, and no model: the ORM takes longer to write it than PostgreSQL."""
        columns["petition_ids"] = f"{{{','.join(map(str, petition_ids))}}}"
        # A box is a parameter by itself: psycopg looks for the kind of a list in all that is in it.
        boxes = {f"sig_box_{number}": box for number, box in enumerate(sig_boxes or [])}
        run_prepared(_insert(tuple(boxes)), columns | boxes)

    def take(self, token_hash: bytes, *, now: datetime) -> Taken | None:
        """The one that a mailed link leads to, if any: it is gone when the transaction ends well.

        By one prepared statement, which also locks it, where the ORM needs three.
        """
        columns = [field.attname for field in self.model._meta.concrete_fields]  # noqa: SLF001 - Django documents it
        statement = _TAKE.format(columns=", ".join(columns))
        rows = read_prepared(statement, {"token_hash": token_hash, "since": now - LIFE})
        if not rows:
            return None
        *row, states = rows[0]
        request = self.model.from_db(self.db, columns, row)
        return Taken(request, {int(petition_id): state for petition_id, state in states or []})

    def alive(self, *, now: datetime) -> SignRequestQuerySet:
        return self.filter(created_hour__gt=now - LIFE)

    def expired(self, *, now: datetime) -> SignRequestQuerySet:
        return self.filter(created_hour__lte=now - LIFE)

    def mailed(self) -> SignRequestQuerySet:
        """Those that wait for their signer."""
        return self.filter(mail_due_at__isnull=True)

    def refused(self, *, tries: int) -> SignRequestQuerySet:
        """Those whose mail the relay has not taken in so many tries: each puts off when it is due."""
        return self.filter(mail_due_at__isnull=False, mail_tries__gte=tries)

    def waiting_for_mail(self, *, now: datetime) -> SignRequestQuerySet:
        return self.filter(mail_due_at__lte=now).order_by("mail_due_at")


class SignRequest(models.Model):
    """One form's wish to sign one or several petitions.

    The lists run side by side: `sig_boxes[i]`, `indexes[i]` and `look_alikes[i]` belong to
    `petition_ids[i]`. The web process writes the boxes; the mailer opens `mail_box`, writes the
    indexes, sends the mail and empties `mail_box` and `mail_due_at`. It writes the indexes of the
    other open petitions too, side by side with `other_petition_ids`: nobody will know the address
    when they are offered after the confirmation.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    token_hash = models.BinaryField(unique=True, max_length=32)
    withdraw_hash = models.BinaryField(unique=True, max_length=32)
    created_hour = models.DateTimeField(db_index=True)
    language = models.CharField(max_length=8)
    country = CountryField()
    visibility = models.CharField(max_length=9, choices=Visibility)
    partner = models.ForeignKey(
        Partner, models.PROTECT, null=True, related_name="sign_requests", db_index=False
    )
    petition_ids = ArrayField(models.BigIntegerField())
    sig_boxes = ArrayField(models.BinaryField(), null=True)
    mail_box = models.BinaryField(null=True)
    news_box = models.BinaryField(null=True)

    indexes = ArrayField(models.BinaryField(), null=True)
    look_alikes = ArrayField(models.BinaryField(), null=True)
    other_petition_ids = ArrayField(models.BigIntegerField(), null=True)
    other_indexes = ArrayField(models.BinaryField(), null=True)
    other_look_alikes = ArrayField(models.BinaryField(), null=True)
    news_index = models.BinaryField(null=True)
    mail_due_at = models.DateTimeField(null=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    quarantined = models.BooleanField(default=False)
    disposable = models.BooleanField(default=False, db_default=False)
    crowd = models.BinaryField(max_length=8, null=True)

    objects = SignRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign request")
        verbose_name_plural = _("sign requests")
        indexes = [
            models.Index(
                fields=["mail_due_at"],
                name="sign_request_mail_due",
                condition=models.Q(mail_due_at__isnull=False),
            ),
            models.Index(
                fields=["created_hour"],
                name="sign_request_mailed",
                condition=models.Q(mail_due_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sig_boxes__isnull=True)
                | ~models.Q(visibility=Visibility.WITHHELD),
                name="sign_request_withheld_keeps_no_details",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def expires_at(self) -> datetime:
        return self.created_hour + LIFE


class MailSlot(models.Model):
    """A mail to one address that was sent or is booked, so that nobody can be flooded.

    `address_key` is a keyed hash that only the mailer can compute; rows live for two days.
    """

    address_key = models.BinaryField(max_length=32)
    petition_ids = ArrayField(models.BigIntegerField())
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["address_key", "at"], name="mail_slot_of_address")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class MailHourQuerySet(models.QuerySet["MailHour"]):
    def mails_since(self, moment: datetime) -> int:
        """To all domains together."""
        total: int = self.filter(hour__gt=moment).aggregate(total=models.Sum("mails", default=0))[
            "total"
        ]
        return total


class MailHour(models.Model):
    """How many mails to one domain were sent or are booked in an hour.

    `domain_key` is a keyed hash that only the mailer can compute; rows live for two days.
    """

    domain_key = models.BinaryField(max_length=32)
    hour = models.DateTimeField(db_index=True)
    mails = models.PositiveIntegerField(default=0)

    objects = MailHourQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain_key", "hour"], name="mail_hour_of_domain")
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}: {self.mails}"
