"""A mail that came back to a letter: a bounce, an automatic reply, or what a person wrote."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from petitions.models.clock import this_hour
from petitions.models.delivery import Delivery
from petitions.models.sealed import ReturnedMail

KEPT_FOR = timedelta(days=180)
UNMATCHED_KEPT_FOR = timedelta(days=30)
# More than organizers will read; what comes then is counted.
MOST_UNMATCHED = 1000
MOST_OF_ONE_LETTER = 200
MAILBOX = 1


class ReturnedQuerySet(models.QuerySet["Returned"]):
    def unmatched(self) -> ReturnedQuerySet:
        return self.filter(delivery=None)

    def expired(self, *, now: datetime) -> ReturnedQuerySet:
        old = models.Q(received_hour__lte=now - KEPT_FOR)
        old_and_unmatched = models.Q(delivery=None, received_hour__lte=now - UNMATCHED_KEPT_FOR)
        return self.filter(old | old_and_unmatched)

    def are_enough(self, kind: Returned.Kind, *, of: Delivery | None) -> bool:
        """Whether so many of a kind came back, to this letter or to none, that no more is kept.

        Each kind by itself: no flood of answers hides a bounce.
        """
        most = MOST_OF_ONE_LETTER if of else MOST_UNMATCHED
        return self.filter(kind=kind, delivery=of).count() >= most

    def not_entered(self) -> ReturnedQuerySet:
        """What offices wrote to letters for which nobody has entered an answer yet."""
        return self.filter(
            kind=Returned.Kind.ANSWER, delivery__isnull=False, delivery__answers=None
        )


class Returned(models.Model):
    """What was written is sealed; what a mail server says about an office's address is not
    (docs/decisions/0017-what-comes-back-is-sealed.md)."""

    class Kind(models.TextChoices):
        HARD = "hard", _("undeliverable")
        SOFT = "soft", _("delayed")
        SPAM = "spam", _("reported as spam")
        AUTO = "auto", _("automatic reply")
        ANSWER = "answer", _("written by a person")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    delivery = models.ForeignKey(
        Delivery, models.PROTECT, null=True, related_name="returned", verbose_name=_("letter")
    )
    received_hour = models.DateTimeField(_("received (hour)"), db_index=True)
    status = models.CharField(_("status code"), max_length=11, blank=True)
    words = models.TextField(_("the mail server's words"), blank=True)
    box = models.BinaryField()
    # Of what is kept: a mail that comes twice, or in two ways, is filed once.
    fingerprint = models.BinaryField(max_length=32)

    objects = ReturnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("returned mail")
        verbose_name_plural = _("returned mails")
        ordering = ["-received_hour", "id"]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], name="returned_mail_filed_once")
        ]

    def __str__(self) -> str:
        return f"{self.received_hour:%Y-%m-%d %H:00} {self.get_kind_display()}"

    def open_mail(self) -> ReturnedMail:
        """Raises `CannotOpen` where the box is not this row's."""
        return ReturnedMail.open(bytes(self.box), returned_id=self.pk)


class NotFiledQuerySet(models.QuerySet["NotFiled"]):
    def add(self, *, now: datetime) -> None:
        """Count one more. Call it last in its transaction: the row stays locked until it ends."""
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO petitions_notfiled AS counted (hour, mails)
                   VALUES (%s, 1)
                   ON CONFLICT ON CONSTRAINT not_filed_once_an_hour
                   DO UPDATE SET mails = counted.mails + 1""",
                [this_hour(now)],
            )

    def mails(self) -> int:
        total: int = self.aggregate(total=models.Sum("mails", default=0))["total"]
        return total


class NotFiled(models.Model):
    """How many mails of one hour were not kept: too many came, or they were none."""

    hour = models.DateTimeField()
    mails = models.PositiveIntegerField()

    objects = NotFiledQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour"], name="not_filed_once_an_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}: {self.mails}"


class MailboxLook(models.Model):
    """How the last look into the IMAP folder went. One row, since there is one folder."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=MAILBOX, editable=False)
    # Mails that could not be filed and lie there, flagged.
    left = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=MAILBOX), name="one_mailbox")]

    def __str__(self) -> str:
        return f"{self.left} left"
