"""The pages where a sheet is handed in: its dry run leads on to a report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from petitions.admin.import_kinds import (
    COLUMNS,
    EXAMPLES,
    TITLES,
    Kind,
    csv_file,
    note_in_trail,
    refuse_who_may_not,
    report_url,
)
from petitions.admin.petitions import title_of
from petitions.admin.upload import SheetForm
from petitions.imports.offices import check_offices
from petitions.imports.paper import check_paper, takes_paper
from petitions.imports.sheet import SheetNotValid, read_sheet
from petitions.models import Import, Petition
from petitions.models.clock import database_now
from petitions.signatures import consent
from petitions.text import one_line


class PaperForm(SheetForm):
    """What a sheet of paper says once for all who signed it."""

    petition = forms.ModelChoiceField(
        label=_("Petition"),
        queryset=Petition.objects.none(),
        widget=UnfoldAdminSelectWidget,
    )
    language = forms.ChoiceField(
        label=_("Language of the sheets"),
        choices=settings.LANGUAGES,
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.CharField(
        label=_("Where the sheets are kept"),
        help_text=_(
            "For example “folder 3”. It stands in the audit trail; please name no signer here."
        ),
        max_length=100,
        validators=[one_line],
        widget=UnfoldAdminTextInputWidget,
    )
    consent_version = forms.CharField(
        label=_("Consent text on the sheets"),
        help_text=_("The version of the words that people read before they signed."),
        max_length=10,
        initial=consent.version,
        validators=[one_line],
        widget=UnfoldAdminTextInputWidget,
    )
    consent_given = forms.BooleanField(
        label=_("Everybody in this sheet gave this consent on paper, by hand."),
        widget=UnfoldBooleanWidget,
        error_messages={
            "required": _("Without their consent on paper nobody’s signature may be imported.")
        },
    )

    FACTS = ("petition", "language", "reference", "consent_version")
    field_order = (*FACTS, "consent_given", "file", "pasted")

    def __init__(self, request: HttpRequest, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        petitions = self.fields["petition"]
        assert isinstance(petitions, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        taking = [each.pk for each in Petition.objects.all() if takes_paper(each, now=now)]
        petitions.queryset = Petition.objects.filter(pk__in=taking).with_words()
        petitions.label_from_instance = _numbered  # type: ignore[method-assign, assignment]  # Django's own way

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.FACTS}


def _numbered(petition: Petition) -> str:
    return f"{petition.number}. {title_of(petition)}"


@sensitive_post_parameters()
def paper_page(request: HttpRequest, *, model_admin: ModelAdmin[Import]) -> HttpResponse:
    refuse_who_may_not(request, Kind.PAPER)
    now = database_now()
    form = PaperForm(request, request.POST or None, request.FILES or None, now=now)

    def check(data: bytes) -> Import:
        read = read_sheet(data, COLUMNS[Kind.PAPER])
        return check_paper(read, by=cast("User", request.user), now=now, **form.facts())

    return _dry_run(request, form, check) or _form_page(request, Kind.PAPER, form, model_admin)


def offices_page(request: HttpRequest, *, model_admin: ModelAdmin[Import]) -> HttpResponse:
    refuse_who_may_not(request, Kind.OFFICES)
    form = SheetForm(request, request.POST or None, request.FILES or None)

    def check(data: bytes) -> Import:
        read = read_sheet(data, COLUMNS[Kind.OFFICES])
        return check_offices(read, by=cast("User", request.user), now=database_now())

    return _dry_run(request, form, check) or _form_page(request, Kind.OFFICES, form, model_admin)


def template_file(
    request: HttpRequest, *, model_admin: ModelAdmin[Import], kind: str
) -> HttpResponse:
    """The titles and an example, to start from."""
    if kind not in COLUMNS:
        raise Http404
    refuse_who_may_not(request, kind)
    return csv_file(
        f"{kind}-{model_admin.opts.model_name}.csv", [COLUMNS[kind].titles, EXAMPLES[kind]]
    )


def _dry_run(
    request: HttpRequest, form: SheetForm, check: Callable[[bytes], Import]
) -> HttpResponse | None:
    """On to the report; None where there is none yet, and the form says why.

    That a sheet was checked stands in the trail: its report tells who has signed already.
    """
    if not form.is_valid():
        return None
    try:
        with transaction.atomic():
            sheet = check(form.data_given())
            lines = sum(sheet.counts.values())
            note_in_trail(request, sheet, what=gettext("checked"), count=lines)
    except SheetNotValid as error:
        form.add_error("file" if form.cleaned_data["file"] else "pasted", str(error))
        return None
    return HttpResponseRedirect(report_url(sheet.pk))


def _form_page(
    request: HttpRequest, kind: str, form: SheetForm, model_admin: ModelAdmin[Import]
) -> HttpResponse:
    columns = COLUMNS[kind]
    titles = [(name, title, name in columns.required) for name, title in columns.titles.items()]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": TITLES[kind],
        "kind": kind,
        "form": form,
        "titles": titles,
    }
    return TemplateResponse(request, "admin/imports/sheet.html", context)
