"""What a log may say: events with ids, never people.

Our own messages hold ids by their making. But an exception carries values in its words: psycopg
quotes the row that it refused, smtplib the address, UnicodeEncodeError the text. So of an exception
only its kind, its code and its places in the code are written, whoever logs it; and what still looks
like an address, an IP or the secret in a link is blotted out.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
# A traceback's last places say what is wrong; a chain of a hundred says no more.
MOST_PLACES = 30
MOST_CAUSES = 5
# Whose messages we wrote ourselves.
OURS = ("petitions.", "campaign.", "local.")
# Where a failed tick is logged, in the process that it ran in.
TICKS = "celery.app.trace"
# A database that is away can't be told of it, and to ask it once more would keep a reader waiting.
NOT_NOTED = {"petitions.web.unavailable"}
# Where a server listens names nobody.
NOBODYS_ADDRESSES = {"0.0.0.0", "127.0.0.1", "::1", "::"}  # noqa: S104 - nothing is bound here
MAIL = re.compile(r"[^\s<>()\[\],;:\"'=]+@[^\s<>()\[\],;:\"']+")
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
IPV6 = re.compile(
    r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4})(?![\w:])"
)
SECRET = re.compile(r"[A-Za-z0-9_-]{24,}")
# A row's random id, or words of code.
NO_SECRET = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|_?[a-z]+(?:_[a-z]+)+|[A-Za-z]{24,40}"
)
CLOCK = re.compile(r"\d{1,2}:\d{2}:\d{2}")
# Of the same kind so often at most; more often says no more, and would cost a flood of writes.
ALARM_EVERY_SECONDS = 60


def scrubbed(text: str) -> str:
    """Without what looks like an address, an IP, or the secret part of a link."""
    text = MAIL.sub("[address]", text)
    text = IPV6.sub(lambda found: _unless(found, _is_no_ip(found[0]), "[ip]"), text)
    text = IPV4.sub(lambda found: _unless(found, found[0] in NOBODYS_ADDRESSES, "[ip]"), text)
    return SECRET.sub(
        lambda found: _unless(found, NO_SECRET.fullmatch(found[0]) is not None, "[…]"), text
    )


def _unless(found: re.Match[str], harmless: bool, blot: str) -> str:  # noqa: FBT001 - one line each
    return found[0] if harmless else blot


def _is_no_ip(text: str) -> bool:
    return text in NOBODYS_ADDRESSES or CLOCK.fullmatch(text) is not None


def kind_of(error: BaseException) -> str:
    """Its class, and the code by which a database, a mail server or the system named the fault."""
    codes = [
        getattr(error, "sqlstate", None),
        getattr(error, "smtp_code", None),
        getattr(error, "errno", None),
    ]
    code = next((each for each in codes if each is not None), None)
    return type(error).__name__ if code is None else f"{type(error).__name__} ({code})"


def places_of(trace: TracebackType | None) -> list[str]:
    """File, line and function of each step, the innermost last; no line of code, no value."""
    steps = [
        f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(trace)
    ]
    return steps[-MOST_PLACES:]


def _short(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(ROOT):
        path = path.relative_to(ROOT)
    return str(path).rpartition("site-packages/")[2]


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def message_of(record: logging.LogRecord) -> str:
    """The record's words, in which an exception stands by its kind alone."""
    values = record.args
    if isinstance(values, Mapping):
        values = {name: _harmless(value, record) for name, value in values.items()}
        if "exc" in values:
            # Celery's: an exception as Python writes it.
            values["exc"] = str(values["exc"]).partition("(")[0]
    elif isinstance(values, tuple):
        values = tuple(_harmless(value, record) for value in values)
    message = str(record.msg) if not isinstance(record.msg, BaseException) else kind_of(record.msg)
    if values:
        message = _filled(message, values)
    if not record.name.startswith(OURS):
        # Some put a whole traceback into their words.
        message = message.partition("\n")[0]
    return scrubbed(message)


def _filled(message: str, values: Mapping[str, Any] | tuple[Any, ...]) -> str:
    """Where they do not fit, as it stands: logging would print the values, to say that they don't."""
    try:
        return message % values
    except (KeyError, TypeError, ValueError):
        return message


def _harmless(value: Any, record: logging.LogRecord) -> Any:
    if isinstance(value, BaseException):
        return _words_of(value)
    error = record.exc_info[1] if record.exc_info else None
    if error is None or not isinstance(value, str):
        return value
    # Celery and others put an exception's words beside the exception itself.
    quotes = any(str(each) and str(each) in value for each in chain_of(error))
    return kind_of(error) if quotes or repr(error) == value else value


def _words_of(error: BaseException) -> str:
    """Words that we wrote ourselves are kept; a class of ours says of itself that they are."""
    if getattr(error, "says_nothing_of_people", False):
        return str(error)
    return ": ".join(kind_of(each) for each in chain_of(error))


class EventFormatter(logging.Formatter):
    """For a person at a terminal: one line, and the places in the code below it."""

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"{self.formatTime(record)} {record.levelname} {record.name} {message_of(record)}"]
        for error in chain_of(record.exc_info[1] if record.exc_info else None):
            lines.append(f"  {kind_of(error)}")
            lines += [f"    {place}" for place in places_of(error.__traceback__)]
        return "\n".join(lines)


class Alarms(logging.Handler):
    """Leaves in the database when each part of the program last logged an error: organizers see it.

    Nothing of what it said. In the middle of a transaction it says nothing, since that may be undone.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._told: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        from django.db import connection  # noqa: PLC0415 - logs come before apps

        from petitions.models import Heartbeat  # noqa: PLC0415 - likewise
        from petitions.models.heartbeat import ALARM, FAULT, mark  # noqa: PLC0415

        name = mark(ALARM if record.levelno >= logging.CRITICAL else FAULT, record.name)
        if time.monotonic() < self._told.get(name, 0) or connection.in_atomic_block:
            return
        self._told[name] = time.monotonic() + ALARM_EVERY_SECONDS
        # Whatever it is that fails here, the work in whose middle this was said goes on.
        with suppress(Exception):
            Heartbeat.objects.beat(name)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name not in NOT_NOTED and record.name.startswith((*OURS, TICKS))


def hide_last_words() -> None:
    """What nobody catches ends in the log like all else, without an exception's words."""

    def tell(error: BaseException | None) -> None:
        if error is not None:
            log.critical("an error that nobody caught", exc_info=error)

    def of_process(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, Exception):
            tell(error)
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = of_process
    threading.excepthook = lambda told: tell(told.exc_value)
    sys.unraisablehook = lambda told: tell(told.exc_value)


def logging_settings(*, role: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING, which Celery's processes take, too."""
    as_text = {"()": "campaign.logs.EventFormatter"}
    as_lines = {"()": "campaign.json_logs.EventJsonFormatter", "role": role}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"event": as_lines if as_json else as_text},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "event"},
            "alarms": {"class": "campaign.logs.Alarms"},
        },
        "root": {"handlers": ["console", "alarms"], "level": "INFO"},
        "loggers": {
            # Django would log the path of a failed request, and a confirmation link is a path.
            "django.request": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},
            "django.server": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "django.security": {"level": "CRITICAL"},
            # The web server's own; and lines with IPs and paths are not written, whoever asks.
            "_granian": {"handlers": ["console"], "level": "INFO", "propagate": False},
            "granian.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
