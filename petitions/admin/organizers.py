"""Who may do what here: Django's users and groups, drawn like the other screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from petitions.admin.base import ModelAdmin

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


@admin.register(User)
class OrganizerAdmin(OrganizerBase):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class OrganizerGroupAdmin(GroupBase):
    pass
