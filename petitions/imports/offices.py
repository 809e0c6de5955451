"""Offices from a sheet: new ones, and what differs at those that are there. None is ever deleted.

The columns are those of `content/offices.csv` and of the export, so that a sheet goes out, is
mended, and comes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from petitions.imports.lines import Line, Verdict, bad, keep, note, take
from petitions.imports.sheet import Columns, Row, Sheet
from petitions.imports.words import country_code, folded
from petitions.models import Import, Office, Petition
from petitions.spreadsheets import csv_line
from petitions.text import one_line

COLUMNS: Final = Columns(
    {
        "office": pgettext_lazy("column of a sheet", "office"),
        "organisation": pgettext_lazy("column of a sheet", "organisation"),
        "country": pgettext_lazy("column of a sheet", "country"),
        "email": pgettext_lazy("column of a sheet", "email"),
        "language": pgettext_lazy("column of a sheet", "language"),
        "time_zone": pgettext_lazy("column of a sheet", "time zone"),
        "asks": pgettext_lazy("column of a sheet", "asks"),
        "verified_on": pgettext_lazy("column of a sheet", "verified on"),
    },
    required=frozenset({"office", "organisation", "email"}),
)
# What a sheet without the column leaves as it is; and an empty cell too.
KEPT_IF_EMPTY: Final = frozenset({"language", "verified_on"})
FORMULA_SIGNS: Final = "=+-@#"
BYTE_ORDER_MARK: Final = "\ufeff"

Key = tuple[str, str]


# --- The dry run


def check_offices(sheet: Sheet, *, by: User, now: datetime) -> Import:
    """A dry run: which are new, what would change where, and what looks like a slip."""
    kind = Import.Kind.OFFICES
    return keep(list(_lines(sheet)), kind=kind, unread=sheet.unread, by=by, now=now)


def _lines(sheet: Sheet) -> Iterator[Line]:
    offices, asks = _Offices(), _asks()
    seen: dict[Key, int] = {}
    for row in sheet.rows:
        values = _values(row)
        key = row.cells.get("office", ""), row.cells.get("organisation", "")
        problems = list(_problems(row, values, asks))
        if problems:
            yield bad(row, problems)
        elif key in seen:
            words = _("The same office stands in line %(number)s.") % {"number": seen[key]}
            yield Line(number=row.number, verdict=Verdict.DUPLICATE, problems=[("office", words)])
        else:
            yield offices.compared(Line(number=row.number, verdict=Verdict.NEW, values=values))
        seen.setdefault(key, row.number)


def _values(row: Row) -> dict[str, Any]:
    """What the sheet says, as it would be stored; what can't be read stays as it was typed."""
    values: dict[str, Any] = {
        name: typed for name, typed in row.cells.items() if typed or name not in KEPT_IF_EMPTY
    }
    if values.get("country"):
        values["country"] = country_code(values["country"]) or values["country"]
    if "language" in values:
        values["language"] = _language(values["language"])
    if "asks" in values:
        values["asks"] = sorted(
            each.strip() for each in values["asks"].replace(",", ";").split(";") if each.strip()
        )
    if "verified_on" in values:
        values["verified_on"] = _day(values["verified_on"])
    return values


def _language(typed: str) -> str:
    names = {name.casefold(): code for code, name in settings.LANGUAGES}
    return names.get(typed.casefold(), typed.lower())


def _day(typed: str) -> str:
    """2026-11-28, which is also what 28.11.2026 becomes in half of Europe's spreadsheets."""
    day, _dot, rest = typed.partition(".")
    month, _dot, year = rest.partition(".")
    if year:
        typed = f"{year.strip()}-{month.strip():0>2}-{day.strip():0>2}"
    return typed


def _problems(
    row: Row, values: Mapping[str, Any], asks: Mapping[str, Petition]
) -> Iterator[tuple[str, str]]:
    if row.has_too_many:
        yield "", _("This line has more cells than there are titles: is a quotation mark missing?")
    for column in ("office", "organisation"):
        if values.get(column, "")[:1] in tuple(FORMULA_SIGNS):
            yield column, _("This looks like a formula, or what became of one; not a name.")
    try:
        _office(values).clean_fields()
        for column in ("office", "organisation"):
            one_line(values.get(column, ""))
    except ValidationError as error:
        yield from _by_column(error)
    unknown = [each for each in values.get("asks", []) if each not in asks]
    if unknown:
        yield "asks", _("There is no ask %(numbers)s.") % {"numbers": ", ".join(unknown)}
    if _is_to_come(values.get("verified_on")):
        yield "verified_on", _("This day is still to come.")


def _by_column(error: ValidationError) -> Iterator[tuple[str, str]]:
    if not hasattr(error, "error_dict"):
        yield from (("office", words) for words in error.messages)
        return
    for name, words in error.message_dict.items():
        if name == "country":
            yield name, _("No country has this name. Two letters, as in LT, always do.")
        else:
            yield from (({"name": "office"}.get(name, name), each) for each in words)


def _is_to_come(day: str | None) -> bool:
    try:
        return bool(day) and date.fromisoformat(str(day)) > timezone.localdate()
    except ValueError:
        return False


def _asks() -> dict[str, Petition]:
    return {str(each.number): each for each in Petition.objects.all()}


