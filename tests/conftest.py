"""What every test may lean on: a fresh vault, and pages that are read anew."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connections
from django.test import TransactionTestCase
from django.utils import timezone, translation
from hypothesis import settings as effort
from playwright.sync_api import Browser, sync_playwright
from whitenoise.middleware import WhiteNoiseMiddleware

from local.smtp import Keeper, mail_server
from petitions.catalogues import compile_catalogues
from petitions.delivery.batches import close_batch
from petitions.models import Delivery, SignRequest
from petitions.models.sealed import Mailing
from petitions.signatures import confirmation_mail, counters, flood
from petitions.signatures.request import request_signature
from petitions.vault import Purpose, Vault, generate_log_key, vault
from petitions.web import moments, steps
from petitions.web.figures import forget_figures
from petitions.web.limits import forget_salt
from petitions.web.via import forget_partners
from tests.database import (
    empty_tables,
    fill_with_the_campaign,
    kept_for_a_module,
    no_process_is_connected,
)
from tests.mailbox import Mailbox
from tests.makers import make_catalogue, make_office, make_petition, make_signature
from tests.processes import own_limits_url, until
from tests.static_files import read_once

EPOCH = "2026-11a"
NO_CHROMIUM = "No Chromium here: install Debian's `chromium`, or name one in CHROMIUM_PATH."


# Machines are shared: how long a test takes says nothing about the code.
effort.register_profile("ours", deadline=None)
effort.load_profile("ours")


def pytest_configure():
    if not os.environ.get("DATABASE_URL"):
        pytest.exit("Tests need PostgreSQL: type 'make test'.", returncode=2)
    TransactionTestCase._fixture_teardown = empty_tables
    WhiteNoiseMiddleware.update_files_dictionary = read_once


def pytest_collection_modifyitems(items):
    """Behind these come, as pytest-django has put them, tests that roll back, that empty tables, that ask none."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def show(record_property):
    """Show a figure at the end of the run, whichever process the test ran in."""
    return lambda figure: record_property("figure", figure)


def pytest_terminal_summary(terminalreporter):
    figures = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "figure" and report.when == "call"
    ]
    if figures:
        terminalreporter.section("figures")
    for figure in figures:
        terminalreporter.write_line(figure)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Its end waits for the sessions of killed processes, which the server misses a moment later."""
    yield
    with django_db_blocker.unblock():
        until(no_process_is_connected, seconds=10)


@contextmanager
def all_keys(directory: Path) -> Iterator[Vault]:
    """A fresh vault with all keys, as the role `all` has it; it is the site's meanwhile."""
    fresh = Vault(directory)
    make_all_keys(fresh)
    with open_vault(fresh) as found:
        yield found


def make_all_keys(fresh: Vault) -> None:
    for purpose in Purpose:
        fresh.generate_key(purpose, EPOCH)
    fresh.generate_pepper()
    generate_log_key(fresh)
    fresh.activate(dict.fromkeys(Purpose, EPOCH))


@contextmanager
def open_vault(fresh: Vault) -> Iterator[Vault]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_settings, "VAULT_DIR", fresh.directory)
        patch.setattr(django_settings, "LEDGER_MEMORY_DIR", fresh.directory / "ledger")
        vault.cache_clear()
        yield vault()
    vault.cache_clear()


@pytest.fixture(scope="session")
def model_vault(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "vault"
    make_all_keys(Vault(folder))
    return folder


@pytest.fixture
def keys(tmp_path, model_vault) -> Iterator[Vault]:
    """A vault with all keys, of the test alone: a copy, for making keys takes long."""
    shutil.copytree(model_vault, tmp_path / "vault")
    with open_vault(Vault(tmp_path / "vault")) as found:
        yield found


@pytest.fixture(scope="module")
def five_asks(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The campaign as it is published, for tests of a module that are not transactional."""
    with kept_for_a_module(django_db_blocker):
        fill_with_the_campaign()
        yield


@pytest.fixture(autouse=True)
def read_anew():
    """Pages and figures are cached for two seconds; the next test is sooner. It speaks English."""
    moments.forget()
    translation.activate("en")
    forget_figures()
    forget_partners()
    steps.forget()
    flood.look_anew()
    forget_salt()


@pytest.fixture
def words(tmp_path, settings):
    """Translations of a test's own, in place of the site's; they are compiled as those are."""

    def write(language, *entries) -> Path:
        path = tmp_path / "locale" / language / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        make_catalogue(*entries, language=language).save(str(path))
        compile_catalogues([tmp_path / "locale"])
        # Django forgets what it has read when this changes.
        settings.LOCALE_PATHS = [tmp_path / "locale"]
        return path

    return write


@pytest.fixture(autouse=True)
def uncounted(settings):
    """Who signs in a test is counted only where the test asks for `limits`."""
    settings.LIMITS_URL = ""


@pytest.fixture(autouse=True)
def unhurried_letters(settings):
    """Tests' offices share a mail domain; a pace is kept where the test asks for one."""
    settings.LETTERS_PER_DOMAIN_A_MINUTE = 0
    settings.NEWS_MAILS_A_MINUTE = 0


@pytest.fixture
def limits(settings) -> Iterator[redis.Redis]:
    """Empty counters in a real Valkey."""
    settings.LIMITS_URL = own_limits_url()
    counters.forget_faults()
    server = redis.Redis.from_url(settings.LIMITS_URL)
    server.flushdb()
    yield server
    server.flushdb()
    server.close()
    counters.forget_faults()


@pytest.fixture
def mailbox(tmp_path, settings) -> Iterator[Mailbox]:
    """A mail server that really listens, and what it took."""
    folder = tmp_path / "mailbox"
    with mail_server(Keeper(folder)) as port:
        use_relay(settings, port, folder)
        yield Mailbox(folder)


@pytest.fixture
def sent(db, keys) -> Delivery:
    """A delivery whose letter was sent."""
    petition = make_petition()
    office = make_office(petition)
    make_signature(petition)
    close_batch(petition, now=timezone.now())
    Delivery.objects.update(state=Delivery.State.SENT, sent_at=timezone.now(), sent_to=office.email)
    return Delivery.objects.get()


def use_relay(settings, port: int, folder: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_TIMEOUT = 5
    settings.RELAY_URL = f"maildir://{folder}"


@pytest.fixture
def ask(keys):
    return ask_now


def ask_now(wish, *, now) -> Mailing:
    """Ask to sign, and get what the mail would hold, without waiting for the mail."""
    request_signature(wish, now=now)
    request = SignRequest.objects.get(mail_box__isnull=False)
    mailing = Mailing.open(request.mail_box, request_id=request.id)
    confirmation_mail._write_indexes(request, mailing.address)
    SignRequest.objects.filter(pk=request.pk).update(mail_box=None, mail_due_at=None)
    return mailing


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A browser; while it is open, asking Django in the same thread needs `chromium` instead."""
    path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chrome")
    if path is None:
        missing = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        missing(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            # Containers give little shared memory, and root gets no sandbox.
            args=["--disable-dev-shm-usage", "--no-sandbox"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, open_chromium() as browser:
        # Playwright keeps an event loop in this thread; what Django does here is not in it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield browser
        # It had connections of its own while that loop ran, which nothing would find again.
        connections.close_all()
