"""A pause holds back letters: of one petition, to one office, or all of them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.models.office import Office
from petitions.models.petition import Petition

SHORTEST_REASON = 10


class PauseQuerySet(models.QuerySet["Pause"]):
    def of(self, petition: Petition) -> PauseQuerySet:
        """Those that hold back a petition's letters to every office."""
        return self.filter(models.Q(petition=petition) | models.Q(petition=None), office=None)


class Pause(models.Model):
    """It lasts as long as its row. Who began and ended it, and why, stands in the audit trail."""

    petition = models.ForeignKey(
        Petition, models.CASCADE, blank=True, null=True, verbose_name=_("petition")
    )
    office = models.ForeignKey(
        Office, models.CASCADE, blank=True, null=True, verbose_name=_("office")
    )
    reason = models.CharField(
        _("why"), max_length=500, validators=[MinLengthValidator(SHORTEST_REASON)]
    )
    since = models.DateTimeField(_("since"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, verbose_name=_("who")
    )

    objects = PauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pause of letters")
        verbose_name_plural = _("pauses of letters")
        ordering = ["since"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(petition=None) | models.Q(office=None),
                name="pause_of_one_thing",
                violation_error_message=_("Choose a petition or an office, or neither for all."),
            ),
            models.UniqueConstraint(
                fields=["petition", "office"],
                name="pause_once",
                nulls_distinct=False,
                violation_error_message=_("These letters are paused already."),
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def what(self) -> str:
        """Whose letters it holds back."""
        return str(self.petition or self.office or gettext("all letters"))
