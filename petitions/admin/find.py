"""A person: all that is stored of them, for whoever asks to be shown, corrected or erased.

The address is posted, never in a URL; it is hashed and forgotten, and each step carries it in its
form. The audit trail keeps that a search was made and what it found, not whom it was about; nor
does it list references side by side, which would tell that they are one person's.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextInputWidget

from petitions.admin import person_steps
from petitions.admin.audit import record
from petitions.admin.opening import opened
from petitions.models import AuditEntry, Delivery, Petition, Signature
from petitions.models.sealed import Details
from petitions.signatures.addresses import AddressNotValid, clean_address
from petitions.signatures.persons import Person, Subject, find, unread_requests


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


@dataclass(frozen=True)
class Shown:
    """A signature as the page shows it: opened, and which offices its letter goes to."""

    signature: Signature
    details: Details | None
    deliveries: Sequence[Delivery]

    @property
    def sent(self) -> int:
        return sum(each.state == Delivery.State.SENT for each in self.deliveries)

    @property
    def on_its_way(self) -> bool:
        return hasattr(self.signature, "carried")


@dataclass(frozen=True)
class Alike:
    """Signatures under which the same was typed: they are corrected together."""

    signatures: list[Signature]
    details: Details | None


@sensitive_post_parameters("address", "name", "postcode", "comment")
def find_page(request: HttpRequest, *, model_admin: ModelAdmin[Signature]) -> HttpResponse:
    if not request.user.has_perm("petitions.read_details"):
        raise PermissionDenied
    form = AddressForm(request.POST if "address" in request.POST else None)
    subject = _subject(request, form)
    step = request.POST.get("step", "")
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    if subject is None:
        return _page(request, {**context, "form": form})
    if step in person_steps.STEPS:
        answer = person_steps.take(step, request, subject, context)
        if answer is not None:
            return answer
    return _page(request, {**context, "form": form, **_all_about(request, subject)})


def _subject(request: HttpRequest, form: AddressForm) -> Subject | None:
    """Whom the page is about, if that was said."""
    if "address" in request.POST:
        return Subject(address=form.cleaned_data["address"]) if form.is_valid() else None
    reference = request.POST.get("reference") or request.GET.get("reference")
    if not reference:
        return None
    try:
        return Subject(reference=uuid.UUID(reference))
    except ValueError as error:
        raise BadRequest("This is no reference.") from error


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context = {"title": _("A person"), "found": None, **context}
    return TemplateResponse(request, "admin/signatures/find.html", context)


def _all_about(request: HttpRequest, subject: Subject) -> dict[str, Any]:
    """What is found, opened; with its lines in the audit trail first."""
    person = find(subject)
    _record(request, subject, person)
    shown = _opened(person)
    return {
        "subject": subject,
        "person": person,
        "found": person.signatures,
        "shown": shown,
        "alike": _alike(shown),
        "unread": unread_requests() if subject.address else 0,
        "forgotten": _forgotten(person) if subject.address else "",
        "may_act": request.user.has_perm(person_steps.MAY_ACT),
        "restricted": any(each.restricted for each in person.signatures),
        "unrestricted": any(not each.restricted for each in person.signatures),
    }


def _record(request: HttpRequest, subject: Subject, person: Person) -> None:
    if subject.address:
        record(request, AuditEntry.Action.SEARCH, count=len(person.signatures))
    boxes = sum(each.sig_box is not None for each in person.signatures)
    if boxes:
        selection = str(subject.reference or "")
        record(request, AuditEntry.Action.READ, count=boxes, selection=selection)


def _opened(person: Person) -> list[Shown]:
    deliveries = defaultdict(list)
    batches = {each.batch_id for each in person.signatures if each.batch_id}
    for delivery in Delivery.objects.filter(batch__in=batches).select_related("office"):
        deliveries[delivery.batch_id].append(delivery)
    return [
        Shown(each, opened(each), deliveries[each.batch_id] if each.batch_id else [])
        for each in person.signatures
    ]


def _alike(shown: list[Shown]) -> list[Alike]:
    groups: dict[tuple[Details | None, str], list[Signature]] = defaultdict(list)
    for each in shown:
        groups[each.details, each.signature.country.code].append(each.signature)
    return [Alike(signatures, details) for (details, _), signatures in groups.items()]


def _forgotten(person: Person) -> str:
    """The titles of those whose signers can't be found by their address any more."""
    now, found = timezone.now(), {each.petition_id for each in person.signatures}
    ended = Petition.objects.exclude(closed_at=None).exclude(pk__in=found)
    gone = [each for each in ended.with_texts() if each.marks_are_erased(now=now)]
    return "; ".join(each.text.title for each in gone)
