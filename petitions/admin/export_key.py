"""The key to which an organizer's own exports are encrypted; everybody looks after their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from petitions.admin.audit import record
from petitions.exports.age import NoRecipient, recipient_in
from petitions.models import AgeKey, AuditEntry

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    from petitions.models import Export


class KeyForm(forms.Form):
    recipient = forms.CharField(
        label=gettext_lazy("Your public key"),
        help_text=gettext_lazy(
            "Begins with age1. Leave it empty to have your exports without encryption of your own."
        ),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_recipient(self) -> str:
        typed: str = self.cleaned_data["recipient"]
        if not typed:
            return ""
        if typed.upper().startswith("AGE-SECRET-KEY"):
            # It is not shown again either: see the template.
            raise ValidationError(
                _("This is the private key, which is nobody’s but yours: make a new pair."),
                code="private",
            )
        try:
            return recipient_in(typed)
        except NoRecipient as error:
            raise ValidationError(_("This is no public key of age.")) from error


def key_page(request: HttpRequest, *, model_admin: ModelAdmin[Export]) -> HttpResponseBase:
    """Who finds a screen unlocked does not turn exports towards another key: it asks who it is."""
    page: HttpResponseBase = reauthentication_required(_page)(request, model_admin)
    return page


def _page(request: HttpRequest, model_admin: ModelAdmin[Export]) -> HttpResponse:
    user = cast("User", request.user)
    known = AgeKey.objects.filter(user=user).first()
    form = KeyForm(request.POST or None, initial={"recipient": known and known.recipient})
    if request.method == "POST" and form.is_valid():
        _keep(request, user, form.cleaned_data["recipient"])
        messages.success(request, _("Your exports are made like that from now on."))
        return HttpResponseRedirect(request.path)
    if form.has_error("recipient", "private"):
        form.data = {"recipient": ""}
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Key for your exports"),
        "form": form,
        "known": known,
    }
    return TemplateResponse(request, "admin/exports/key.html", context)


@transaction.atomic
def _keep(request: HttpRequest, user: User, recipient: str) -> None:
    if recipient:
        AgeKey.objects.update_or_create(user=user, defaults={"recipient": recipient})
    else:
        AgeKey.objects.filter(user=user).delete()
    said = recipient or _("none: exports are not encrypted to anybody")
    record(request, AuditEntry.Action.AGE_KEY, count=1, selection=said)
