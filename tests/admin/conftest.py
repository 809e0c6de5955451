import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


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
    client.force_login(user)
    return client
