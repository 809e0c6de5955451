"""The processes of a site on one host, each with its role and no keys but its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.deployed import opens, role, server
from bench.restartable import Server
from bench.server import HOST, free_port, web_command
from bench.vaults import as_web
from local.places import Home

# In which a proxy would name the client.
CLIENT_HEADER = "X-Real-IP"


@dataclass(frozen=True)
class Site:
    port: int
    mailbox: Path
    """A Maildir with all mails that arrived."""
    mailer: Server


@contextmanager
def site_of_many(home: Home) -> Iterator[Site]:
    """Web server, mailer, beat and a mail server."""
    port, mail_port = free_port(), free_port()
    mailbox = home.folder / "arrived"
    mail = {"EMAIL_URL": f"smtp://{HOST}:{mail_port}"}
    mailer = server(home, "mailer", _mailer(), role("mailer", "mail", "pepper") | mail)
    servers = [
        server(home, "mail-server", _mail_server(mail_port, mailbox), {}, opens(mail_port)),
        server(home, "web", web_command(port), _web(port), opens(port)),
        server(home, "beat", _beat(home), role("deliverer", "signature", "ledger")),
        mailer,
    ]
    with ExitStack() as stack:
        for each in servers:
            stack.callback(each.stop)
            each.start()
        yield Site(port, mailbox, mailer)


def _web(port: int) -> dict[str, str]:
    site = {"SITE_URL": f"http://{HOST}:{port}", "ALLOWED_HOSTS": HOST}
    return as_web() | site | {"CLIENT_ADDRESS_HEADER": CLIENT_HEADER}


def _mailer() -> list[str]:
    words = ["worker", "-Q", "confirmations", "-c", "1", "-l", "INFO", "-n", "mailer@viral"]
    return [*_celery(), *words, "--without-gossip", "--without-mingle"]


def _beat(home: Home) -> list[str]:
    return [*_celery(), "beat", "-s", str(home.folder / "beat"), "--pidfile", ""]


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "campaign"]


def _mail_server(port: int, mailbox: Path) -> list[str]:
    where = ["--port", str(port), "--mailbox", str(mailbox)]
    return [sys.executable, "-m", "local.smtp", *where]
