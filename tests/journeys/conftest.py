import pytest

from tests.conftest import all_keys
from tests.database import empty_tables, fill_with_the_campaign
from tests.processes import Processes


@pytest.fixture
def processes(transactional_db, keys, mailbox, tmp_path):
    """Start real processes; all are ended with the test."""
    started = Processes(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def site(processes):
    """The five asks, with all that it takes to sign them."""
    fill_with_the_campaign()
    processes.beat()
    processes.worker()
    return str(processes.web().base_url).rstrip("/")


@pytest.fixture(scope="module")
def standing_site(django_db_setup, django_db_blocker, tmp_path_factory):
    """The five asks on a web server that stands for all tests of a module, which only look at it."""
    folder = tmp_path_factory.mktemp("site")
    with django_db_blocker.unblock(), all_keys(folder / "vault"):
        fill_with_the_campaign()
        started = Processes(folder)
        yield str(started.web().base_url).rstrip("/")
        started.stop()
        empty_tables()


@pytest.fixture
def browse(chromium):
    """A new page in a browser with these settings; all are closed with the test."""
    opened = []

    def new(**options):
        opened.append(chromium.new_context(**options))
        return opened[-1].new_page()

    yield new
    for context in opened:
        context.close()
