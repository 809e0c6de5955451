"""A batch is what one round of letters carries: closed once, numbered, never changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.petition import Petition


class BatchQuerySet(models.QuerySet["Batch"]):
    def with_progress(self) -> BatchQuerySet:
        """With `offices`, to which its letter goes, and `reached`, to which it has gone."""
        sent = models.Q(deliveries__state="sent")
        return self.annotate(
            offices=models.Count("deliveries"), reached=models.Count("deliveries", filter=sent)
        )

    def newest_of(self, petition: Petition) -> Batch | None:
        """With its progress; that of all others need not be counted for it."""
        newest = Batch.objects.filter(petition=petition)[:1]
        return self.with_progress().filter(pk__in=newest).first()


class Batch(models.Model):
    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="batches", verbose_name=_("petition")
    )
    number = models.PositiveIntegerField(_("number"))
    size = models.PositiveIntegerField(_("signatures when closed"))
    closed_at = models.DateTimeField(_("closed"))
    head = models.ForeignKey(
        "Head",
        models.PROTECT,
        null=True,
        related_name="batches",
        verbose_name=_("head of the public log"),
    )
    """The first that has all its signatures, and says so; its letters wait for it."""
    places = models.TextField(default="", db_default="")
    """Where its signatures stand in the log, as five_asks_verify/entries.py writes it."""

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-closed_at", "petition"]
        constraints = [
            models.UniqueConstraint(fields=["petition", "number"], name="batch_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.petition.slug} {self.number}"
