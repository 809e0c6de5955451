"""A hold takes signatures out of the count, for as long as somebody doubts them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

SHORTEST_REASON = 10


class Hold(models.Model):
    """One decision over some signatures. It may last: nothing is erased by it."""

    class Why(models.TextChoices):
        BURST = "burst", _("too many in an hour")
        NETWORK = "network", _("a crowd from one network")
        THROW_AWAY = "throw_away", _("throw-away addresses")
        LOOK_ALIKE = "look_alike", _("addresses that look alike")
        NAMES = "names", _("names that look alike")
        OTHER = "other", _("another reason")

    why = models.CharField(_("why"), max_length=10, choices=Why)
    reason = models.CharField(
        _("in words"),
        max_length=500,
        validators=[MinLengthValidator(SHORTEST_REASON)],
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("who")
    )
    at = models.DateTimeField(_("since"), auto_now_add=True)
    taken = models.PositiveIntegerField(_("taken out"), default=0)

    class Meta:
        verbose_name = _("hold of signatures")
        verbose_name_plural = _("holds of signatures")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}, {self.get_why_display()}"
