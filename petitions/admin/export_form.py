"""What an organizer says to get an export: for what, whom, which columns, as what, and why."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from petitions.admin.filters import reference_in, signed_from
from petitions.exports.columns import RULES, title_of
from petitions.exports.orders import Order
from petitions.exports.selection import BY_FLAG, Selection
from petitions.models import Batch, Hold, Partner, Petition, Source, Visibility
from petitions.models.export import Format, Use

SHORTEST_REASON = 10
# What a list page can tick.
MOST_TICKED = 200
# The list's filters by their names in its address, and the form's field of each.
FROM_LIST = {
    "petition": "petitions",
    "country": "countries",
    "visibility": "visibilities",
    "name": "name",
    "batch": "batch",
    "flag": "flag",
    "hold": "hold",
    "source": "source",
    "confirmed_hour_from": "since",
    "confirmed_hour_to": "until",
    "q": "reference",
}
# How a list is sorted and paged says nothing about what is in it.
_NO_FILTERS = {"o", "p", "all", "_changelist_filters", "e"}


class UnknownFilter(Exception):
    """The list is narrowed by what an export can't be narrowed by."""


class ExportForm(forms.Form):
    use = forms.ChoiceField(
        label=_("What do you need them for?"), choices=Use, widget=UnfoldAdminRadioSelectWidget
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=Format, widget=UnfoldAdminRadioSelectWidget
    )
    petitions = forms.TypedMultipleChoiceField(
        label=_("Petitions"),
        help_text=_("None ticked: all."),
        coerce=int,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries"),
        help_text=_("None chosen: all. Several with the Ctrl key."),
        required=False,
        widget=UnfoldAdminSelectMultipleWidget(attrs={"size": 6}),
    )
    visibilities = forms.MultipleChoiceField(
        label=_("Visibility"),
        help_text=_("None ticked: all that this use allows."),
        choices=Visibility,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    partners = forms.TypedMultipleChoiceField(
        label=_("Partners"),
        help_text=_("None chosen: signers that came by any or none."),
        coerce=int,
        required=False,
        widget=UnfoldAdminSelectMultipleWidget(attrs={"size": 4}),
    )
    since = forms.DateField(
        label=_("Confirmed from"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=_("Confirmed until"),
        help_text=_("The days are those of UTC; the last one counts."),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    news = forms.ChoiceField(
        label=_("News"),
        choices=[
            ("", _("whether they asked for it or not")),
            ("yes", _("those who asked for it")),
            ("no", _("those who did not")),
        ],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    name = forms.ChoiceField(
        choices=[(each, each) for each in ("", "shown", "waiting", "hidden")],
        required=False,
        widget=forms.HiddenInput,
    )
    batch = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    flag = forms.ChoiceField(
        choices=[(each, each) for each in ("", *BY_FLAG)], required=False, widget=forms.HiddenInput
    )
    hold = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    source = forms.ChoiceField(
        label=_("Source"),
        choices=[("", _("any")), *Source.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.RegexField(r"^[0-9a-f]{1,32}$", required=False, widget=forms.HiddenInput)
    ticked = forms.TypedMultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("Stands in the audit trail. Please name no signer here."),
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("petitions", [(each.pk, str(each)) for each in Petition.objects.all()])
        self._choices("countries", signed_from())
        self._choices("partners", [(each.pk, str(each)) for each in Partner.objects.all()])
        numbers = Batch.objects.values_list("pk", flat=True)
        self._choices("batch", [(each, each) for each in ("", "none", "any", *map(str, numbers))])
        holds = Hold.objects.values_list("pk", flat=True)
        self._choices("hold", [(each, each) for each in ("", "none", "any", *map(str, holds))])
        # Any reference of a list; which of them exist the query says.
        self._choices("ticked", [(each, each) for each in _references(self)])
        for use in Use:
            self.fields[f"columns_{use}"] = forms.MultipleChoiceField(
                label=_("Columns"),
                choices=[(each, title_of(each)) for each in RULES[use].columns],
                initial=list(RULES[use].columns),
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
            )

    def _choices(self, field: str, choices: list[tuple[Any, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]  # these are choice fields

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        use = said.get("use")
        if use and not said.get(f"columns_{use}"):
            self.add_error(f"columns_{use}", gettext("Tick one column at least."))
        since, until = said.get("since"), said.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("This day is before the first one."))
        return said

    def selection(self) -> Selection:
        said = self.cleaned_data
        lists = ("petitions", "countries", "visibilities", "partners", "ticked")
        texts = ("since", "until", "news", "name", "batch", "flag", "hold", "source", "reference")
        values: dict[str, Any] = {name: tuple(said.get(name) or ()) for name in lists}
        values |= {name: str(said.get(name) or "") for name in texts}
        return Selection(**values)

    def order(self) -> Order:
        said = self.cleaned_data
        use = Use(said["use"])
        return Order(
            use=use,
            format=Format(said["format"]),
            columns=tuple(said[f"columns_{use}"]),
            selection=self.selection(),
            reason=said["reason"],
        )


def filters_of(address: QueryDict) -> dict[str, Any]:
    """What the list's address says, as the form has it.

    Raises:
        UnknownFilter: it says more than an export knows.
        BadRequest: no list of ours leads there.
    """
    said: dict[str, Any] = {}
    for name in address:
        if name in _NO_FILTERS or not address[name]:
            continue
        if name not in FROM_LIST:
            raise UnknownFilter(name)
        field = FROM_LIST[name]
        several = field in {"petitions", "countries", "visibilities"}
        said[field] = address.getlist(name) if several else address[name]
    if "reference" in said:
        said["reference"] = reference_in(said["reference"]) or _nobody()
    return said


def ticked_in(values: list[str]) -> list[str]:
    """
    Raises:
        BadRequest: something else than references was sent.
    """
    try:
        return [str(uuid.UUID(each)) for each in values[:MOST_TICKED]]
    except ValueError as error:
        raise BadRequest("This is no reference.") from error


def _nobody() -> str:
    """What is no reference finds nobody in the list either, and may be a person's name."""
    raise BadRequest("This is no reference.")


def _references(form: ExportForm) -> list[str]:
    data: Mapping[str, Any] = form.data
    values = data.getlist("ticked") if isinstance(data, QueryDict) else data.get("ticked", [])
    return ticked_in(list(values))
