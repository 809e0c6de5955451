"""Where somebody is signed in, and signing out there."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.forms import ManageUserSessionsForm
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.http import HttpRequest

# The first that is in a browser's description of itself; many claim to be several.
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


class EndSessionForm(ManageUserSessionsForm):
    """Ends the named one, or all but this one."""

    session = forms.IntegerField(required=False)

    def save(self, request: HttpRequest) -> None:
        named = self.cleaned_data["session"]
        if named is None:
            super().save(request)
            return
        for session in UserSession.objects.filter(user=request.user, pk=named):
            session.end()


class SessionsView(ListUserSessionsView):
    form_class = EndSessionForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for session in context["sessions"]:
            session.browser = browser_in_words(session.user_agent)
        return context


def browser_in_words(user_agent: str) -> str:
    found = (
        next((word for part, word in words.items() if part in user_agent), "")
        for words in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, found)) or "–"
