import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.contrib.auth.models import Permission, User
from django.test import Client

# What the apps of all organizers in these tests hold.
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def organizer(db, keys) -> Client:
    """The browser of an organizer who may do everything."""
    return browser_of(User.objects.create_superuser("olga"))


@pytest.fixture
def helper(db, keys):
    """The browser of a helper who may look at lists, and do what is named."""

    def browser(*may: str) -> Client:
        user = User.objects.create_user("hanna", is_staff=True)
        names = [name for name in may if "_" in name]
        views = Permission.objects.filter(codename__startswith="view_")
        user.user_permissions.set([*views, *Permission.objects.filter(codename__in=names)])
        return browser_of(user)

    return browser


def browser_of(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    return client


def sign_in(client: Client, user: User) -> None:
    """As if by a password and a code: the user has an app, and the session has shown it."""
    client.force_login(user)
    app, _ = Authenticator.objects.get_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt(SECRET)}}
    )
    session = client.session
    shown = {"method": "mfa", "at": time.time(), "id": app.pk, "type": app.type}
    session["account_authentication_methods"] = [shown]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
