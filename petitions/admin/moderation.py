"""The queue of public names: one key shows a name on the site, one hides it, one takes it back.

It works without JavaScript: each name is a form with its buttons. The script only saves the waiting.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import Enum

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from petitions.admin.audit import record
from petitions.admin.names import MAY_PUBLISH, name_to_show
from petitions.admin.paginator import COUNTED_UP_TO, count_up_to
from petitions.models import AuditEntry, Signature, Visibility
from petitions.signatures.blocked_words import watch

NAMES_AT_ONCE = 20


class Decision(Enum):
    SHOW = "show"
    HIDE = "hide"
    UNDO = "undo"


@dataclass(frozen=True)
class Waiting:
    signature: Signature
    name: str
    hits: list[str]


def queue_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    if not request.user.has_perm(MAY_PUBLISH):
        raise PermissionDenied
    if request.method == "POST":
        return _decide(request, model_admin)
    waiting = names_waiting()
    if waiting:
        selection = _("names in the queue")
        record(request, AuditEntry.Action.READ, count=len(waiting), selection=selection)
    total = count_up_to(Signature.objects.names_to_look_at())
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Names to look at"),
        "waiting": waiting,
        "total": total,
        "has_more": total > COUNTED_UP_TO,
        "last": _reference(request.GET["last"]) if "last" in request.GET else None,
    }
    return TemplateResponse(request, "admin/signatures/queue.html", context)


def names_waiting() -> list[Waiting]:
    """The oldest; among them those with a word of the lists come first."""
    words = watch()
    oldest = Signature.objects.names_to_look_at().select_related("petition")
    rows = []
    for signature in oldest.order_by("confirmed_hour", "-id")[:NAMES_AT_ONCE]:
        name = name_to_show(signature)
        rows.append(Waiting(signature, name, words.hits(name)))
    return sorted(rows, key=lambda each: not each.hits)


def _decide(request: HttpRequest, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    reference = _reference(request.POST.get("reference", ""))
    try:
        decision = Decision(request.POST.get("do", ""))
    except ValueError as error:
        raise BadRequest("There is no such decision.") from error
    done = decide(request, reference, decision)
    words = _in_words(decision) if done else _("Somebody else has decided, or the signer has left.")
    if request.headers.get("X-Requested-With") == "fetch":
        return JsonResponse({"done": done, "words": words})
    model_admin.message_user(request, words, messages.SUCCESS if done else messages.WARNING)
    queue = reverse("admin:petitions_signature_queue")
    may_undo = done and decision is not Decision.UNDO
    return HttpResponseRedirect(f"{queue}?last={reference}" if may_undo else queue)


@transaction.atomic
def decide(request: HttpRequest, reference: uuid.UUID, decision: Decision) -> bool:
    """False where there is nothing (more) to decide: of two moderators the first one counts."""
    own = Signature.objects.filter(pk=reference, visibility=Visibility.PUBLIC)
    if decision is Decision.UNDO:
        done = bool(own.exclude(public_name="", name_hidden=False).update(**_WAITS))
    else:
        done = _first_decision(reference, decision)
    if done:
        record(request, _ACTIONS[decision], count=1)
    return done


def _first_decision(reference: uuid.UUID, decision: Decision) -> bool:
    waiting = Signature.objects.names_to_look_at().filter(pk=reference)
    signature = waiting.select_for_update(of=("self",)).first()
    name = name_to_show(signature) if signature and decision is Decision.SHOW else ""
    if signature is None or (decision is Decision.SHOW and not name):
        return False
    signature.public_name, signature.name_hidden = name, decision is Decision.HIDE
    signature.save(update_fields=["public_name", "name_hidden"])
    return True


_WAITS = {"public_name": "", "name_hidden": False}
_ACTIONS = {
    Decision.SHOW: AuditEntry.Action.PUBLISH,
    Decision.HIDE: AuditEntry.Action.HIDE,
    Decision.UNDO: AuditEntry.Action.UNDO,
}


def _in_words(decision: Decision) -> str:
    return {
        Decision.SHOW: _("Shown on the site."),
        Decision.HIDE: _("Not shown on the site."),
        Decision.UNDO: _("Taken back: it waits again."),
    }[decision]


def _reference(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError as error:
        raise BadRequest("This is no reference.") from error
