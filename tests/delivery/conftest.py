from collections.abc import Iterator

import pytest

from local.smtp import mail_server
from tests.conftest import use_relay
from tests.delivery.clock import Clock, jumping_clock
from tests.delivery.faults import BadDays, ShakyConnection
from tests.mailbox import Mailbox


@pytest.fixture
def clock(transactional_db) -> Iterator[Clock]:
    with jumping_clock() as clock:
        yield clock


@pytest.fixture
def relay(tmp_path, settings):
    """Start a mail server with a plan of faults."""
    settings.RELAY_TIMEOUT = 2
    stack = []

    def start(*plan):
        keeper = BadDays(tmp_path / "box", *plan)
        server = mail_server(keeper, ShakyConnection)
        use_relay(settings, server.__enter__(), tmp_path / "box")
        stack.append(server)
        return Mailbox(tmp_path / "box")

    yield start
    for server in stack:
        server.__exit__(None, None, None)
