"""A public log as programs read it; all of it is for everybody, and the same in every language.

Below `/ledger/`, with a log's number:

    logs.json                   all logs: [{"number": 1, "petition": {"slug", "title"}, "origin",
                                "key", "size", "root", "counted", "waiting"}]
    1/checkpoint                the newest head, signed (C2SP tlog-checkpoint)
    1/checkpoint/4711           an earlier one, by its size
    1/key                       the key that has signed them (C2SP signed-note)
    1/heads                     a line a head, oldest first: size, root, and the hour it was published
    1/tile/0/x001/234           up to 256 hashes of 32 bytes (C2SP tlog-tiles); 0/002.p/17 is partial
    1/entries/x001/234          the public entries among the same places as the tile's of level 0,
                                a line an entry: place, tab, text
    1/changes.txt               all public entries but those of batches, likewise
    1/batches.json              [{"number": 12, "count", "places": "0-17,20", "digest", "size",
                                "root", "closed_on"}]; size and root are those of the batch's letters

Roots are in base64. Places count from 0. Keys of the JSON may come, and none changes or goes.
Signatures' own entries, which are secret, are read by nothing in here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from five_asks_verify.checkpoint import ED25519, VerifierKey
from five_asks_verify.entries import PREFIX, digest_of, read_places
from five_asks_verify.tiles import HEIGHT, WIDTH, Tile, read_index_path
from petitions.ledger.tree import stored_tiles
from petitions.models import Batch, Head, Log, LogEntry
from petitions.vault import public_log_key, vault
from petitions.web.ledger_figures import LogFigures, log_figures

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_MOMENT = "public, max-age=5"
# Read after a checkpoint, they must not be older than it is.
ASK_AGAIN = "no-cache"
NOT_A_PLACE = "This is no address of a tile, or not in its shortest form."
NOT_YET = "The log is not so long."

Answer = Callable[..., HttpResponse]
View = Callable[..., HttpResponseBase]


def for_everybody(cache_control: str) -> Callable[[Answer], View]:
    """Any site's script may read the answer, and no cookie and no language changes it."""

    def decorate(answer: Answer) -> View:
        @require_safe
        @wraps(answer)
        def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            try:
                response = _conditional(request, answer(**parts), cache_control)
            except Http404 as none:
                response = _text(f"{none}\n", status=HTTPStatus.NOT_FOUND)
                response["Cache-Control"] = ASK_AGAIN
            response["Access-Control-Allow-Origin"] = "*"
            response["Cross-Origin-Resource-Policy"] = "cross-origin"
            return response

        return view

    return decorate


def _conditional(
    request: HttpRequest, response: HttpResponse, cache_control: str
) -> HttpResponseBase:
    etag = quote_etag(sha256(response.content).hexdigest()[:32])
    response["ETag"] = etag
    response["Cache-Control"] = cache_control
    return get_conditional_response(request, etag=etag, response=response) or response


@for_everybody(ASK_AGAIN)
def nothing(rest: str) -> HttpResponse:  # noqa: ARG001 - the address names it
    raise Http404(f"Nothing is here. What there is: {settings.SITE_URL}/ledger/")


# --- All logs


@for_everybody(FOR_A_MOMENT)
def logs() -> HttpResponse:
    return _json([_log_as_json(each) for each in log_figures()])


def _log_as_json(figures: LogFigures) -> dict[str, Any]:
    petition = figures.ask.petition
    return {
        "number": figures.log.pk,
        "petition": {
            "slug": petition.slug,
            "title": petition.text_in(settings.LANGUAGE_CODE).title,
        },
        "origin": figures.log.origin,
        "key": str(key_of(figures.log)),
        "size": figures.head.size,
        "root": figures.root,
        "counted": figures.head.counted,
        "waiting": figures.waiting,
    }


# --- Heads


@for_everybody(FOR_A_MOMENT)
def checkpoint(number: int) -> HttpResponse:
    return _text(_newest_head(number).cosigned_note)


@for_everybody(FOR_A_MOMENT)
def checkpoint_of(number: int, size: int) -> HttpResponse:
    """Not for ever: a witness may still add a line."""
    head = Head.objects.filter(log=_newest_head(number).log_id, size=size).first()
    if head is None:
        raise Http404("The log has no checkpoint of this size.")
    return _text(head.cosigned_note)


@for_everybody(FOR_A_MOMENT)
def key(number: int) -> HttpResponse:
    return _text(f"{key_of(_newest_head(number).log)}\n")


def key_of(log: Log) -> VerifierKey:
    return VerifierKey(log.origin, ED25519, public_log_key(vault()))


@for_everybody(ASK_AGAIN)
def heads(number: int) -> HttpResponse:
    found = Head.objects.filter(log=_newest_head(number).log_id).order_by("size")
    rows = found.values_list("size", "root", "published_at")
    # The hour alone, as everywhere.
    return _text(
        "".join(f"{size} {_base64(root)} {at:%Y-%m-%dT%H:00Z}\n" for size, root, at in rows)
    )


# --- Tiles and entries


@for_everybody(FOR_EVER)
def tile(number: int, level: int, path: str) -> HttpResponse:
    head = _newest_head(number)
    index, width = _read_path(path)
    if index * WIDTH + width > head.size >> (HEIGHT * level):
        raise Http404(NOT_YET)
    hashes = stored_tiles(head.log)(Tile(level, index, width))
    return HttpResponse(hashes, content_type="application/octet-stream")


@for_everybody(FOR_EVER)
def entries(number: int, path: str) -> HttpResponse:
    head = _newest_head(number)
    index, width = _read_path(path)
    first, end = index * WIDTH, index * WIDTH + width
    if end > head.size:
        raise Http404(NOT_YET)
    found = LogEntry.objects.filter(log=head.log_id, place__gte=first, place__lt=end)
    return _text(_lines(found))


@for_everybody(ASK_AGAIN)
def changes(number: int) -> HttpResponse:
    head = _newest_head(number)
    found = LogEntry.objects.filter(log=head.log_id, place__lt=head.size)
    return _text(_lines(found.exclude(text__startswith=f"{PREFIX} batch ")))


def _lines(found: Any) -> str:
    rows: Iterable[tuple[int, str]] = found.order_by("place").values_list("place", "text")
    return "".join(f"{place}\t{text}\n" for place, text in rows)


def _read_path(path: str) -> tuple[int, int]:
    try:
        return read_index_path(path)
    except ValueError as error:
        raise Http404(NOT_A_PLACE) from error


# --- Batches


@for_everybody(ASK_AGAIN)
def batches(number: int) -> HttpResponse:
    head = _newest_head(number)
    found = Batch.objects.filter(head__log=head.log_id).select_related("head").order_by("number")
    return _json([_batch_as_json(each) for each in found])


def _batch_as_json(batch: Batch) -> dict[str, Any]:
    assert batch.head is not None  # noqa: S101 - the query has asked for it
    return {
        "number": batch.number,
        "count": batch.size,
        "places": batch.places,
        "digest": digest_of(read_places(batch.places)),
        "size": batch.head.size,
        "root": _base64(batch.head.root),
        "closed_on": batch.closed_at.date(),
    }


# --- Parts


def _newest_head(number: int) -> Head:
    head = Head.objects.filter(log=number).select_related("log").last()
    if head is None:
        raise Http404("There is no log of this number.")
    return head


def _base64(raw: bytes | memoryview[int]) -> str:
    return base64.b64encode(raw).decode()


def _text(text: str, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)


def _json(content: list[dict[str, Any]]) -> HttpResponse:
    return JsonResponse(content, safe=False, json_dumps_params={"ensure_ascii": False})
