"""Where what a supporter typed becomes clean values, or clear words about what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from functools import cache
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Fieldset, Hidden, Layout, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from petitions.alphabets import Key, alphabetical
from petitions.models import Petition, Visibility
from petitions.signatures.addresses import AddressNotValid, clean_address
from petitions.signatures.domains import domain_of, is_disposable, law_over
from petitions.signatures.request import Wish
from petitions.text import a_name, one_line, several_lines
from petitions.web.provider_warning import NOT_SENT, UNDERSTOOD, WARNINGS
from petitions.web.via import VIA

TYPE_YOUR_NAME = _("Please type your name, or choose “Only count me” below.")


def _demand(petition: Petition) -> str:
    return petition.text.demand


# Where an invalid form leads: browsers then move the focus to the list of what is wrong.
PROBLEM = "#problem"
# The same for signing, under the name by which readers jump to the form: it stays in the history.
SIGN_THIS = "#sign-this"
# Browsers may send what they check for spelling to their makers.
FORM_ATTRIBUTES = {"novalidate": True, "spellcheck": "false"}


# More boxes than any campaign has asks.
MOST_ASKS = 50


def country_choices() -> Sequence[tuple[str, Any]]:
    return _country_choices(get_language() or "")


@cache
def _country_choices(_language: str) -> Sequence[tuple[str, Any]]:
    return [("", _("Choose your country")), *sorted(countries, key=_by_name)]


def _by_name(country: tuple[str, str]) -> Key:
    return alphabetical(country[1])


class CountrySelect(forms.Select):
    """Draws all countries by one text a language: by Django's template for each option they take
    half of the time of a petition's page.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django passes it
    ) -> SafeString:
        options = _country_options(get_language() or "")
        chosen = format_html('<option value="{}"', value or "")
        options = options.replace(f"{chosen}>", f"{chosen} selected>", 1)
        attributes = flatatt(self.build_attrs({"name": name, **self.attrs}, attrs))
        return format_html("<select{}>{}</select>", attributes, mark_safe(options))  # noqa: S308 - made of escaped parts


@cache
def _country_options(_language: str) -> str:
    return format_html_join("", '<option value="{}">{}</option>', country_choices())


class CountryField(forms.ChoiceField):
    def valid_value(self, value: str) -> bool:
        """Look it up; walking 249 choices would cost more than all other fields together."""
        return value in countries


