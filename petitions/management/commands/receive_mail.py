import logging
import os
import sys
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError

from petitions.delivery.returned_mail import NotAMail
from petitions.delivery.returns import LARGEST, file_mail
from petitions.vault import KeysUnavailable

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "File one mail that came back to a letter, read from standard input, as a mail server pipes"
        " it. Exits with 0 when it is filed, 65 when it is no mail or too large, and 75 when the"
        " mail server should keep it and try again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "recipient", nargs="?", default="", help="The envelope's recipient, where known."
        )

    def handle(self, *, recipient: str, **_: Any) -> None:
        code = receive(sys.stdin.buffer, recipient=recipient)
        if code != os.EX_OK:
            sys.exit(code)


def receive(stream: BinaryIO, *, recipient: str = "") -> int:
    """Take one mail, and say how in the words of sysexits.h."""
    raw = stream.read(LARGEST + 1)
    if len(raw) > LARGEST:
        log.warning("a mail of more than %s bytes was not taken", LARGEST)
        return os.EX_DATAERR
    try:
        file_mail(raw, recipient=recipient)
    except NotAMail as fault:
        log.warning("not a mail: %s", fault)
        return os.EX_DATAERR
    except (OperationalError, InterfaceError, KeysUnavailable) as fault:
        log.error("a mail has to wait: %s", type(fault).__name__)  # noqa: TRY400 - words may quote
        return os.EX_TEMPFAIL
    except Exception as fault:  # noqa: BLE001 - any other exit code and the mail server drops it
        log.critical("a mail has to wait: %s", type(fault).__name__)
        return os.EX_TEMPFAIL
    return os.EX_OK
