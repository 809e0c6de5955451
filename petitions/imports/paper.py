"""Signatures from paper: what an organizer typed from the sheets that people signed.

Addresses are turned into the blind indexes by which a person signs once, and forgotten: no mail is
sent to them. Who gave none is known again by name and postcode, under the same pepper, so that a
sheet that is handed in twice is noticed; two people may share those, so that is for the organizer
to decide.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from petitions.imports.lines import Line, Verdict, bad, keep, note, take
from petitions.imports.sheet import Columns, Row, Sheet
from petitions.imports.words import country_code, folded, visibility_of
from petitions.models import Import, Petition, Signature, Source, Tally, Visibility
from petitions.models.clock import this_hour
from petitions.models.sealed import Details
from petitions.signatures.addresses import (
    AddressNotValid,
    clean_address,
    look_alike_index,
    signature_index,
)
from petitions.signatures.domains import domain_of, is_disposable
from petitions.signatures.withdraw import erase_signatures
from petitions.text import a_name, one_line, several_lines
from petitions.vault import vault

COLUMNS: Final = Columns(
    {
        "name": pgettext_lazy("column of a sheet", "name"),
        "country": pgettext_lazy("column of a sheet", "country"),
        "postcode": pgettext_lazy("column of a sheet", "postcode"),
        "email": pgettext_lazy("column of a sheet", "email"),
        "visibility": pgettext_lazy("column of a sheet", "visibility"),
        "comment": pgettext_lazy("column of a sheet", "comment"),
    },
    required=frozenset({"name", "country"}),
)
LONGEST: Final = {"name": 100, "postcode": 16, "comment": 1000, "email": 254}
# Paper travels slowly: sheets come in after the end. Then what tells people apart is erased.
AFTER_THE_END: Final = timedelta(days=30)
STORED_AT_ONCE: Final = 1000
FORMULA_SIGNS: Final = "=+-@#"

Problems = list[tuple[str, str]]


class NoMorePaper(Exception):
    """The petition takes no signatures, not even late ones from paper."""


@dataclass(frozen=True)
class Undoing:
    """How many signatures go with an import, and how many of them offices have been told of."""

    signatures: int
    in_letters: int


def takes_paper(petition: Petition, *, now: datetime) -> bool:
    if petition.is_open:
        return True
    # Not where it is won: the letter would ask for what has happened.
    if petition.state != Petition.State.CLOSED or petition.closed_at is None:
        return False
    return now < petition.closed_at + AFTER_THE_END


# --- The dry run


def check_paper(
    sheet: Sheet, *, petition: Petition, by: User, now: datetime, **facts: str
) -> Import:
    """A dry run, kept sealed: nothing of it counts before somebody says yes."""
    lines = [_line(row, petition) for row in sheet.rows]
    lines = list(_compared(lines, petition))
    return keep(
        [_without_address(line) for line in lines],
        kind=Import.Kind.PAPER,
        unread=sheet.unread,
        by=by,
        now=now,
        petition=petition,
        **facts,
    )


def _line(row: Row, petition: Petition) -> Line:
    cell = row.cells.get
    visibility = visibility_of(cell("visibility", "")) or Visibility.OFFICIALS
    address, problems = _address(cell("email", ""))
    problems += _problems(row, visibility)
    if problems:
        return bad(row, problems)
    values: dict[str, Any] = {
        "name": cell("name", ""),
        "country": country_code(cell("country", "")),
        "postcode": cell("postcode", ""),
        "comment": cell("comment", ""),
        "visibility": str(visibility),
    }
    values |= _indexes(address, values, petition)
    return Line(number=row.number, verdict=Verdict.NEW, values=values)


def _problems(row: Row, visibility: str) -> Iterator[tuple[str, str]]:
    cell = row.cells.get
    if row.has_too_many:
        yield "", _("This line has more cells than there are titles: is a quotation mark missing?")
    for column, longest in LONGEST.items():
        if len(cell(column, "")) > longest:
            yield column, _("At most %(most)s characters fit.") % {"most": longest}
    yield from _said("name", cell("name", ""), _check_name)
    yield from _said("postcode", cell("postcode", ""), one_line)
    yield from _said("comment", cell("comment", ""), several_lines)
    if not cell("name") and visibility != Visibility.WITHHELD:
        yield "name", _("The name is missing; only who is withheld needs none.")
    if not country_code(cell("country", "")):
        yield "country", _("No country has this name. Two letters, as in LT, always do.")
    if cell("visibility") and not visibility_of(cell("visibility", "")):
        choices = ", ".join(str(each.label) for each in Visibility)
        yield "visibility", _("This must be one of: %(choices)s.") % {"choices": choices}


def _said(column: str, typed: str, check: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    try:
        if typed:
            check(typed)
    except ValidationError as error:
        yield from ((column, words) for words in error.messages)


def _check_name(typed: str) -> None:
    if typed[0] in FORMULA_SIGNS:
        raise ValidationError(_("This looks like a formula, or what became of one; not a name."))
    one_line(typed)
    a_name(typed)


def _address(typed: str) -> tuple[str, Problems]:
    try:
        return (clean_address(typed) if typed else ""), []
    except AddressNotValid:
        return "", [("email", _("This can't be an address."))]


def _indexes(address: str, values: Mapping[str, Any], petition: Petition) -> dict[str, Any]:
    """What tells this person apart, as hexadecimal; the address itself goes no further."""
    if address:
        return {
            "index": signature_index(petition.pk, address).hex(),
            "look_alike": look_alike_index(petition.pk, address).hex(),
            "disposable": is_disposable(domain_of(address)),
        }
    look_alike = _index_of_name(values, petition).hex() if values["name"] else ""
    return {"index": "", "look_alike": look_alike, "disposable": False}


def _index_of_name(values: Mapping[str, Any], petition: Petition) -> bytes:
    person = [folded(values[each]) for each in ("name", "postcode")] + [values["country"]]
    return vault().blind_index(f"on paper {petition.pk}", "|".join(person))


def _compared(lines: list[Line], petition: Petition) -> Iterator[Line]:
    """Say which of them are in the sheet twice, or were counted before."""
    signed = _known("index", lines, petition)
    named = _known("look_alike", [each for each in lines if not each.values.get("index")], petition)
    seen: dict[str, int] = {}
    for line in lines:
        index, look_alike = line.values.get("index", ""), line.values.get("look_alike", "")
        if line.verdict == Verdict.BAD:
            yield line
        elif index:
            yield _compared_by_address(line, signed=index in signed, earlier=seen.get(index))
        else:
            yield _compared_by_name(line, named=look_alike in named, earlier=seen.get(look_alike))
        seen.setdefault(index or look_alike, line.number)


def _known(column: str, lines: Iterable[Line], petition: Petition) -> set[str]:
    wanted = [bytes.fromhex(each) for line in lines if (each := line.values.get(column))]
    known = Signature.objects.filter(petition=petition, **{f"{column}__in": wanted})
    return {bytes(each).hex() for each in known.values_list(column, flat=True).order_by()}


def _compared_by_address(line: Line, *, signed: bool, earlier: int | None) -> Line:
    if earlier is not None:
        words = _("The same address stands in line %(number)s.") % {"number": earlier}
    elif signed:
        words = _("Whoever has this address has signed already.")
    else:
        return line
    return replace(line, verdict=Verdict.DUPLICATE, problems=[("email", words)])


def _compared_by_name(line: Line, *, named: bool, earlier: int | None) -> Line:
    if not line.values["look_alike"]:
        return line
    if earlier is not None:
        words = _("The same name and postcode stand in line %(number)s.") % {"number": earlier}
    elif named:
        words = _("The same name and postcode came with an earlier sheet.")
    else:
        return line
    return replace(line, verdict=Verdict.DOUBTFUL, problems=[("name", words)])


def _without_address(line: Line) -> Line:
    """Not even sealed is an address kept where the organizers' key opens it."""
    if not line.typed.get("email"):
        return line
    hint = _("see line %(number)s of your own sheet") % {"number": line.number}
    return replace(line, typed=line.typed | {"email": hint})


