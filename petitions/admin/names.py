"""Which names the site shows: the signer chose to be public, and an organizer has looked.

The name is written from the sealed box, never from the form that confirms it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.admin.audit import record
from petitions.admin.chosen import ticked
from petitions.admin.opening import opened
from petitions.models import AuditEntry, Signature, Visibility
from petitions.signatures.blocked_words import watch

# As many as a person can look at, and as a form may send.
NAMES_AT_ONCE = 100
MAY_PUBLISH = "petitions.publish_name"


def look_at_names(
    request: HttpRequest, signatures: QuerySet[Signature], *, model_admin: ModelAdmin[Signature]
) -> HttpResponse | None:
    """The moderators' page: the names of public signers that are not shown yet."""
    waiting = signatures.filter(
        hold=None, visibility=Visibility.PUBLIC, public_name="", restricted=False
    )
    some = list(waiting[:NAMES_AT_ONCE])
    if not some:
        words = _("None of these signers is public and waits to be shown.")
        model_admin.message_user(request, words, messages.WARNING)
        return None
    record(request, AuditEntry.Action.READ, count=len(some), selection=_("names before showing"))
    watched = watch()
    named = [(each, name_to_show(each)) for each in some]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Show names on the site"),
        "rows": [(each, name, watched.hits(name)) for each, name in named],
        "more": waiting.count() - len(some),
    }
    return TemplateResponse(request, "admin/signatures/names.html", context)


def names_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    """Shows those that were ticked, and leads back to the list."""
    if not request.user.has_perm(MAY_PUBLISH):
        raise PermissionDenied
    if request.method == "POST":
        with transaction.atomic():
            shown = show_names(ticked(request))
            record(request, AuditEntry.Action.PUBLISH, count=shown)
        words = ngettext(
            "%(shown)s name is shown on the site.", "%(shown)s names are shown on the site.", shown
        )
        model_admin.message_user(request, words % {"shown": shown}, messages.SUCCESS)
    list_url = reverse("admin:petitions_signature_changelist")
    return HttpResponseRedirect(f"{list_url}?{request.GET.urlencode()}")


def show_names(references: Iterable[uuid.UUID]) -> int:
    """Open these public signers' names for everybody; how many there were to show.

    A name with a word of the lists is decided by itself, in the queue (moderation.py).
    """
    words = watch()
    signatures = Signature.objects.select_for_update().filter(
        pk__in=list(references),
        visibility=Visibility.PUBLIC,
        hold=None,
        restricted=False,
        public_name="",
    )
    for signature in signatures:
        name = name_to_show(signature)
        signature.public_name = "" if words.hits(name) else name
        signature.name_hidden = False
    named = [signature for signature in signatures if signature.public_name]
    Signature.objects.bulk_update(named, ["public_name", "name_hidden"])
    return len(named)


def hide_names(
    request: HttpRequest, signatures: QuerySet[Signature], *, model_admin: ModelAdmin[Signature]
) -> None:
    with transaction.atomic():
        hidden = signatures.filter(visibility=Visibility.PUBLIC).update(
            public_name="", name_hidden=True
        )
        record(request, AuditEntry.Action.HIDE, count=hidden)
    words = ngettext("%(hidden)s name was hidden.", "%(hidden)s names were hidden.", hidden)
    model_admin.message_user(request, words % {"hidden": hidden}, messages.SUCCESS)


def name_to_show(signature: Signature) -> str:
    """Empty where there is no name, or one that would draw other than it is written."""
    details = opened(signature)
    name = details.name if details else ""
    longest = Signature.public_name.field.max_length or 0
    return name if name.isprintable() and len(name) <= longest else ""
