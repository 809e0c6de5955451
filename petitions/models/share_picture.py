"""What social networks show beside a link: a picture for each language of a petition and of the
home page, drawn beforehand.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.models.page import Page
from petitions.models.petition import Petition
from petitions.models.petition_text import PetitionText


class SharePictureQuerySet(models.QuerySet["SharePicture"]):
    def of(self, text: PetitionText) -> SharePictureQuerySet:
        """The picture with a petition's words in their language; the PNG is left in its place."""
        return self.filter(petition=text.petition_id, language=text.language).defer("png")

    def of_home(self, page: Page) -> SharePictureQuerySet:
        """The picture with the home page's words in their language."""
        return self.filter(petition__isnull=True, language=page.language).defer("png")


class SharePicture(models.Model):
    """Drawn by the deliverer (petitions/pictures/); the public web only hands it out.

    One without a petition is the home page's.
    """

    petition = models.ForeignKey(
        Petition, models.CASCADE, null=True, related_name="pictures", verbose_name=_("petition")
    )
    language = models.CharField(_("language"), max_length=8)
    count = models.PositiveIntegerField(_("signatures that it shows"))
    fingerprint = models.CharField(
        max_length=32, help_text=_("Of all its words but the count, and of its design.")
    )
    png = models.BinaryField()
    drawn_at = models.DateTimeField(_("drawn"))

    objects = SharePictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("share picture")
        verbose_name_plural = _("share pictures")
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "language"],
                name="share_picture_once_per_language",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.petition_id or 'home'} {self.language}: {self.count}"

    @property
    def version(self) -> str:
        """Changes whenever the picture does; stands in its address, so that caches notice."""
        return f"{self.count}-{self.fingerprint[:8]}"
