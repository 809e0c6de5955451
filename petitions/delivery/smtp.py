"""Handing one letter to the relay, and knowing at each moment whether it can have taken it.

smtplib raises the same error before and after the final dot, so the phases are walked here one
by one. Until the dot is sent the relay must not deliver (RFC 5321, section 4.1.1.4); afterwards
only its reply tells.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from django.conf import settings

NETWORK_FAULTS = (smtplib.SMTPException, OSError)
# Reply codes: RFC 5321, section 4.2.1.
GO_AHEAD = 354
TEMPORARY = 400
PERMANENT = 500
# There is no such mailbox, or domain: RFC 3463, sections 3.2 and 3.3; RFC 7505.
NO_MAILBOX = re.compile(rb"5\.(1\.(1|2|3|6|10)|2\.1)\b")
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class RelayUnreachable(Exception):
    """No letter can be handed over at the moment: no connection, no greeting, no login."""

    # No recipient was named yet.
    says_nothing_of_people = True


class Refused(Exception):
    """The relay refused this letter: for now (4xx) or for good (5xx)."""

    def __init__(self, code: int, words: bytes) -> None:
        self.code = code
        self.permanent = code >= PERMANENT
        self.no_mailbox = self.permanent and NO_MAILBOX.match(words) is not None
        super().__init__(f"{code} {words.decode('utf-8', 'replace')}")


class Interrupted(Exception):
    """The connection broke before the letter was complete: the relay can't have taken it."""


class FateUnknown(Exception):
    """The connection broke after the last byte: the relay may have taken it."""


class RelayConnection:
    """One connection that carries letters one after another; made when first needed."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def announce(self, *, sender: str, recipient: str) -> None:
        """MAIL and RCPT: whether the relay would take a letter for this recipient.

        Raises:
            RelayUnreachable, Refused, Interrupted
        """
        smtp = self._connected()
        try:
            # Not by smtplib's own methods, which take whole header fields apart for the address.
            code, words = smtp.docmd("MAIL", f"FROM:<{sender}>")
            if code < TEMPORARY:
                code, words = smtp.docmd("RCPT", f"TO:<{recipient}>")
        except NETWORK_FAULTS as fault:
            self.drop()
            raise Interrupted(_words(fault)) from fault
        if code >= TEMPORARY:
            self.reset()
            raise Refused(code, words)

    def hand_over(self, letter: bytes, *, before_the_dot: Callable[[], None]) -> str:
        """DATA, the letter, the dot; the relay's words when it has taken it.

        What `before_the_dot` raises stops it in time.

        Raises:
            Refused, Interrupted: it has not been taken.
            FateUnknown: nobody knows.
        """
        self._send_all_but_the_dot(letter)
        try:
            before_the_dot()
        except BaseException:
            self.drop()
            raise
        smtp = self._connected()
        try:
            smtp.send(b".\r\n")
            code, words = smtp.getreply()
        except NETWORK_FAULTS as fault:
            self.drop()
            raise FateUnknown(_words(fault)) from fault
        if code >= TEMPORARY:
            raise Refused(code, words)
        return f"{code} {words.decode('utf-8', 'replace')}"

    def reset(self) -> None:
        """Forget the announced letter; where that fails, the connection goes with it."""
        try:
            self._connected().rset()
        except (*NETWORK_FAULTS, RelayUnreachable):
            self.drop()

    def drop(self) -> None:
        """End the connection at once; a QUIT would become part of an unfinished letter."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def close(self) -> None:
        """End the connection politely."""
        if self._smtp is not None:
            with suppress(*NETWORK_FAULTS):
                self._smtp.quit()
            self.drop()

    def _send_all_but_the_dot(self, letter: bytes) -> None:
        smtp = self._connected()
        try:
            code, words = smtp.docmd("DATA")
            if code == GO_AHEAD:
                smtp.send(LEADING_DOT.sub(b"..", letter))
        except NETWORK_FAULTS as fault:
            self.drop()
            raise Interrupted(_words(fault)) from fault
        if code != GO_AHEAD:
            self.reset()
            raise Refused(code, words)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = _connect()
            except NETWORK_FAULTS as fault:
                raise RelayUnreachable(_words(fault)) from fault
        return self._smtp


def _connect() -> smtplib.SMTP:
    timeout = min(settings.EMAIL_TIMEOUT, settings.RELAY_TIMEOUT)
    # smtplib's own would believe any certificate.
    trusted = ssl.create_default_context()
    smtp = (partial(smtplib.SMTP_SSL, context=trusted) if settings.EMAIL_USE_SSL else smtplib.SMTP)(
        settings.EMAIL_HOST,
        settings.EMAIL_PORT,
        # The relay need not learn this machine's name.
        local_hostname="[127.0.0.1]",
        timeout=timeout,
    )
    assert smtp.sock is not None  # noqa: S101 - it is connected
    # The dot follows the letter as a packet of its own, which must not wait for an acknowledgement.
    smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    smtp.ehlo_or_helo_if_needed()
    if settings.EMAIL_USE_TLS:
        smtp.starttls(context=trusted)
        # What was said in the open counts no longer (RFC 3207, section 4.2).
        smtp.ehlo_or_helo_if_needed()
    if settings.EMAIL_HOST_USER:
        smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    return smtp


def _words(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"