# --- The import


@transaction.atomic
def import_paper(sheet: Import, *, with_doubtful: bool, now: datetime) -> int:
    """Store and count what the dry run showed, but for who has signed meanwhile; how many that are.

    Raises:
        IsOver: a second click, or another organizer, was faster.
        NoMorePaper: the petition has ended meanwhile.
    """
    lines = take(sheet, now=now)
    petition = sheet.petition
    assert petition is not None  # noqa: S101 - a constraint says so
    petition.refresh_from_db()
    if not takes_paper(petition, now=now):
        raise NoMorePaper
    wanted = {Verdict.NEW, Verdict.DOUBTFUL} if with_doubtful else {Verdict.NEW}
    chosen = [line for line in lines if line.verdict in wanted]
    # In the order of indexes, so that two that store the same people can't wait for each other.
    chosen.sort(key=lambda line: line.values["index"])
    Signature.objects.bulk_create(
        (_signature(line, sheet, now=now) for line in chosen),
        batch_size=STORED_AT_ONCE,
        ignore_conflicts=True,
    )
    imported = _count(sheet)
    note(sheet, imported=imported, meanwhile=len(chosen) - imported)
    return imported


def _signature(line: Line, sheet: Import, *, now: datetime) -> Signature:
    values, reference = line.values, uuid.uuid4()
    assert sheet.petition_id is not None  # noqa: S101 - a constraint says so
    details = Details(name=values["name"], postcode=values["postcode"], comment=values["comment"])
    is_kept = values["visibility"] != Visibility.WITHHELD
    return Signature(
        id=reference,
        petition_id=sheet.petition_id,
        index=bytes.fromhex(values["index"]) or None,
        look_alike=bytes.fromhex(values["look_alike"]) or None,
        sig_box=details.seal(petition_id=sheet.petition_id, signature_id=reference)
        if is_kept
        else None,
        country=values["country"],
        visibility=values["visibility"],
        language=sheet.language,
        consent_version=sheet.consent_version,
        confirmed_hour=this_hour(now),
        disposable=values["disposable"],
        source=Source.PAPER,
        imported=sheet,
    )


