from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from petitions.vault import Purpose
from petitions.vault.boxes import header

Row = Any
SealAgain = Callable[[], None]


@dataclass(frozen=True)
class Shelf:
    """Where boxes of one purpose lie: one or several columns of one table, each with a box or, where
    `is_array`, with a list of them.

    `open` opens all of a row's boxes; what it returns seals them again, to the active key.
    """

    name: str
    model: type[models.Model]
    purpose: Purpose
    columns: tuple[str, ...]
    open: Callable[[Row], SealAgain]
    is_array: bool = False

    def everything(self) -> models.QuerySet[Row]:
        rows: models.QuerySet[Row] = self.model._default_manager.order_by("pk")  # noqa: SLF001 - Django's documented name
        return rows

    def rows(self) -> models.QuerySet[Row]:
        """The rows that hold a box, with the `headers` of what they hold."""
        rows: models.QuerySet[Row] = self.everything().annotate(headers=_Headers(self._boxes))
        return rows.filter(headers__isnull=False)

    def rows_of(self, epochs: Collection[str]) -> models.QuerySet[Row]:
        """The rows whose boxes are all of these epochs."""
        return self.rows().filter(headers__contained_by=[header(each).hex() for each in epochs])

    @property
    def _boxes(self) -> models.F | models.Func:
        return models.F(*self.columns) if self.is_array else _Array(*self.columns)


class _Headers(models.Func):
    """The different first 9 bytes, in hexadecimal, of a row's boxes; NULL where it has none."""

    template = (
        "(SELECT array_agg(DISTINCT encode(substring(box FROM 1 FOR 9), 'hex'))"
        " FROM unnest(%(expressions)s) AS box WHERE box IS NOT NULL)"
    )
    output_field = ArrayField(models.TextField())


class _Array(models.Func):
    template = "ARRAY[%(expressions)s]"
    output_field = ArrayField(models.BinaryField())
