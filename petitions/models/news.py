"""Who asked for news. The address stays sealed to the mailer."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class NewsSubscriber(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    index = models.BinaryField(max_length=32, unique=True)
    mail_box = models.BinaryField()
    language = models.CharField(_("language"), max_length=8)
    consent_version = models.CharField(_("consent text"), max_length=10)
    confirmed_hour = models.DateTimeField(_("confirmed (hour)"))

    class Meta:
        verbose_name = _("news subscriber")
        verbose_name_plural = _("news subscribers")

    def __str__(self) -> str:
        return str(self.id)


def news_subscriber_id(request_id: uuid.UUID) -> uuid.UUID:
    """The id of the subscriber that a sign request leads to; its box is bound to it."""
    return uuid.uuid5(request_id, "news")
