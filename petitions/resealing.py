"""Rows and the keys they are sealed to: counting, trying and re-sealing them, epoch by epoch."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction

from petitions.models import (
    CarriedDetails,
    Export,
    FileSet,
    Import,
    NewsSubscriber,
    NewsTrial,
    Offer,
    OfficeAction,
    OfficePage,
    Returned,
    Signature,
    SignRequest,
)
from petitions.models.clock import database_now
from petitions.models.news import news_subscriber_id
from petitions.models.sealed import (
    Details,
    Mailing,
    open_news_address,
    open_trial_address,
    seal_export_key,
    seal_file_key,
    seal_news_address,
    seal_page_token,
    seal_trial_address,
)
from petitions.models.signature import signature_id
from petitions.vault import CannotOpen, Purpose, epoch_of, vault
from petitions.vault.boxes import header

# Whoever can write to the database can seal nonsense, since sealing proves no origin.
_DOES_NOT_OPEN = (CannotOpen, ValueError, TypeError, RecursionError)

OFFERS = "offers of one tap"

Row = Any
SealAgain = Callable[[], None]


@dataclass(frozen=True)
class Shelf:
    """Where boxes of one purpose lie: one or several columns of one table.

    `open` opens all of a row's boxes; what it returns seals them again, to the active key.
    """

    name: str
    model: type[models.Model]
    purpose: Purpose
    columns: tuple[str, ...]
    boxes: models.F | models.Func
    open: Callable[[Row], SealAgain]

    def everything(self) -> models.QuerySet[Row]:
        rows: models.QuerySet[Row] = self.model._default_manager.order_by("pk")  # noqa: SLF001 - Django's documented name
        return rows

    def rows(self) -> models.QuerySet[Row]:
        """The rows that hold a box, with the `headers` of what they hold."""
        rows: models.QuerySet[Row] = self.everything().annotate(headers=_Headers(self.boxes))
        return rows.filter(headers__isnull=False)

    def rows_of(self, epochs: Collection[str]) -> models.QuerySet[Row]:
        """The rows whose boxes are all of these epochs."""
        return self.rows().filter(headers__contained_by=[header(each).hex() for each in epochs])


@dataclass
class Tried:
    done: int = 0
    damaged: int = 0


def count_rows(purpose: Purpose) -> dict[str, dict[str | None, int]]:
    """What would be lost with keys of a purpose: rows by their name and epoch.

    Offers are on no shelf, since only their holder's page can open them. They are over within two
    hours, and until then their details are lost with the key.
    """
    counts = {shelf.name: count_by_epoch(shelf) for shelf in SHELVES if shelf.purpose == purpose}
    if purpose == Purpose.SIGNATURE:
        counts[OFFERS] = count_offers_by_epoch()
    return counts


def count_offers_by_epoch() -> dict[str | None, int]:
    """Those that can still be used, by the epoch of the details inside."""
    offers = Offer.objects.alive(now=database_now()).exclude(epoch="").values_list("epoch")
    return dict(offers.annotate(count=models.Count("pk")))


def count_by_epoch(shelf: Shelf) -> dict[str | None, int]:
    """Rows by the epoch of their boxes, and under None those that hold something else.

    A row whose boxes are of two epochs counts for each.
    """
    headers = shelf.rows().order_by().annotate(found=models.Func("headers", function="unnest"))
    counts: dict[str | None, int] = {}
    for found, count in headers.values_list("found").annotate(count=models.Count("pk")):
        epoch = _epoch_in(found)
        counts[epoch] = counts.get(epoch, 0) + count
    return counts


def reseal(shelf: Shelf, *, epochs: Collection[str], batch_size: int) -> Iterator[Tried]:
    """Seal a shelf's rows of `epochs` to the active key; tells how far it is after each batch.

    Each batch is a transaction of its own, so this can be killed at any time and started again.
    Rows that another process holds are passed over, and so are rows that do not open.

    Raises:
        KeysUnavailable: the private key of one of `epochs` is missing or wrong.
    """
    tried, stretch = Tried(), _next_ids(shelf, None, batch_size)
    while stretch:
        _reseal_stretch(shelf, epochs, stretch, tried)
        yield tried
        stretch = _next_ids(shelf, stretch[-1], batch_size)


def try_to_open(shelf: Shelf, *, epochs: Collection[str], sample: int | None) -> Tried:
    """Open rows of `epochs`: `sample` of them, or all when it is None.

    Raises:
        KeysUnavailable: the private key of one of `epochs` is missing or wrong.
    """
    rows = shelf.rows_of(epochs)
    tried = Tried()
    for row in rows.iterator() if sample is None else _some(rows, sample):
        _try(tried, partial(shelf.open, row))
    return tried


def _next_ids(shelf: Shelf, last: uuid.UUID | None, size: int) -> list[uuid.UUID]:
    """A stretch of the primary key, whatever its rows are sealed to: to search for old rows in
    each batch would read the whole table each time.
    """
    rows = shelf.everything().filter(pk__gt=last) if last else shelf.everything()
    return list(rows.values_list("pk", flat=True)[:size])


@transaction.atomic
def _reseal_stretch(
    shelf: Shelf, epochs: Collection[str], stretch: list[uuid.UUID], tried: Tried
) -> None:
    active = vault().active_epoch(shelf.purpose)
    rows = shelf.rows_of({*epochs, active}).exclude(headers=[header(active).hex()])
    locked = rows.filter(pk__in=stretch).select_for_update(skip_locked=True, of=("self",))
    resealed = [row for row in locked if _try(tried, partial(_reseal_row, shelf, row))]
    shelf.everything().bulk_update(resealed, shelf.columns)


def _reseal_row(shelf: Shelf, row: Row) -> None:
    shelf.open(row)()


def _try(tried: Tried, do: Callable[[], object]) -> bool:
    try:
        do()
    except _DOES_NOT_OPEN:
        tried.damaged += 1
        return False
    tried.done += 1
    return True


def _some(rows: models.QuerySet[Row], count: int) -> Iterable[Row]:
    """Rows from a random place on: ids are random, so any stretch is a fair sample."""
    place = uuid.uuid4()
    above = list(rows.filter(pk__gt=place)[:count])
    return chain(above, rows.filter(pk__lte=place)[: count - len(above)])


def _epoch_in(found: str) -> str | None:
    try:
        return epoch_of(bytes.fromhex(found))
    except CannotOpen:
        return None


# --- The shelves


def _open_mail_of_request(request: SignRequest) -> SealAgain:
    mailing = address = None
    if request.mail_box is not None:
        mailing = Mailing.open(bytes(request.mail_box), request_id=request.id)
    if request.news_box is not None:
        subscriber_id = news_subscriber_id(request.id)
        address = open_news_address(bytes(request.news_box), subscriber_id=subscriber_id)

    def seal_again() -> None:
        if mailing is not None:
            request.mail_box = mailing.seal(request_id=request.id)
        if address is not None:
            request.news_box = seal_news_address(address, subscriber_id=subscriber_id)

    return seal_again


def _open_details_of_request(request: SignRequest) -> SealAgain:
    places = [
        (petition_id, signature_id(request.id, petition_id)) for petition_id in request.petition_ids
    ]
    details = [
        Details.open(bytes(box), petition_id=petition_id, signature_id=reference)
        for box, (petition_id, reference) in zip(request.sig_boxes or [], places, strict=True)
    ]

    def seal_again() -> None:
        request.sig_boxes = [
            each.seal(petition_id=petition_id, signature_id=reference)
            for each, (petition_id, reference) in zip(details, places, strict=True)
        ]

    return seal_again


def _open_carried(carried: CarriedDetails) -> SealAgain:
    petition_id, reference = carried.from_petition_id, carried.from_signature_id
    details = Details.open(bytes(carried.box), petition_id=petition_id, signature_id=reference)

    def seal_again() -> None:
        carried.box = details.seal(petition_id=petition_id, signature_id=reference)

    return seal_again


def _open_signature(signature: Signature) -> SealAgain:
    details = signature.open_details()

    def seal_again() -> None:
        if details is not None:
            signature.sig_box = details.seal(
                petition_id=signature.petition_id, signature_id=signature.id
            )

    return seal_again


def _open_subscriber(subscriber: NewsSubscriber) -> SealAgain:
    address = open_news_address(bytes(subscriber.mail_box), subscriber_id=subscriber.id)

    def seal_again() -> None:
        subscriber.mail_box = seal_news_address(address, subscriber_id=subscriber.id)

    return seal_again


def _open_trial(trial: NewsTrial) -> SealAgain:
    address = open_trial_address(bytes(trial.box or b""), trial_id=trial.pk)

    def seal_again() -> None:
        trial.box = seal_trial_address(address, trial_id=trial.pk)

    return seal_again


def _open_returned(returned: Returned) -> SealAgain:
    mail = returned.open_mail()

    def seal_again() -> None:
        returned.box = mail.seal(returned_id=returned.pk)

    return seal_again


def _open_office_page(page: OfficePage) -> SealAgain:
    token = page.open_token()

    def seal_again() -> None:
        page.box = seal_page_token(token, page_id=page.pk)

    return seal_again


def _open_file_set(file_set: FileSet) -> SealAgain:
    key = file_set.open_key()

    def seal_again() -> None:
        file_set.key_box = seal_file_key(key, set_id=file_set.pk)

    return seal_again


def _open_export(export: Export) -> SealAgain:
    key = export.open_key()

    def seal_again() -> None:
        export.key_box = seal_export_key(key, export_id=export.pk)

    return seal_again


def _open_office_action(action: OfficeAction) -> SealAgain:
    words = action.open_words()

    def seal_again() -> None:
        action.box = words.seal(action_id=action.pk)

    return seal_again


def _open_import(sheet: Import) -> SealAgain:
    content = sheet.open()

    def seal_again() -> None:
        sheet.seal(content)

    return seal_again


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


# Requests first: confirming turns one into a signature, which must not be passed over. So does the
# deliverer with details on their way.
SHELVES = (
    Shelf(
        name="sign requests (mail)",
        model=SignRequest,
        purpose=Purpose.MAIL,
        columns=("mail_box", "news_box"),
        boxes=_Array("mail_box", "news_box"),
        open=_open_mail_of_request,
    ),
    Shelf(
        name="sign requests (details)",
        model=SignRequest,
        purpose=Purpose.SIGNATURE,
        columns=("sig_boxes",),
        boxes=models.F("sig_boxes"),
        open=_open_details_of_request,
    ),
    Shelf(
        name="details on their way",
        model=CarriedDetails,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        boxes=_Array("box"),
        open=_open_carried,
    ),
    Shelf(
        name="signatures",
        model=Signature,
        purpose=Purpose.SIGNATURE,
        columns=("sig_box",),
        boxes=_Array("sig_box"),
        open=_open_signature,
    ),
    Shelf(
        name="news subscribers",
        model=NewsSubscriber,
        purpose=Purpose.MAIL,
        columns=("mail_box",),
        boxes=_Array("mail_box"),
        open=_open_subscriber,
    ),
    Shelf(
        name="tests of news",
        model=NewsTrial,
        purpose=Purpose.MAIL,
        columns=("box",),
        boxes=_Array("box"),
        open=_open_trial,
    ),
    Shelf(
        name="returned mails",
        model=Returned,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        boxes=_Array("box"),
        open=_open_returned,
    ),
    Shelf(
        name="links of office pages",
        model=OfficePage,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        boxes=_Array("box"),
        open=_open_office_page,
    ),
    Shelf(
        name="files of letters",
        model=FileSet,
        purpose=Purpose.SIGNATURE,
        columns=("key_box",),
        boxes=_Array("key_box"),
        open=_open_file_set,
    ),
    Shelf(
        name="exports",
        model=Export,
        purpose=Purpose.SIGNATURE,
        columns=("key_box",),
        boxes=_Array("key_box"),
        open=_open_export,
    ),
    Shelf(
        name="what offices wrote on their pages",
        model=OfficeAction,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        boxes=_Array("box"),
        open=_open_office_action,
    ),
    Shelf(
        name="lines of imports",
        model=Import,
        purpose=Purpose.SIGNATURE,
        columns=("box",),
        boxes=_Array("box"),
        open=_open_import,
    ),
)
