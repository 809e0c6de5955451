"""Who may do what here: Django's users and groups, drawn like the other screens.

An administrator gives people groups. Only a superuser makes superusers, gives single rights, or
touches a superuser's account: else a right to change users would be a right to everything.
Who lost a phone or a key is helped here too; one's own is looked after under "Your account".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
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
# Secrets and keys of sessions; and addresses, which are not kept.
admin.site.unregister([Authenticator, UserSession, EmailAddress])

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
    actions = ("end_sessions", "remove_second_factor")

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

    @admin.action(description=_("End their sessions"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in self._whom_to_help(request, users):
            record(request, AuditEntry.Action.SIGN_OUT, count=1, selection=user.username)
            _end_sessions(user)

    @admin.action(description=_("Remove their second factor"), permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """For a phone or a key that was lost; whoever has it now is out as well."""
        for user in self._whom_to_help(request, users):
            record(request, AuditEntry.Action.RESET, count=1, selection=user.username)
            Authenticator.objects.filter(user=user).delete()
            _end_sessions(user)

    def _whom_to_help(self, request: HttpRequest, users: QuerySet[User]) -> list[User]:
        """Oneself goes through the pages that ask for a password first."""
        helped = [each for each in users if _may_touch(request, each) and each != request.user]
        if len(helped) < len(users):
            self.message_user(
                request,
                _("Left as they are: yourself, and superusers unless you are one."),
                messages.WARNING,
            )
        if helped:
            names = ", ".join(each.username for each in helped)
            self.message_user(request, _("Done for %(names)s.") % {"names": names})
        return helped

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


def _end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or not user.is_superuser or bool(request.user.is_superuser)


def _rights_of(user: User) -> str:
    if not (user.is_active and user.is_staff):
        return gettext("may not sign in")
    if user.is_superuser:
        return gettext("may do everything")
    given = [*user.groups.all(), *user.user_permissions.all()]
    return ", ".join(map(str, given)) or gettext("may sign in, and nothing else")
