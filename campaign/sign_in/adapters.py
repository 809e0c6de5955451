"""What allauth asks the site about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from campaign.sign_in.sealing import fernet
from petitions.content import campaign

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens there: it stands where an address would


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Axes counts wrong passwords, in the database; allauth would count in this process."""

    def respond_user_inactive(self, request: HttpRequest, _user: User) -> HttpResponse:
        messages.error(request, self.error_messages["account_inactive"])
        return redirect("account_login")

    def ajax_response(
        self, _request: HttpRequest, response: HttpResponse, **_: Any
    ) -> HttpResponse:
        """A form would come back as JSON, with the password that was typed."""
        return response

    def get_client_ip(self, _request: HttpRequest) -> str:
        return NO_ADDRESS


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return fernet().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        name: str = campaign()["name"]
        return name

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()
