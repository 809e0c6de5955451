"""What a dry run says of each line; the lines wait sealed until somebody says yes or no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.imports.sheet import Row
from petitions.models import Erasure, Import


class Verdict(models.TextChoices):
    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    SAME = "same", _("unchanged")
    DUPLICATE = "duplicate", _("there already")
    DOUBTFUL = "doubtful", _("doubtful")
    BAD = "bad", _("bad")


@dataclass(frozen=True, kw_only=True)
class Line:
    """`values` are what would be stored; `typed` is what a bad line holds, for its mending."""

    number: int
    verdict: str
    problems: list[tuple[str, str]] = field(default_factory=list)
    """A column's name, and what there is to say, in the organizer's language."""
    values: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] | None = None
    """What stood there when it was checked, of those values that would change."""
    typed: dict[str, str] = field(default_factory=dict)


class IsOver(Exception):
    """The import was made, cancelled or erased before; nothing was done now."""


def bad(row: Row, problems: Iterable[tuple[str, str]]) -> Line:
    return Line(number=row.number, verdict=Verdict.BAD, problems=list(problems), typed=row.cells)


def keep(
    lines: Sequence[Line],
    *,
    kind: Import.Kind,
    unread: Sequence[str],
    by: User,
    now: datetime,
    **facts: Any,
) -> Import:
    """Store a dry run: its lines, and titles of columns that were not read, sealed."""
    sheet = Import(kind=kind, by=by, at=now, counts=counts_of(lines), **facts)
    sheet.seal({"lines": [vars(line) for line in lines], "unread": list(unread)})
    sheet.save(force_insert=True)
    return sheet


def lines_of(sheet: Import) -> list[Line]:
    """Raises `CannotOpen` where the box is not this import's; empty once it is over."""
    return [Line(**each) for each in sheet.open().get("lines", [])]


def counts_of(lines: Iterable[Line]) -> dict[str, int]:
    counts = Counter(line.verdict for line in lines)
    return {verdict.value: counts[verdict] for verdict in Verdict if counts[verdict]}


def take(sheet: Import, *, now: datetime) -> list[Line]:
    """The lines of an import that is made now; call it in the transaction that makes it.

    Raises:
        IsOver: a second click, or another organizer, was faster.
    """
    locked = Import.objects.waiting().select_for_update().filter(pk=sheet.pk).first()
    if locked is None:
        raise IsOver
    lines = lines_of(locked)
    locked.move(to=Import.State.DONE, since=Import.State.CHECKED, done_at=now)
    return lines


def note(sheet: Import, **counts: int) -> None:
    """Write what came of it beside what the dry run found."""
    sheet.refresh_from_db(fields=["counts"])
    sheet.counts |= counts
    sheet.save(update_fields=["counts"])


def cancel(sheet: Import) -> bool:
    """Erase the lines; False where there are none any more."""
    return sheet.move(to=Import.State.CANCELLED, since=Import.State.CHECKED)


def erase_expired(*, now: datetime) -> int:
    """The lines to which nobody said yes within a day."""
    sheets = Import.objects.expired(now=now).update(state=Import.State.EXPIRED, box=None)
    return Erasure.objects.note({Erasure.Rule.IMPORTS: sheets}, now=now)
