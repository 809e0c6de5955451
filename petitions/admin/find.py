"""Finding a signer by address, for whoever asks to be shown or erased.

The address is posted, never in a URL; it is hashed and forgotten. The audit trail keeps that a
search was made and what it found, not whom it was about.
"""

from __future__ import annotations

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextInputWidget

from petitions.admin.audit import record
from petitions.models import AuditEntry, Petition, Signature
from petitions.signatures.addresses import AddressNotValid, clean_address, signature_index


class AddressForm(forms.Form):
    address = forms.CharField(
        label=_("Email address"),
        help_text=_("Any spelling of it will do."),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(
            attrs={"type": "email", "autocomplete": "off", "autofocus": True}
        ),
    )

    def clean_address(self) -> str:
        try:
            return clean_address(self.cleaned_data["address"])
        except AddressNotValid as error:
            raise ValidationError(_("This can't be an address.")) from error


@sensitive_post_parameters("address")
def find_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    if not request.user.has_perm("petitions.read_details"):
        raise PermissionDenied
    form = AddressForm(request.POST or None)
    found = None
    if form.is_valid():
        found = list(signatures_of(form.cleaned_data["address"]))
        record(request, AuditEntry.Action.SEARCH, count=len(found))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Find a person"),
        "form": form,
        "found": found,
    }
    return TemplateResponse(request, "admin/signatures/find.html", context)


def signatures_of(address: str) -> QuerySet[Signature]:
    """All petitions that this person signed, whichever way they spelled their address."""
    petitions = Petition.objects.values_list("pk", flat=True)
    indexes = [signature_index(petition, address) for petition in petitions]
    # The petitions are named as well, since the database's index begins with them.
    signatures = Signature.objects.with_indexes(indexes).filter(petition__in=list(petitions))
    return signatures.select_related("petition", "batch").order_by("petition")
