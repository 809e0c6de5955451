"""The site as it is served: behind a proxy that encrypts, with an onion service beside it."""

import pytest
from django.core.handlers.wsgi import WSGIHandler

from bench.server import wait_for
from fuzz.addresses import all_addresses
from fuzz.requests import Site
from fuzz.servers import command_of, variables_of
from petitions.web.in_utf8 import in_utf8
from petitions.web.kept_pages import KeptPages
from petitions.web.waiting_room import WaitingRoom
from tests.conftest import all_keys
from tests.processes import Processes, free_port

HOST = "asks.example"


@pytest.fixture
def deployed(settings):
    """The settings that `SITE_URL=https://…` makes; who starts afterwards reads them."""
    settings.SITE_URL = f"https://{HOST}"
    settings.ONION_URL = "http://asks5678.onion"
    settings.ALLOWED_HOSTS = [HOST, "asks5678.onion"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 64 * 1024, 200
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


@pytest.fixture
def application(deployed):
    """As `campaign.wsgi` builds it."""
    return KeptPages(WaitingRoom(in_utf8(WSGIHandler())))


@pytest.fixture
def site(deployed):
    """Most of what is asked for is public, though the organizers' addresses are many more."""
    found = all_addresses()
    public = [each for each in found if not each.path().startswith("/admin/")]
    often = [*public * (2 * len(found) // len(public)), *found]
    return Site(often, HOST, live={"slug": ["special-rapporteur", "safe-routes"]})


@pytest.fixture(scope="module")
def served(django_db_setup, tmp_path_factory):
    """The port of a web server of the public role, on an empty database."""
    folder = tmp_path_factory.mktemp("served")
    with all_keys(folder / "vault"):
        processes = Processes(folder, **variables_of("web"))
        port = free_port()
        processes.start("web", *command_of("web", port))
    wait_for(port)
    yield port
    processes.stop()
