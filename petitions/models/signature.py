"""A signature is a confirmed one: one person, one petition."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from petitions.models.batch import Batch
from petitions.models.imports import Import
from petitions.models.partner import Partner
from petitions.models.petition import Petition
from petitions.models.sealed import Details

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Visibility(models.TextChoices):
    """Who gets to see a signer's name; the signer's choice."""

    PUBLIC = "public", _("public")
    OFFICIALS = "officials", _("officials only")
    WITHHELD = "withheld", _("withheld")


class Source(models.TextChoices):
    """Which way a signature came."""

    SITE = "site", _("this site")
    PAPER = "paper", _("on paper")


class SignatureQuerySet(models.QuerySet["Signature"]):
    def not_in_batch(self) -> SignatureQuerySet:
        return self.filter(batch__isnull=True)

    def ready_for_batch(self) -> SignatureQuerySet:
        """Those that the next letter takes: one whose details are on their way comes later."""
        return self.not_in_batch().filter(carried__isnull=True)

    def confirmed_since(self, hour: datetime) -> SignatureQuerySet:
        return self.filter(confirmed_hour__gte=hour)

    def with_indexes(self, indexes: Iterable[bytes]) -> SignatureQuerySet:
        return self.filter(index__in=list(indexes))

    def named_in_public(self) -> SignatureQuerySet:
        """Those whose name an organizer has shown on the site, newest first."""
        return self.exclude(public_name="").order_by("-confirmed_hour", "id")

    def newest_names(self, most: int) -> list[Signature]:
        """Of `named_in_public`, each name of a country once: many sign several petitions."""
        recent = self.named_in_public().only("public_name", "country")[: 5 * most]
        people = {(each.public_name, each.country.code): each for each in reversed(recent)}
        return list(reversed(people.values()))[:most]

    def with_look_alikes(self) -> SignatureQuerySet:
        """Those whose address looks like another signer's of the same petition."""
        others = Signature.objects.filter(
            petition=models.OuterRef("petition"), look_alike=models.OuterRef("look_alike")
        ).exclude(pk=models.OuterRef("pk"))
        return self.filter(models.Exists(others))


class Signature(models.Model):
    id = models.UUIDField(_("reference"), primary_key=True, default=uuid.uuid4)
    petition = models.ForeignKey(
        Petition,
        models.PROTECT,
        related_name="signatures",
        verbose_name=_("petition"),
        db_index=False,  # the unique constraint's index begins with it
    )
    index = models.BinaryField(max_length=32, null=True)
    look_alike = models.BinaryField(max_length=32, null=True)
    sig_box = models.BinaryField(null=True)
    country = CountryField(_("country"))
    visibility = models.CharField(_("visibility"), max_length=9, choices=Visibility)
    public_name = models.CharField(
        _("name on the site"),
        max_length=100,
        blank=True,
        help_text=_("Shown to everybody; only for signers who chose “public”."),
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    consent_version = models.CharField(_("consent text"), max_length=10)
    confirmed_hour = models.DateTimeField(_("confirmed (hour)"))
    batch = models.ForeignKey(
        Batch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("batch"),
    )
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("partner"),
        db_index=False,  # few signatures have one: see the index below
    )
    quarantined = models.BooleanField(
        _("quarantined"), default=False, help_text=_("Its sealed details did not open.")
    )
    disposable = models.BooleanField(
        _("throw-away address"),
        default=False,
        db_default=False,
        help_text=_("People at risk use such addresses, and so do those who sign many times."),
    )

    source = models.CharField(
        _("source"), max_length=5, choices=Source, default=Source.SITE, db_default=Source.SITE
    )
    imported = models.ForeignKey(
        Import,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("import"),
        db_index=False,  # few signatures have one: see the index below
    )

    objects = SignatureQuerySet.as_manager()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["-confirmed_hour", "id"]
        permissions = [
            ("read_details", _("Can read and search for signers")),
            ("export_signature", _("Can export signatures")),
            ("publish_name", _("Can show signers' names on the site")),
            ("import_signature", _("Can import signatures from paper")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "index"], name="signature_once_per_petition"
            ),
            models.CheckConstraint(
                condition=models.Q(sig_box__isnull=True)
                | ~models.Q(visibility=Visibility.WITHHELD),
                name="signature_withheld_keeps_no_details",
            ),
            models.CheckConstraint(
                condition=models.Q(public_name="") | models.Q(visibility=Visibility.PUBLIC),
                name="signature_name_shown_only_if_public",
            ),
            models.CheckConstraint(
                condition=models.Q(source="site") ^ models.Q(imported__isnull=False),
                name="signature_from_paper_has_its_import",
            ),
        ]
        indexes = [
            models.Index(
                fields=["petition"],
                name="signature_not_in_batch",
                condition=models.Q(batch__isnull=True),
            ),
            models.Index(fields=["petition", "look_alike"], name="signature_look_alike"),
            models.Index(
                fields=["petition", "-confirmed_hour", "id"],
                name="signature_named_in_public",
                condition=~models.Q(public_name=""),
            ),
            models.Index(fields=["-confirmed_hour", "id"], name="signature_by_hour"),
            models.Index(
                fields=["partner", "petition"],
                name="signature_of_partner",
                condition=models.Q(partner__isnull=False),
            ),
            models.Index(
                fields=["imported"],
                name="signature_of_import",
                condition=models.Q(imported__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def open_details(self) -> Details | None:
        """The signer's name, postcode and comment; None where they chose to be counted only.

        Raises:
            CannotOpen: the box is damaged, or its key is not here.
        """
        if self.sig_box is None:
            return None
        return Details.open(bytes(self.sig_box), petition_id=self.petition_id, signature_id=self.id)


def signature_id(request_id: uuid.UUID, petition_id: int) -> uuid.UUID:
    """The id of the signature that a sign request leads to for one petition.

    It is fixed when the form is sealed, so that a box is bound to its row; and the two can't be
    told to belong together once the request is gone.
    """
    return uuid.uuid5(request_id, str(petition_id))