class _SharedFields(dict[str, forms.Field]):
    """Django copies a form's fields for each request, since a form may change them, and that takes
    half of the time of making it. Ours changes none but the choices of `also`.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> _SharedFields:
        also = copy(self["also"])
        also.widget = copy(also.widget)
        return _SharedFields(self, also=also)


class SignForm(forms.Form):
    """Signs one petition, and others with it."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        required=False,
        validators=[one_line, a_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"max_length": _("Please shorten your name to 100 characters.")},
    )
    email = forms.CharField(
        label=_("Email"),
        max_length=254,
        help_text=_("We write to it once, to make sure that it is yours. No office ever sees it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Please type your email address: we send the link to confirm to it."),
            "max_length": _("This is too long for an email address."),
        },
    )
    # Shown only beside an address at a provider that has to be warned of.
    understood = forms.BooleanField(label=UNDERSTOOD, required=False)
    country = CountryField(
        label=_("Country"),
        choices=country_choices,
        widget=CountrySelect(attrs={"autocomplete": "country"}),
        error_messages={
            "required": _("Please choose the country you live in."),
            "invalid_choice": _("Please choose a country from the list."),
        },
    )
    postcode = forms.CharField(
        label=_("Postcode (optional)"),
        max_length=16,
        required=False,
        validators=[one_line],
        help_text=_("Offices take letters from their own area more seriously."),
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
        error_messages={"max_length": _("A postcode has at most 16 characters.")},
    )
    comment = forms.CharField(
        label=_("Comment (optional)"),
        max_length=1000,
        required=False,
        validators=[several_lines],
        help_text=_("The offices read it with your name; this site does not show it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": _("Please shorten your comment to 1,000 characters.")},
    )
    visibility = forms.ChoiceField(
        label=_("Who may see your name?"),
        choices=[
            (
                Visibility.OFFICIALS,
                _("Officials only: your name and country stand in the letters to the offices."),
            ),
            (
                Visibility.PUBLIC,
                _("Public: in the letters, and your name and country may stand on this site."),
            ),
            (
                Visibility.WITHHELD,
                _("Only count me: nobody gets your name, and we do not keep it."),
            ),
        ],
        initial=Visibility.OFFICIALS,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Please choose who may see your name."),
            "invalid_choice": _("Please choose who may see your name."),
        },
    )
    news = forms.BooleanField(label=_("Send me news of this campaign by email."), required=False)
    also = forms.MultipleChoiceField(
        label=_("Sign these asks too (optional)"),
        required=False,
        help_text=_("You agree to each by itself when you confirm."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("One of these asks is no longer open. Please look again.")
        },
    )

    def __init__(
        self,
        *args: Any,
        petition: Petition,
        others: Sequence[Petition],
        partner_code: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_warned = False
        self.problem_id = SIGN_THIS[1:]
        self.petition = petition
        self.partner_code = partner_code
        self.others = {other.slug: other for other in others}
        also = self.fields["also"]
        assert isinstance(also, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        # Only who draws the form, or signs others too, needs their titles.
        also.choices = lambda: [(other.slug, other.text.title) for other in others]
        if not others:
            del self.fields["also"]

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_id = "sign"
        helper.form_action = f"{self.petition.get_absolute_url()}{SIGN_THIS}"
        helper.attrs = FORM_ATTRIBUTES
        helper.disable_csrf = True
        helper.error_text_inline = True
        helper.layout = Layout(
            "name",
            "email",
            *(["understood"] if self.is_warned else []),
            "country",
            Fieldset(
                _("Add a postcode or a comment"),
                "postcode",
                "comment",
                template="%s/layout/details.html",
            ),
            "visibility",
            *(["also"] if "also" in self.fields else []),
            "news",
            *([Hidden(VIA, self.partner_code)] if self.partner_code else []),
            HTML('{% include "parts/traps.html" %}'),
            Submit("sign", _("Sign")),
        )
        return helper

    def _clean_fields(self) -> None:
        """As Django does it, but for the bound fields, which it makes to draw a form: here most forms
        are drawn by nobody, and making them takes longer than cleaning.
        """
        for name, field in self.fields.items():
            try:
                typed = field.widget.value_from_datadict(self.data, self.files, name)
                self.cleaned_data[name] = field.clean(typed)
                if name == "email":
                    self.cleaned_data[name] = self.clean_email()
            except ValidationError as error:
                self.add_error(name, error)

    def clean_email(self) -> str:
        try:
            address = clean_address(self.cleaned_data["email"])
        except AddressNotValid as error:
            raise ValidationError(
                _(
                    "We can't write to this address. It should look like name@example.org, with"
                    " only Latin letters, digits and signs before the @."
                )
            ) from error
        if settings.DISPOSABLE_ADDRESSES == "refuse" and is_disposable(domain_of(address)):
            raise ValidationError(
                _("This looks like a throw-away address. Please use one that you keep.")
            )
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        withheld = cleaned.get("visibility") == Visibility.WITHHELD
        if not withheld and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", TYPE_YOUR_NAME)
        self.warn_of_provider(cleaned)
        return cleaned

    def warn_of_provider(self, cleaned: dict[str, Any]) -> None:
        """Nothing is sent to a mailbox that Russia or Belarus can open before a second yes."""
        law = law_over(domain_of(cleaned.get("email", "")))
        if law is None:
            return
        self.is_warned = True
        self["understood"].help_text = WARNINGS[law]
        if not cleaned.get("understood"):
            self.add_error("understood", NOT_SENT)

    def wish(self, *, partner_id: int | None = None) -> Wish:
        """What the signer asked for, from a valid form."""
        clean = self.cleaned_data
        others = [self.others[slug] for slug in clean.get("also", [])]
        return Wish(
            petition_ids=[self.petition.pk, *(other.pk for other in others)],
            address=clean["email"],
            name=clean["name"],
            country=clean["country"],
            postcode=clean["postcode"],
            comment=clean["comment"],
            visibility=Visibility(clean["visibility"]),
            news=clean["news"],
            language=get_language() or "en",
            partner_id=partner_id,
        )


SignForm.base_fields = _SharedFields(SignForm.base_fields)


class ConfirmForm(forms.Form):
    """An unticked box for each ask: consent is given ask by ask."""

    petitions = forms.ModelMultipleChoiceField(
        label=_("I agree, and sign"),
        queryset=Petition.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Please tick each ask that you want to sign."),
            "invalid_choice": _("One of these asks is no longer open. Please look again."),
            "invalid_pk_value": _("One of these asks is no longer open. Please look again."),
        },
    )

    def __init__(
        self,
        *args: Any,
        petition_ids: Sequence[int],
        address: str,
        now: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        petitions = self.fields["petitions"]
        assert isinstance(petitions, forms.ModelMultipleChoiceField)  # noqa: S101 - for the type checker
        confirmable = Petition.objects.confirmable(now=now)
        petitions.queryset = confirmable.filter(pk__in=petition_ids).with_words()
        petitions.label_from_instance = _demand  # type: ignore[method-assign, assignment]  # Django's own way

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_id = "confirm"
        # Named, as the page's own address may be forgotten by now; and without the fragment of
        # other forms, which would tell in the history that something was sent.
        helper.form_action = self.address
        helper.attrs = FORM_ATTRIBUTES
        helper.disable_csrf = True
        helper.layout = Layout("petitions", Submit("confirm", _("Confirm and sign")))
        return helper


def agreed_to(posted: QueryDict) -> list[int]:
    """What a `ConfirmForm` was sent with, if it can be that: then nothing else need be asked for."""
    typed = posted.getlist("petitions")
    is_clean = all(each.isascii() and each.isdecimal() for each in typed)
    return [int(each) for each in typed[:MOST_ASKS]] if is_clean else []