def _count(sheet: Import) -> int:
    """Raise the tallies by what was stored; last, since their rows stay locked until the end."""
    stored = Signature.objects.filter(imported=sheet).order_by("country").values_list("country")
    counts = list(stored.annotate(models.Count("pk")))
    assert sheet.petition_id is not None  # noqa: S101 - a constraint says so
    for country, count in counts:
        Tally.objects.change(petition_ids=[sheet.petition_id], country=country, by=count)
    return sum(count for _country, count in counts)


# --- Taking it back


def undoing(sheet: Import) -> Undoing:
    signatures = Signature.objects.filter(imported=sheet)
    return Undoing(signatures.count(), signatures.filter(batch__isnull=False).count())


@transaction.atomic
def undo(sheet: Import, *, now: datetime) -> Undoing:
    """Erase all that the import brought; offices that have the names are asked to delete them."""
    undone = sheet.move(to=Import.State.UNDONE, since=Import.State.DONE)
    if not undone:
        return Undoing(0, 0)
    signatures = list(
        Signature.objects.filter(imported=sheet)
        .order_by("pk")
        .select_for_update()
        .only("pk", "petition_id", "country", "batch_id", "hold_id")
    )
    note(sheet, undone=len(signatures))
    erase_signatures(signatures, now=now)
    return Undoing(len(signatures), sum(each.batch_id is not None for each in signatures))
