"""What looks as if few people signed as many: groups of signatures, never persons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.petition import Petition
from petitions.models.signature import Signature

if TYPE_CHECKING:
    from datetime import datetime

    from petitions.models.signature import SignatureQuerySet

LIFE = timedelta(days=30)


class SuspicionQuerySet(models.QuerySet["Suspicion"]):
    def open(self) -> SuspicionQuerySet:
        return self.filter(settled_at=None)

    def expired(self, *, now: datetime) -> SuspicionQuerySet:
        return self.filter(hour__lte=now - LIFE)


class Suspicion(models.Model):
    """One petition's hour, or a network's mark under it; see signatures/suspicions.py."""

    class Kind(models.TextChoices):
        BURST = "burst", _("many times more than usual in an hour")
        NETWORK = "network", _("a crowd from one network")
        THROW_AWAY = "throw_away", _("many throw-away addresses in an hour")

    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    petition = models.ForeignKey(Petition, models.CASCADE, verbose_name=_("petition"))
    hour = models.DateTimeField(_("hour"))
    mark = models.BinaryField(max_length=8, default=b"")
    count = models.PositiveIntegerField(_("signatures"))
    usual = models.PositiveIntegerField(_("usual"), null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    settled_count = models.PositiveIntegerField(default=0, db_default=0)
    """How many there were that nobody minded; twice as many open it again."""

    objects = SuspicionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspicion")
        verbose_name_plural = _("suspicious patterns")
        ordering = ["-hour", "kind", "petition"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "petition", "hour", "mark"], name="suspicion_once"
            )
        ]

    def __str__(self) -> str:
        mark = f" {bytes(self.mark).hex()[:4]}" if self.mark else ""
        return f"{self.petition}, {self.hour:%Y-%m-%d %H:%M}: {self.get_kind_display()}{mark}"

    def narrow(self, signatures: SignatureQuerySet) -> SignatureQuerySet:
        """Of these signatures those that it is about."""
        of_petition = signatures.filter(petition=self.petition_id)
        if self.kind == self.Kind.NETWORK:
            return of_petition.filter(crowd=bytes(self.mark))
        in_hour = of_petition.filter(confirmed_hour=self.hour)
        return in_hour.filter(disposable=True) if self.kind == self.Kind.THROW_AWAY else in_hour

    @property
    def signatures(self) -> SignatureQuerySet:
        return self.narrow(Signature.objects.all())


class SignedHour(models.Model):
    """How many signed a petition in an hour; it is what tells a burst from a good day."""

    petition = models.ForeignKey(Petition, models.CASCADE, db_index=False)
    hour = models.DateTimeField()
    signed = models.PositiveIntegerField()
    throw_away = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["petition", "hour"], name="signed_hour_once")
        ]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.hour:%Y-%m-%d %H:00}: {self.signed}"
