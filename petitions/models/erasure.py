"""What erased itself: by rule and day, how many. Nothing tells whose it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def note(self, erased: Mapping[Erasure.Rule, int], *, now: datetime) -> int:
        """Count what was erased just now to its rules, and say how many rows that were."""
        rows = [
            (rule, now.astimezone(UTC).date(), count) for rule, count in erased.items() if count
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO petitions_erasure AS erasure (rule, day, count)
                   VALUES (%s, %s, %s)
                   ON CONFLICT ON CONSTRAINT erasure_once_a_day
                   DO UPDATE SET count = erasure.count + excluded.count""",
                rows,
            )
        return sum(erased.values())

    def last_by_rule(self) -> dict[str, Erasure]:
        return {each.rule: each for each in self.order_by("rule", "-day").distinct("rule")}


class Erasure(models.Model):
    class Rule(models.TextChoices):
        REQUESTS = "requests", _("Sign requests that were not confirmed")
        OFFERS = "offers", _("Buttons that sign further petitions")
        COPIES = "copies", _("Copies of their data that signers asked for")
        FLOODS = "floods", _("Marks and counters against floods of mail")
        CROWDS = "crowds", _("Marks of crowds and what looked suspicious")
        MARKS = "marks", _("Marks of signers’ addresses")
        DETAILS = "details", _("Names, postcodes and comments")
        RETURNED = "returned", _("Mails that came back from offices")
        FILES = "files", _("Files that offices download")
        PAGES = "pages", _("Offices’ pages")
        EXPORTS = "exports", _("Files that organizers ordered")
        IMPORTS = "imports", _("Lines of sheets that nobody imported")

    rule = models.CharField(_("what"), max_length=8, choices=Rule)
    day = models.DateField(_("day"))
    count = models.PositiveBigIntegerField(_("how many"))

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [models.UniqueConstraint(fields=["rule", "day"], name="erasure_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.rule}: {self.count}"
