"""Who may do what here: Django's users and groups, drawn like the other screens.

An administrator gives people groups. Only a superuser makes superusers, gives single rights, or
touches a superuser's account: else a right to change users would be a right to everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from petitions.admin.audit import record
from petitions.admin.base import ModelAdmin
from petitions.models import AuditEntry

if TYPE_CHECKING:
    OrganizerBase = UserAdmin[User]
    GroupBase = GroupAdmin
else:

    class OrganizerBase(UserAdmin, ModelAdmin):
        pass

    class GroupBase(GroupAdmin, ModelAdmin):
        pass


admin.site.unregister(User)
admin.site.unregister(Group)

_FOR_SUPERUSERS = ("is_superuser", "user_permissions")
_GIVE_RIGHTS = {"is_active", "is_staff", "groups", *_FOR_SUPERUSERS}


@admin.register(User)
class OrganizerAdmin(OrganizerBase):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active", "groups_in_words")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Personal info"), {"fields": ("first_name", "last_name")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "groups", "is_superuser", "user_permissions")},
        ),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("groups"))
    def groups_in_words(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def get_readonly_fields(self, request: HttpRequest, user: User | None = None) -> Any:
        names = super().get_readonly_fields(request, user)
        return names if request.user.is_superuser else (*names, *_FOR_SUPERUSERS)

    def has_change_permission(self, request: HttpRequest, user: User | None = None) -> bool:
        return super().has_change_permission(request, user) and _may_touch(request, user)

    def has_delete_permission(self, request: HttpRequest, user: User | None = None) -> bool:
        return super().has_delete_permission(request, user) and _may_touch(request, user)

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm[User],
        formsets: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        super().save_related(request, form, formsets, change)
        if _GIVE_RIGHTS & set(form.changed_data):
            selection = f"{form.instance.username}: {_rights_of(form.instance)}"
            record(request, AuditEntry.Action.RIGHTS, count=1, selection=selection)


@admin.register(Group)
class OrganizerGroupAdmin(GroupBase):
    pass


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or not user.is_superuser or bool(request.user.is_superuser)


def _rights_of(user: User) -> str:
    if not (user.is_active and user.is_staff):
        return gettext("may not sign in")
    if user.is_superuser:
        return gettext("may do everything")
    given = [*user.groups.all(), *user.user_permissions.all()]
    return ", ".join(map(str, given)) or gettext("may sign in, and nothing else")
