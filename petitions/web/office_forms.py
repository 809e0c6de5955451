"""The forms on an office's page: what somebody in the office typed becomes clean values."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Hidden, Layout, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from petitions.models.sealed import OfficeWords
from petitions.signatures.addresses import AddressNotValid, clean_address
from petitions.text import one_line, several_lines
from petitions.web.forms import FORM_ATTRIBUTES, PROBLEM

LONGEST_ANSWER = 5000
LONGEST_NOTE = 1000
THIS = "this"
OTHER = "other"


def note_field() -> forms.CharField:
    return forms.CharField(
        label=_("Note to the organizers (optional)"),
        max_length=LONGEST_NOTE,
        required=False,
        validators=[several_lines],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Please shorten your note to 1,000 characters.")},
    )


class OfficeForm(forms.Form):
    """One of several on a page: `do` names what its button does, and its fields' ids."""

    do = ""
    button: str | Promise = ""

    def __init__(self, data: QueryDict | None = None, *, address: str) -> None:
        super().__init__(data, auto_id=f"{self.do}_%s")
        self.address = address

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_action = f"{self.address}{PROBLEM}"
        helper.attrs = FORM_ATTRIBUTES
        helper.disable_csrf = True
        helper.layout = Layout(
            *self.fields, Hidden("do", self.do), Submit(f"send-{self.do}", self.button)
        )
        return helper


class AnswerForm(OfficeForm):
    do = "answer"
    button = _("Send the answer")

    text = forms.CharField(
        label=_("Your answer"),
        max_length=LONGEST_ANSWER,
        validators=[several_lines],
        help_text=_(
            "Plain text, at most 5,000 characters. Please leave out names of persons and whatever"
            " is not for everybody."
        ),
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={
            "required": _("Please type your answer."),
            "max_length": _("Please shorten your answer to 5,000 characters."),
        },
    )
    language = forms.ChoiceField(
        label=_("Language of the answer"),
        choices=settings.LANGUAGES,
        initial=get_language,
        error_messages={
            "required": _("Please choose the language of your answer."),
            "invalid_choice": _("Please choose the language of your answer."),
        },
    )


class AddressForm(OfficeForm):
    do = "address"
    button = _("Send the address")

    whose = forms.ChoiceField(
        label=_("Who should get such letters?"),
        choices=[
            (THIS, _("This office, at another address.")),
            (OTHER, _("Another office.")),
        ],
        initial=THIS,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Please choose who should get such letters."),
            "invalid_choice": _("Please choose who should get such letters."),
        },
    )
    name = forms.CharField(
        label=_("Name of the office, if it is another one"),
        max_length=300,
        required=False,
        validators=[one_line],
        help_text=_("The role and the organisation, no private person."),
        error_messages={"max_length": _("Please shorten the name to 300 characters.")},
    )
    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        help_text=_("Nothing is sent to it before an organizer has looked at it."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Please type the email address."),
            "max_length": _("This is too long for an email address."),
        },
    )
    note = note_field()

    def clean_email(self) -> str:
        try:
            return clean_address(self.cleaned_data["email"])
        except AddressNotValid as error:
            raise ValidationError(
                _(
                    "We can't write to this address. It should look like name@example.org, with"
                    " only Latin letters, digits and signs before the @."
                )
            ) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("whose") == OTHER and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", _("Please type the name of the other office."))
        return cleaned

    @property
    def is_other(self) -> bool:
        return bool(self.cleaned_data["whose"] == OTHER)

    def words(self) -> OfficeWords:
        clean = self.cleaned_data
        return OfficeWords(name=clean["name"], email=clean["email"], note=clean["note"])


class StopForm(OfficeForm):
    do = "stop"
    button = _("Stop the letters")

    note = note_field()
    # Some mail scanners press the buttons of what a mail links to; none of them ticks a box.
    sure = forms.BooleanField(
        label=_("Yes, this office wants no more letters."),
        error_messages={"required": _("Please tick the box above the button first.")},
    )

    def words(self) -> OfficeWords:
        return OfficeWords(note=self.cleaned_data["note"])
