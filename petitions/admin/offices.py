from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, ManyToManyField, QuerySet
from django.forms import ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from petitions.admin.base import ModelAdmin, StackedInline, column
from petitions.admin.filters import OfficeCountryFilter
from petitions.admin.office_pages import NEWEST, lines_of
from petitions.delivery.office_pages import settle_stops
from petitions.models import Office, OfficeAction, OfficeName
from petitions.models.clock import database_now


class NameInline(StackedInline[OfficeName, Office]):
    model = OfficeName
    extra = 0
    max_num = len(settings.LANGUAGES)
    tab = True


@admin.register(Office)
class OfficeAdmin(ModelAdmin[Office]):
    list_display = (
        "name",
        "organisation",
        "place",
        "language",
        "asks",
        "active",
        "stopped_because",
    )
    list_filter = (OfficeCountryFilter, "petitions", "language", "active")
    search_fields = ("name", "organisation", "email")
    search_help_text = _("Office, organisation or address")
    list_per_page = 50
    readonly_fields = ("stopped_because", "on_its_page")
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
        return super().get_queryset(request).annotate(asks=Count("petitions"))

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
