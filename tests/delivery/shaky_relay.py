from contextlib import ExitStack, contextmanager

from local.smtp import mail_server
from tests.conftest import use_relay
from tests.delivery.faults import BadDays, ShakyConnection
from tests.mailbox import Mailbox


@contextmanager
def shaky_relay(folder, settings):
    """Gives what starts a mail server with a plan of faults; a new one takes the last one's place."""
    settings.RELAY_TIMEOUT = 2
    with ExitStack() as servers:

        def start(*plan):
            server = mail_server(BadDays(folder, *plan), ShakyConnection)
            use_relay(settings, servers.enter_context(server), folder)
            return Mailbox(folder)

        yield start
