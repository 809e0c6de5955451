"""A petition's state, moved by a button that says what it means; and the link for a preview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from petitions.admin.audit import record
from petitions.admin.petition_texts import language_states
from petitions.lifecycle import CannotMove, count_of, has_words, move, moves_of, obstacle_to
from petitions.models import AuditEntry, Petition, Signature
from petitions.models.clock import database_now

State = Petition.State

_BUTTONS: dict[str, str | Promise] = {
    State.DRAFT: _("Take it back to a draft"),
    State.OPEN: _("Open it for signatures"),
    State.CLOSED: _("Close it"),
    State.WON: _("It is won"),
}
_REOPEN = _("Open it again")
_MEANINGS: dict[str, list[str | Promise]] = {
    State.DRAFT: [_("Its page disappears, with all that lies under its address.")],
    State.OPEN: [
        _("Everybody sees its page, in every language, and can sign."),
        _("No letter goes out before its letters are approved."),
    ],
    State.CLOSED: [
        _("Nobody can sign any more. Its page stays, and says how it ended."),
        _("Whoever has signed already can still confirm by the mailed link for 72 hours."),
        _("What was confirmed still goes out in the next letters."),
        _("What is kept of its signers is erased some time after the end; see the privacy page."),
    ],
    State.WON: [
        _("Nobody can sign any more. Its page stays, and says what was reached."),
        _("Links that wait to be confirmed count no more: the letter would ask for what happened."),
        _(
            "What was confirmed before still goes out in the next letters; pause them if it should not."
        ),
        _("What is kept of its signers is erased some time after the end; see the privacy page."),
    ],
}


@dataclass(frozen=True)
class Move:
    to: str
    button: str | Promise
    meanings: list[str | Promise]
    obstacle: str
    """Why it can't be done, or not yet; empty where it can."""


class MoveForm(forms.Form):
    """`seen` is the state that the page showed: of two organizers, the second looks again."""

    seen = forms.ChoiceField(choices=State.choices)
    to = forms.ChoiceField(choices=State.choices)
    reason = forms.CharField(
        label=_("Why (optional)"),
        help_text=_("Stands in the audit trail. Please name no signer here."),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


def publication_page(
    request: HttpRequest, petition: Petition, *, model_admin: ModelAdmin[Petition]
) -> HttpResponse:
    if request.method == "POST":
        _do(request, petition)
        return HttpResponseRedirect(request.path)
    now = database_now()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("State and preview"),
        "petition": petition,
        "signed": count_of(petition),
        "in_no_letter": Signature.objects.filter(petition=petition, batch=None).count(),
        "languages": list(language_states(petition)),
        "outcome": petition.outcome,
        "ended": petition.state in Petition.ENDED,
        "form": MoveForm(),
        "moves": [_move_to(petition, to, now=now) for to in moves_of(petition)],
        "ready": has_words(petition),
        "preview": _preview_url(petition),
    }
    return TemplateResponse(request, "admin/petitions/publication.html", context)


def _move_to(petition: Petition, to: State, *, now: datetime) -> Move:
    again = to == State.OPEN and petition.state != State.DRAFT
    return Move(
        to=to,
        button=_REOPEN if again else _BUTTONS[to],
        meanings=_MEANINGS[to],
        obstacle=obstacle_to(petition, to, now=now),
    )


def _do(request: HttpRequest, petition: Petition) -> None:
    match request.POST.get("do"):
        case "make-preview" if has_words(petition):
            petition.make_preview(now=database_now())
            _note(request, petition, gettext("a preview link was made"))
            messages.success(request, gettext("There is a new link; an older one ends."))
        case "end-preview":
            petition.end_preview()
            _note(request, petition, gettext("its preview link was ended"))
            messages.success(request, gettext("The link leads nowhere any more."))
        case None:
            _move(request, petition)
        case _:
            raise BadRequest


def _note(request: HttpRequest, petition: Petition, what: str) -> None:
    record(request, AuditEntry.Action.STATE, count=1, selection=f"{petition}: {what}")


def _move(request: HttpRequest, petition: Petition) -> None:
    form = MoveForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Nothing was changed: look at the page and try again."))
        return
    petition.state = State(form.cleaned_data["seen"])
    to = State(form.cleaned_data["to"])
    try:
        with transaction.atomic():
            moved = move(petition, to, now=database_now())
            if moved:
                which = f"{petition}: {to.label}"
                reason = form.cleaned_data["reason"]
                record(request, AuditEntry.Action.STATE, count=1, selection=which, reason=reason)
    except CannotMove as why:
        messages.error(request, str(why))
        return
    if moved:
        words = gettext("The petition is “%(state)s” now.") % {"state": to.label}
        messages.success(request, words)
    else:
        words = gettext("Somebody else changed its state meanwhile: nothing was changed.")
        messages.warning(request, words)


def _preview_url(petition: Petition) -> str | None:
    """The organizers' process knows no public addresses; without a language the link leads to
    the one that its reader's browser asks for.
    """
    alive = Petition.objects.in_preview(petition.preview_token or "").exists()
    return f"{settings.SITE_URL}/preview/{petition.preview_token}/" if alive else None
