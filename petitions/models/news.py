"""Who asked for news, what they hear of, and the mails that are still to go out.

The address stays sealed to the mailer.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.answer import Answer
from petitions.models.news_letter import NewsLetter


class NewsSubscriber(models.Model):
    """Who asked for news.

    `petition_ids` and `country` are of the forms that asked for it; rows from before these were
    kept have neither, and hear only what goes to everybody. No signature is linked to a row, so
    nothing shrinks when a signature is withdrawn.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    index = models.BinaryField(max_length=32, unique=True)
    mail_box = models.BinaryField()
    language = models.CharField(_("language"), max_length=8)
    petition_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    country = models.CharField(_("country"), max_length=2, blank=True, default="", db_default="")
    consent_version = models.CharField(_("consent text"), max_length=10)
    # The day's first one, so that it tells less of whose signatures came with it.
    confirmed_hour = models.DateTimeField(_("confirmed (hour)"))
    # How many mails in a row were refused because there is no such mailbox.
    refusals = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("news subscriber")
        verbose_name_plural = _("news subscribers")

    def __str__(self) -> str:
        return str(self.id)


def news_subscriber_id(request_id: uuid.UUID) -> uuid.UUID:
    """The id of the subscriber that a sign request leads to; its box is bound to it."""
    return uuid.uuid5(request_id, "news")


class NewsItem(models.Model):
    """Something that subscribers hear of once: an office's answer, or organizers' own words.

    `sent` and `failed` are counted here, since a delivery that is done is erased; so are the
    subscriptions that `ended` because their mailbox is gone. Who ended the news meanwhile is in
    `recipients` only.
    """

    class State(models.TextChoices):
        GOING = "going", _("going out")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")

    answer = models.OneToOneField(
        Answer, models.PROTECT, null=True, related_name="news", verbose_name=_("answer")
    )
    letter = models.OneToOneField(
        NewsLetter, models.PROTECT, null=True, related_name="news", verbose_name=_("own words")
    )
    state = models.CharField(
        _("state"), max_length=8, choices=State, default=State.GOING, db_default=State.GOING
    )
    told_at = models.DateTimeField(_("told"))
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who")
    )
    # Mails are tried for some days from here on, if there was a pause.
    resumed_at = models.DateTimeField(null=True)
    recipients = models.PositiveIntegerField(_("recipients"))
    sent = models.PositiveIntegerField(_("sent"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    ended = models.PositiveIntegerField(_("mailbox gone"), default=0, db_default=0)

    class Meta:
        verbose_name = _("news item")
        verbose_name_plural = _("news")
        ordering = ["-told_at"]
        permissions = [("tell_subscribers", _("Can tell subscribers of an answer"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answer__isnull=True) ^ models.Q(letter__isnull=True),
                name="news_item_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return str(self.answer or self.letter)

    @property
    def going_since(self) -> datetime:
        return self.resumed_at or self.told_at


class NewsDeliveryQuerySet(models.QuerySet["NewsDelivery"]):
    def due(self, *, now: datetime) -> NewsDeliveryQuerySet:
        ready = self.filter(state=NewsDelivery.State.READY, due_at__lte=now)
        return ready.may_go().order_by("due_at", "id")

    def may_go(self) -> NewsDeliveryQuerySet:
        """Those of items that go out; to hide an answer holds back what has not.

        It asks by a delivery's own column, for the reason that `Delivery.may_go` gives.
        """
        public = models.Q(answer__isnull=True) | models.Q(answer__public=True)
        going = NewsItem.objects.filter(
            public, pk=models.OuterRef("item_id"), state=NewsItem.State.GOING
        )
        return self.filter(models.Exists(going))


class NewsDelivery(models.Model):
    """One news item that is on its way to one subscriber.

    It moves as a letter's `Delivery` does, held by its fence; once sent or given up it is erased,
    so that nothing tells who was written to and when (docs/decisions/0020-news-of-answers.md).
    """

    class State(models.TextChoices):
        READY = "ready", _("ready")
        SENDING = "sending", _("sending")
        COMMITTING = "committing", _("handing over")
        UNCERTAIN = "uncertain", _("uncertain")

    item = models.ForeignKey(NewsItem, models.CASCADE, related_name="deliveries", db_index=False)
    subscriber = models.ForeignKey(NewsSubscriber, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0, db_default=0)
    fence = models.PositiveIntegerField(default=0, db_default=0)
    lease_until = models.DateTimeField(null=True)
    # As in a letter's delivery: the relay is asked about what it took since.
    committed_at = models.DateTimeField(null=True)
    # Whether its domain's hour has a place for it: see news/pace.py.
    booked = models.BooleanField(default=False, db_default=False)

    objects = NewsDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery of news")
        verbose_name_plural = _("deliveries of news")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "subscriber"], name="news_delivery_once_per_subscriber"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="news_delivery_due",
                condition=models.Q(state="ready"),
            ),
            models.Index(
                fields=["lease_until"],
                name="news_delivery_lease",
                condition=models.Q(lease_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.subscriber_id}"
