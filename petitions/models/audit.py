"""Who of the organizers read what, and why."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    class Action(models.TextChoices):
        EXPORT = "export", _("exported signatures")
        SEARCH = "search", _("searched for an address")
        READ = "read", _("read a signer's details")
        PUBLISH = "publish", _("showed names on the site")
        APPROVE = "approve", _("approved letters")
        PAUSE = "pause", _("paused letters")
        RESUME = "resume", _("resumed letters")
        TELL = "tell", _("told subscribers of an answer")

    at = models.DateTimeField(_("time"), auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("who"))
    action = models.CharField(_("what"), max_length=10, choices=Action)
    selection = models.TextField(_("which"), blank=True)
    count = models.PositiveIntegerField(_("how many"))
    reason = models.TextField(_("why"), blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.user}: {self.get_action_display()}"
