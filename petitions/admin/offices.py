from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, ManyToManyField, QuerySet
from django.forms import ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from petitions.admin.base import ModelAdmin, StackedInline, column
from petitions.admin.filters import OfficeCountryFilter, VerifiedFilter
from petitions.admin.import_kinds import MAY
from petitions.admin.office_letters import answers_of, came_back_of, letters_of, with_letters
from petitions.admin.office_pages import NEWEST, lines_of
from petitions.delivery.office_pages import settle_stops
from petitions.imports.offices import office_lines
from petitions.models import Import, Office, OfficeAction, OfficeName
from petitions.models.clock import database_now
from petitions.models.office import VERIFIED_FOR


class NameInline(StackedInline[OfficeName, Office]):
    model = OfficeName
    extra = 0
    max_num = len(settings.LANGUAGES)
    tab = True


@admin.register(Office)
class OfficeAdmin(ModelAdmin[Office]):
    list_display = (
        "who",
        "place",
        "asks",
        "verified",
        "sent",
        "last",
        "bounced",
        "answered",
        "confirmed",
        "goes",
    )
    list_filter = (OfficeCountryFilter, "petitions", "language", "active", VerifiedFilter)
    search_fields = ("name", "organisation", "email")
    search_help_text = _("Office, organisation or address")
    list_per_page = 50
    list_before_template = "admin/offices/tools.html"
    readonly_fields = ("stopped_because", "its_letters", "came_back", "its_answers", "on_its_page")
    actions = ("verified_today",)
    inlines = (NameInline,)
    warn_unsaved_form = True

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """A handful of asks is ticked more easily than chosen with a key held down."""
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        office: Office,
        form: ModelForm[Office],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Who lets letters go to an office again has dealt with what stopped them."""
        if office.active:
            office.stopped_because = ""
        super().save_model(request, office, form, change)
        if office.active:
            settle_stops(office, by=cast("User", request.user), now=database_now())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Office]:
        return with_letters(super().get_queryset(request).annotate(asks=Count("petitions")))

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        return [path("offices.csv", export, name="petitions_office_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponse:
        """All offices, in the columns that the import reads."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        offices = Office.objects.prefetch_related("petitions")
        return HttpResponse(
            "".join(office_lines(offices)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="offices.csv"'},
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = {"may_import": request.user.has_perms(MAY[Import.Kind.OFFICES])}
        return super().changelist_view(request, (extra_context or {}) | may)

    @admin.action(description=_("Verified today"), permissions=["change"])
    def verified_today(self, request: HttpRequest, offices: QuerySet[Office]) -> None:
        chosen = list(offices)
        with transaction.atomic():
            Office.objects.filter(pk__in=[each.pk for each in chosen]).update(
                verified_on=timezone.localdate()
            )
            for each in chosen:
                self.log_change(request, each, gettext("Verified today"))
        words = ngettext(
            "%(count)s office was verified today.",
            "%(count)s offices were verified today.",
            len(chosen),
        )
        self.message_user(request, words % {"count": len(chosen)}, messages.SUCCESS)

    @column(_("office"), ordering="name", header=True)
    def who(self, office: Office) -> tuple[str, str]:
        return office.name, office.organisation

    @column(_("receives letters"), ordering="active", label={"yes": "success", "no": "danger"})
    def goes(self, office: Office) -> tuple[str, str]:
        if office.active:
            return "yes", gettext("yes")
        return "no", Truncator(office.stopped_because or gettext("no")).chars(40)

    @column(
        _("verified"),
        ordering="verified_on",
        label={"lately": "success", "old": "warning", "never": "danger"},
    )
    def verified(self, office: Office) -> tuple[str, str]:
        day = office.verified_on
        if day is None:
            return "never", gettext("never")
        is_old = day < timezone.localdate() - VERIFIED_FOR
        return "old" if is_old else "lately", date_format(day, "SHORT_DATE_FORMAT")

    @column(_("letters"), ordering="letters")
    def sent(self, office: Office) -> int:
        return int(getattr(office, "letters"))  # noqa: B009 - annotated by the query

    @column(_("last letter"), ordering="last_letter")
    def last(self, office: Office) -> str | None:
        day = getattr(office, "last_letter")  # noqa: B009 - annotated by the query
        return date_format(day, "SHORT_DATE_FORMAT") if day else None

    @column(_("bounces"), ordering="bounces")
    def bounced(self, office: Office) -> int:
        return int(getattr(office, "bounces"))  # noqa: B009 - annotated by the query

    @column(_("answers"), ordering="answers")
    def answered(self, office: Office) -> int:
        return int(getattr(office, "answers"))  # noqa: B009 - annotated by the query

    @column(_("receipts"), ordering="receipts")
    def confirmed(self, office: Office) -> int:
        return int(getattr(office, "receipts"))  # noqa: B009 - annotated by the query

    @column(_("letters"))
    def its_letters(self, office: Office) -> str:
        return letters_of(office)

    @column(_("what came back"))
    def came_back(self, office: Office) -> str:
        return came_back_of(office)

    @column(_("answers"))
    def its_answers(self, office: Office) -> str:
        return answers_of(office)

    @column(_("on its own page"))
    def on_its_page(self, office: Office) -> str:
        """The newest lines, each leading to all that is known of it."""
        actions = OfficeAction.objects.filter(delivery__office=office.pk)
        return lines_of(actions.select_related("delivery__batch__petition")[:NEWEST])

    @column(_("country"), ordering="country")
    def place(self, office: Office) -> str:
        name: str = office.country.name
        return name or gettext("international")

    @column(_("asks"), ordering="asks")
    def asks(self, office: Office) -> int:
        asks: int = getattr(office, "asks")  # noqa: B009 - annotated by the query
        return asks