def _office(values: Mapping[str, Any]) -> Office:
    """Not stored, and without its asks."""
    fields = {name: value for name, value in values.items() if name not in {"office", "asks"}}
    return Office(name=values.get("office", ""), **fields)


class _Offices:
    """Those that are there, found by key, address and by what their names look like."""

    def __init__(self) -> None:
        self.by_key: dict[Key, Office] = {}
        self.by_address: dict[str, set[Key]] = defaultdict(set)
        self.by_looks: dict[Key, Key] = {}
        self.organisations: dict[str, str] = {}
        for office in Office.objects.prefetch_related("petitions"):
            self.by_key[office.name, office.organisation] = office
            self.note(office.name, office.organisation, office.email)

    def note(self, name: str, organisation: str, email: str) -> None:
        self.by_address[email.casefold()].add((name, organisation))
        self.by_looks.setdefault((folded(name), folded(organisation)), (name, organisation))
        self.organisations.setdefault(folded(organisation), organisation)

    def compared(self, line: Line) -> Line:
        values = line.values
        key = values["office"], values["organisation"]
        office = self.by_key.get(key)
        doubts = list(self.doubts(values, is_new=office is None))
        self.note(*key, values["email"])
        before = differences(office, values) if office else None
        if office and not before:
            return replace(line, verdict=Verdict.SAME)
        verdict = Verdict.CHANGED if office else Verdict.NEW
        return replace(
            line, verdict=Verdict.DOUBTFUL if doubts else verdict, problems=doubts, before=before
        )

    def doubts(self, values: Mapping[str, Any], *, is_new: bool) -> Iterator[tuple[str, str]]:
        key = values["office"], values["organisation"]
        others = self.by_address[values["email"].casefold()] - {key}
        if others:
            words = _("This is also the address of %(office)s.")
            yield "email", words % {"office": ", ".join(min(others))}
        if not is_new:
            return
        alike = self.by_looks.get((folded(key[0]), folded(key[1])))
        if alike:
            words = _("It looks like %(office)s, which is there already.")
            yield "office", words % {"office": ", ".join(alike)}
            return
        known = self.organisations.get(folded(key[1]), key[1])
        if known != key[1]:
            words = _("Elsewhere this organisation is written “%(organisation)s”.")
            yield "organisation", words % {"organisation": known}


def differences(office: Office, values: Mapping[str, Any]) -> dict[str, Any]:
    """What stands there now, of those values that the sheet has otherwise."""
    now = cells_of(office)
    return {name: now[name] for name, value in values.items() if now[name] != value}


def cells_of(office: Office) -> dict[str, Any]:
    return {
        "office": office.name,
        "organisation": office.organisation,
        "country": office.country.code,
        "email": office.email,
        "language": office.language,
        "time_zone": office.time_zone,
        "asks": sorted(str(each.number) for each in office.petitions.all()),
        "verified_on": office.verified_on.isoformat() if office.verified_on else "",
    }


# --- The import


@transaction.atomic
def import_offices(
    sheet: Import, *, with_changes: bool, with_doubtful: bool, now: datetime
) -> dict[str, int]:
    """Do what the dry run showed; what somebody has changed meanwhile is left alone, and counted.

    Raises:
        IsOver: a second click, or another organizer, was faster.
    """
    lines = [
        line
        for line in take(sheet, now=now)
        if line.verdict in {Verdict.NEW, Verdict.CHANGED}
        or (line.verdict == Verdict.DOUBTFUL and with_doubtful)
    ]
    counts = {"added": 0, "changed_now": 0, "meanwhile": 0}
    asks = _asks()
    for line in lines:
        if line.before is None:
            outcome = _add(line.values, asks)
        elif with_changes:
            outcome = _change(line, asks)
        else:
            continue
        counts[outcome] += 1
    note(sheet, **counts)
    return counts


def _add(values: Mapping[str, Any], asks: Mapping[str, Petition]) -> str:
    office = _office(values)
    if Office.objects.filter(name=office.name, organisation=office.organisation).exists():
        return "meanwhile"
    office.save(force_insert=True)
    office.petitions.set([asks[each] for each in values.get("asks", []) if each in asks])
    return "added"


def _change(line: Line, asks: Mapping[str, Petition]) -> str:
    values = line.values
    office = (
        Office.objects.select_for_update()
        .filter(name=values["office"], organisation=values["organisation"])
        .first()
    )
    if office is None or differences(office, values) != line.before:
        return "meanwhile"
    changed = [name for name in line.before if name != "asks"]
    for name in changed:
        setattr(office, name, values[name] or ("" if name != "verified_on" else None))
    if changed:
        office.save(update_fields=changed)
    if "asks" in line.before:
        office.petitions.set([asks[each] for each in values["asks"] if each in asks])
    return "changed_now"


# --- The way out


def office_lines(offices: Iterable[Office]) -> Iterator[str]:
    """A CSV file of these offices in the columns that the import reads."""
    yield BYTE_ORDER_MARK + csv_line(COLUMNS.titles)
    for office in offices:
        cells = cells_of(office)
        cells["asks"] = ";".join(cells["asks"])
        yield csv_line(map(str, cells.values()))
