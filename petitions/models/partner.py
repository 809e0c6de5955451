"""A partner passes our links on; its code, `?via=…`, lets us count what came of it."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CODE = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Partner(models.Model):
    """An organisation, never a person: a code of one's own would tell who followed the link."""

    code = models.CharField(
        _("code"),
        max_length=30,
        unique=True,
        validators=[RegexValidator(CODE, _("Use small Latin letters, digits and hyphens."))],
        help_text=_("The last part of its links: ?via=code. Small letters, digits and hyphens."),
    )
    name = models.CharField(
        _("name"), max_length=150, help_text=_("An organisation, never a single person.")
    )
    active = models.BooleanField(
        _("counts"), default=True, help_text=_("Untick to ignore its code from now on.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "code"]
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=CODE), name="partner_code_fits_a_link"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def signed_by_petition(self) -> list[tuple[str, int]]:
        """Each petition that it brought signatures to, by its slug, and how many stand today."""
        counted = self.signatures.filter(hold__isnull=True).order_by("petition__number")
        rows = counted.values_list("petition__slug")
        return list(rows.annotate(signed=models.Count("*")))
