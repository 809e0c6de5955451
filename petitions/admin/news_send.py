"""The last look before news goes out: how many get which words, a test, and a typed number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django_countries import countries
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from petitions.admin.audit import record
from petitions.admin.petitions import title_of
from petitions.models import AuditEntry, NewsLetter, NewsText, PetitionUpdate
from petitions.models.clock import database_now
from petitions.news.audience import Audience
from petitions.news.tell import CannotTell, send_letter, what_is_missing
from petitions.news.trials import TooManyTrials, ask_for_trial
from petitions.news.words import Words, words_of
from petitions.signatures.addresses import AddressNotValid, clean_address


@dataclass(frozen=True)
class Sample:
    language: str
    code: str
    words: Words
    faults: list[tuple[str, list[str]]]
    """What is wrong with which field, in the words that saving would use."""
    recipients: int = 0


class TrialForm(forms.Form):
    address = forms.CharField(
        label=_("Email address"),
        help_text=_("Only the mailer can read it, and it is erased once the test is sent."),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "email", "autocomplete": "email"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: object, letter: NewsLetter, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as they come
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)  # noqa: S101 - it is, see above
        names = dict(settings.LANGUAGES)
        written = sorted(text.language for text in letter.texts.all())
        language.choices = [("", _("all that it is written in"))] + [
            (code, names[code]) for code in written
        ]

    def clean_address(self) -> str:
        try:
            return clean_address(self.cleaned_data["address"])
        except AddressNotValid as error:
            raise ValidationError(_("This can't be an address.")) from error


class SendForm(forms.Form):
    """`number` is what its page showed; to type it is to have read it."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)
    typed = forms.CharField(
        label=_("How many get it?"),
        help_text=_("Type the number of supporters to whom it goes."),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        digits = "".join(each for each in typed if each.isdecimal())
        if digits != str(self.cleaned_data.get("number")):
            raise ValidationError(_("This is not the number that stands above."))
        return typed


@sensitive_post_parameters("address")
def send_page(
    request: HttpRequest,
    letter: NewsLetter,
    *,
    model_admin: ModelAdmin[NewsLetter],
    may_try: bool,
    may_tell: bool,
) -> HttpResponse:
    """Shows the mails and how many get each. Its forms test the mails, and send them."""
    do = request.POST.get("do", "")
    allowed = {"try": may_try, "send": may_tell}
    if request.method == "POST" and not allowed.get(do, False):
        raise PermissionDenied
    trial = TrialForm(request.POST if do == "try" else None, letter=letter)
    send = SendForm(request.POST if do == "send" else None)
    said = None
    if trial.is_bound and trial.is_valid():
        said = _try(request, letter, trial)
    elif send.is_bound and send.is_valid():
        said = _send(request, letter, send)
    if said is not None:
        model_admin.message_user(request, *said)
        return HttpResponseRedirect(request.path)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": str(letter),
        "letter": letter,
        "trial": trial,
        "petitions": [title_of(petition) for petition in letter.petitions.all()],
        "may_try": may_try,
        "may_tell": may_tell,
        "trials": letter.trials.select_related("asked_by").order_by("-asked_at"),
        **_figures(letter, send),
    }
    return TemplateResponse(request, "admin/news/letter_send.html", context)


def _figures(letter: NewsLetter, send: SendForm) -> dict[str, object]:
    counts = Audience.of(letter).count()
    by_language: Counter[str] = Counter()
    by_country: Counter[str] = Counter()
    for (language, country), count in counts.items():
        text = letter.text_for(language)
        by_language[text.language if text else language] += count
        by_country[country] += count
    total = sum(counts.values())
    everybody = sum(_everybody_meant(letter).values())
    shown = {"number": str(total), "seen": letter.fingerprint()}
    send.initial = shown
    if send.is_bound:
        # Whoever has to type it once more types what stands there now.
        send.data = {**send.data, **shown, "typed": send["typed"].value()}
    return {
        "send": send,
        "total": total,
        "left_out": everybody - total,
        "by_country": [
            (countries.name(code) if code else _("not known"), count)
            for code, count in by_country.most_common()
        ],
        "samples": [
            sample_of(letter, text, recipients=by_language[text.language])
            for text in sorted(letter.texts.all(), key=in_order)
        ],
        "missing": what_is_missing(letter),
    }


def in_order(words: NewsText | PetitionUpdate) -> int:
    """The campaign's first language first."""
    return [code for code, _name in settings.LANGUAGES].index(words.language)


def _everybody_meant(letter: NewsLetter) -> dict[tuple[str, str], int]:
    """As if there were words in every language."""
    ids = [petition.pk for petition in letter.petitions.all()]
    return Audience(ids, letter.countries, letter.languages or None).count()


def sample_of(
    letter: NewsLetter,
    text: NewsText,
    *,
    faults: list[tuple[str, list[str]]] | None = None,
    recipients: int = 0,
) -> Sample:
    # The organizers' process knows no public addresses; where links will lead is beside the point.
    link = f"{settings.SITE_URL}/…"
    return Sample(
        language=dict(settings.LANGUAGES).get(text.language, text.language),
        code=text.language,
        words=words_of(letter, text, petition_url=link, stop_url=link),
        faults=faults or [],
        recipients=recipients,
    )


def _try(request: HttpRequest, letter: NewsLetter, form: TrialForm) -> tuple[str, int]:
    try:
        with transaction.atomic():
            ask_for_trial(
                letter,
                address=form.cleaned_data["address"],
                language=form.cleaned_data["language"],
                by=cast("User", request.user),
                now=database_now(),
            )
            record(request, AuditEntry.Action.TRY_NEWS, count=1, selection=str(letter))
    except TooManyTrials as why:
        return str(why), messages.WARNING
    words = _("The mailer sends it within seconds. How it went stands below.")
    return str(words), messages.SUCCESS


def _send(request: HttpRequest, letter: NewsLetter, form: SendForm) -> tuple[str, int]:
    try:
        with transaction.atomic():
            user = cast("User", request.user)
            seen = form.cleaned_data["seen"]
            item = send_letter(letter, seen=seen, by=user, now=database_now())
            record(
                request,
                AuditEntry.Action.TELL,
                count=item.recipients,
                selection=str(letter),
            )
    except CannotTell as why:
        return str(why), messages.WARNING
    words = ngettext(
        "It goes out to %(recipients)s supporter.",
        "It goes out to %(recipients)s supporters.",
        item.recipients,
    )
    return words % {"recipients": item.recipients}, messages.SUCCESS
