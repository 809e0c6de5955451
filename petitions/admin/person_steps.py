"""What an organizer does for a person: each step asks first, says what will happen, and is noted.

Whoever the step is about comes with each form, as it was typed; so nothing of it has to be kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from petitions.admin.audit import record
from petitions.admin.opening import opened
from petitions.alphabets import alphabetical
from petitions.exports.person_file import person_file
from petitions.models import AuditEntry, PersonRequest, Signature
from petitions.models.clock import database_now
from petitions.models.person_request import no_person
from petitions.models.sealed import Details
from petitions.signatures.correct import (
    Correction,
    correct,
    end_restriction,
    may_hold_details,
    restrict,
)
from petitions.signatures.persons import Person, Subject, erase_person, find
from petitions.text import a_name, one_line, several_lines
from petitions.vault import KeysUnavailable

MAY_ACT = "petitions.exercise_rights"
SHORTEST_REASON = 10
Action = AuditEntry.Action


if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[PersonRequest]
else:
    _ModelChoiceField = forms.ModelChoiceField


class CaseField(_ModelChoiceField):
    def label_from_instance(self, case: PersonRequest) -> str:
        return f"{case}: {case.get_kind_display()}"


class StepForm(forms.Form):
    case = CaseField(
        label=_("Their request"),
        help_text=_("If it is noted under “Persons’ requests”. It is marked as done with this."),
        queryset=PersonRequest.objects.none(),
        required=False,
        empty_label=_("none is noted"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked anew for each form: those that are open now.
        cast("CaseField", self.fields["case"]).queryset = PersonRequest.objects.open()


class HandOverForm(StepForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case"].help_text = _(
            "It stays open: mark it as done when the person has got the file."
        )


class ReasonForm(StepForm):
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("Stands in the audit trail. Please name no signer here."),
        min_length=SHORTEST_REASON,
        max_length=500,
        validators=[no_person],
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class CountryForm(StepForm):
    """Of those whose name is not kept, the country is all that can be wrong."""

    country = forms.ChoiceField(label=_("Country"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted(countries, key=lambda each: alphabetical(each[1]))
        cast("forms.ChoiceField", self.fields["country"]).choices = known


class CorrectForm(CountryForm):
    """As strict as the form that people sign with."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        validators=[one_line, a_name],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=16,
        required=False,
        validators=[one_line],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    comment = forms.CharField(
        label=_("Comment"),
        max_length=1000,
        required=False,
        validators=[several_lines],
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    field_order = ("name", "postcode", "comment", "country", "case")


@dataclass(frozen=True)
class Step:
    title: str | Promise
    button: str | Promise
    form: type[StepForm]
    act: Callable[[HttpRequest, Subject, Any], HttpResponse | None]
    is_grave: bool = False


def take(
    name: str, request: HttpRequest, subject: Subject, context: dict[str, Any]
) -> HttpResponse | None:
    """Ask; once the answer is there, act. None where the person's page is to be shown."""
    if request.method != "POST" or not request.user.has_perm(MAY_ACT):
        raise PermissionDenied
    step = STEPS[name]
    form = _form(step, request, subject)
    if form.is_valid():
        try:
            return step.act(request, subject, form)
        except KeysUnavailable:
            words = gettext("The keys that are here do not open it: nothing was changed.")
            messages.error(request, words)
            return None
    context = {
        **context,
        "title": step.title,
        "step": step,
        "name": name,
        "form": form,
        "subject": subject,
        "person": find(subject),
        "references": request.POST.getlist("of"),
    }
    return TemplateResponse(request, "admin/signatures/step.html", context)


def _form(step: Step, request: HttpRequest, subject: Subject) -> StepForm:
    data = request.POST if request.POST.get("sure") == "yes" else None
    if step.form is not CorrectForm:
        return step.form(data)
    chosen = _chosen(request, find(subject))
    if not any(map(may_hold_details, chosen)):
        return CountryForm(data, initial=_initial(chosen))
    if data is None:
        record(request, Action.READ, count=1, selection=str(subject.reference or ""))
    return CorrectForm(data, initial=_initial(chosen))


def _initial(chosen: list[Signature]) -> dict[str, str]:
    if not chosen:
        return {}
    details = opened(chosen[0])
    return {"country": chosen[0].country.code, **(vars(details) if details else {})}


def _chosen(request: HttpRequest, person: Person) -> list[Signature]:
    references = _references(request)
    return [each for each in person.signatures if each.pk in references]


def _references(request: HttpRequest) -> set[uuid.UUID]:
    try:
        return {uuid.UUID(each) for each in request.POST.getlist("of")}
    except ValueError as error:
        raise BadRequest("This is no reference.") from error


# --- The steps


def _hand_over(request: HttpRequest, subject: Subject, form: HandOverForm) -> HttpResponse:
    """The line is committed before the first byte leaves."""
    person = find(subject)
    file = person_file(
        signatures=person.signatures,
        requests=person.requests,
        subscriber=person.subscriber,
        mails=person.mails,
        now=database_now(),
    )
    number = str(form.cleaned_data["case"] or "")
    record(request, Action.HANDOVER, count=len(person.signatures), selection=number)
    return HttpResponse(
        file,
        content_type="application/json",
        headers={
            "Content-Disposition": 'attachment; filename="personal-data.json"',
            "Cache-Control": "no-store",
        },
    )


@transaction.atomic
def _correct(request: HttpRequest, subject: Subject, form: CountryForm) -> None:
    typed = form.cleaned_data
    details = None
    if isinstance(form, CorrectForm):
        details = Details(typed["name"], typed["postcode"], typed["comment"])
    done = correct(subject, _references(request), Correction(typed["country"], details))
    _note(request, Action.CORRECT, form, count=len(done))
    words = ngettext(
        "%(count)s signature is corrected.", "%(count)s signatures are corrected.", len(done)
    )
    messages.success(request, words % {"count": len(done)})
    if any(each.batch_id for each in done):
        words = gettext(
            "Letters that went out are not changed: if it matters, write to the offices that the "
            "page below names."
        )
        messages.warning(request, words)


@transaction.atomic
def _restrict(request: HttpRequest, subject: Subject, form: ReasonForm) -> None:
    count = restrict(subject)
    _note(request, Action.RESTRICT, form, count=count)
    words = ngettext(
        "%(count)s signature is restricted.", "%(count)s signatures are restricted.", count
    )
    messages.success(request, words % {"count": count})


@transaction.atomic
def _end_restriction(request: HttpRequest, subject: Subject, form: ReasonForm) -> None:
    count = end_restriction(subject)
    _note(request, Action.UNRESTRICT, form, count=count)
    words = ngettext(
        "%(count)s signature is not restricted any more.",
        "%(count)s signatures are not restricted any more.",
        count,
    )
    messages.success(request, words % {"count": count})


@transaction.atomic
def _erase(request: HttpRequest, subject: Subject, form: StepForm) -> None:
    gone = erase_person(subject, now=database_now())
    _note(request, Action.ERASE, form, count=gone.count)
    words = gettext(
        "Erased: signatures %(signatures)s, requests to sign %(requests)s, news %(news)s. Search "
        "again, and nothing is found: that is the proof."
    )
    counts = {"signatures": gone.signatures, "requests": gone.requests, "news": int(gone.news)}
    messages.success(request, words % counts)
    if gone.delivered:
        words = ngettext(
            "The next letter asks the offices that have it to delete %(count)s signature.",
            "The next letter asks the offices that have them to delete %(count)s signatures.",
            gone.delivered,
        )
        messages.info(request, words % {"count": gone.delivered})


def _note(request: HttpRequest, action: AuditEntry.Action, form: StepForm, *, count: int) -> None:
    """In the audit trail, and the person's request is done with it."""
    case: PersonRequest | None = form.cleaned_data["case"]
    reason = form.cleaned_data.get("reason", "")
    record(request, action, count=count, selection=str(case or ""), reason=reason)
    done = PersonRequest.State.DONE
    if case and case.finish(state=done, by=cast("User", request.user), now=database_now()):
        record(request, Action.CASE, count=1, selection=f"{case}: {done.label}")


STEPS = {
    "handover": Step(_("Hand over all data"), _("Download"), HandOverForm, _hand_over),
    "correct": Step(_("Correct"), _("Correct"), CorrectForm, _correct),
    "restrict": Step(_("Restrict"), _("Restrict"), ReasonForm, _restrict),
    "unrestrict": Step(_("End the restriction"), _("End it"), ReasonForm, _end_restriction),
    "erase": Step(_("Erase everything"), _("Erase"), StepForm, _erase, is_grave=True),
}
