"""A mail that came back to a letter: a bounce, an automatic reply, or what a person wrote."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.delivery import Delivery
from petitions.models.sealed import ReturnedMail


class ReturnedQuerySet(models.QuerySet["Returned"]):
    def unmatched(self) -> ReturnedQuerySet:
        return self.filter(delivery=None)

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
    # Of the whole mail: one that is piped in twice is filed once.
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
