"""Reading a mail that came back: what its kind is, which letter it may belong to, what it says.

Mail servers report failures by RFC 3464 or as they like: qmail, Exim and Exchange each have a way of
their own. Nothing here trusts what it reads, and no mail, however broken, stops it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from django.core.exceptions import SuspiciousOperation
from django.utils.html import strip_tags

from petitions.models import Returned

Kind = Returned.Kind

TEXT_BYTES = 100_000
WORDS_SHOWN = 500
HEADER_READ = 10_000
# A report has its reasons at the top; further down stands our own letter.
REPORT_READ = 20_000
IDS_READ = 100

ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@]{1,64}@[a-zA-Z0-9.-]{1,255}")
MESSAGE_ID = re.compile(r"<[^<>\s@]{1,100}@[^<>\s@]{1,100}>")
# RFC 3463; no part of an IP address.
STATUS = re.compile(r"(?<![\d.])([245])\.[0-7]\.\d{1,3}(?!\.?\d)")
# The reply code of RFC 5321, where a report gives no more.
REPLY_CODE = re.compile(r"(?:^|[:;(>]|\bsaid|\berror) {0,3}([45])[0-5]\d(?=[ -])", re.MULTILINE)
# A full mailbox is emptied one day, and 4.4.7 says that a server gave up waiting for another.
FULL = "5.2.2"
NO_BOUNCE = {"delivered", "relayed", "expanded"}

MAILER = re.compile(
    r"\b(mailer-daemon|mail-daemon|maildaemon|postmaster|microsoftexchange\w*)@", re.IGNORECASE
)
# The words that mail programs put before a subject of a bounce, at its very start: an answer to
# such a mail begins with "Re:".
BOUNCE_SUBJECT = re.compile(
    r"(undeliver(able|ed)|failure notice|delivery (status|failure|has failed)|returned mail"
    r"|mail delivery (failed|failure|system)|message (delayed|not delivered)|warning: (message|could)"
    r"|delayed mail|mail system error|unzustellbar|non remis|échec de la remise|niedostarczon"
    r"|nie można dostarczyć|nepristatyt|не\s?доставлен|не удалось доставить|не вдалося доставити"
    r"|недастаўлена)",
    re.IGNORECASE,
)
QMAIL_PERMANENT = re.compile(r"This is a permanent error", re.IGNORECASE)
DELAYED = re.compile(
    r"(warning message only|will be retried|has been delayed|not yet been delivered"
    r"|do not need to resend|is delayed)",
    re.IGNORECASE,
)
AUTO_HEADERS = ("X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Mail-Autoreply")
AUTO_PRECEDENCE = {"auto_reply", "auto-reply", "bulk", "junk"}
AUTO_SUBJECT = re.compile(
    r"(auto(matic|mated)?[ -]?(reply|response)|out of (the )?office|on vacation"
    r"|автоматична відповідь|автовідповід|автоответ|автоматический ответ|аўтаматычны адказ|аўтаадказ"
    r"|abwesen|automatische antwort|réponse automatique|absence du bureau|absent du bureau"
    r"|automatyczna odpowiedź|autoodpowied|odpowiedź automatyczna"
    r"|automatinis atsakym|automatinis atsakas)",
    re.IGNORECASE,
)


class NotAMail(Exception):
    """These bytes have no header that a mail has."""


@dataclass(frozen=True)
class Verdict:
    kind: Returned.Kind
    status: str = ""
    words: str = ""


@dataclass(frozen=True)
class Reading:
    verdict: Verdict
    sender: str
    subject: str
    text: str
    attachments: str
    recipients: list[str]
    message_ids: list[str]
    # What it says of itself: no other mail says the same.
    own_id: str = ""
    date: str = ""


def read(raw: bytes) -> Reading:
    """What a mail is and says.

    Raises:
        NotAMail: it is none.
    """
    try:
        mail = message_from_bytes(raw)
        parts = list(mail.walk())
    except (RecursionError, MessageError) as error:
        raise NotAMail("Its parts lie in each other without end.") from error
    if not any(mail[name] for name in ("From", "To", "Subject", "Received", "Message-ID")):
        raise NotAMail("It has no header.")
    return Reading(
        verdict=judge(mail, parts),
        sender=_header(mail, "From"),
        subject=_header(mail, "Subject"),
        text=_cut(_text(parts)),
        attachments=_one_line(", ".join(_attachments(parts))),
        recipients=_recipients(mail),
        message_ids=_message_ids(mail, parts),
        own_id=_header(mail, "Message-ID"),
        date=_header(mail, "Date"),
    )


def judge(mail: Message, parts: list[Message]) -> Verdict:
    """The kind of a mail: a report is known by its form, then by its sender and its words."""
    verdict = _by_report(mail) or _by_exim(mail, parts) or _by_words(mail, parts)
    if verdict:
        return verdict
    return Verdict(Kind.AUTO if _is_automatic(mail) else Kind.ANSWER)


# --- Bounces


def _by_report(mail: Message) -> Verdict | None:
    """RFC 3464: a block of fields for each recipient; the worst one counts.

    Not in parts of parts: a person may send us a report as an attachment.
    """
    children = mail.get_payload()
    blocks = [
        block
        for part in (children if isinstance(children, list) else [])
        if isinstance(part, Message) and part.get_content_type() == "message/delivery-status"
        for block in part.walk()
        if block["Action"] or block["Status"]
    ]
    verdicts = [_of_recipient(block) for block in blocks]
    order = [Kind.HARD, Kind.SOFT, Kind.AUTO]
    return min(verdicts, key=lambda each: order.index(each.kind), default=None)


def _of_recipient(block: Message) -> Verdict:
    action = _header(block, "Action").lower()
    found = STATUS.search(_header(block, "Status"))
    status = found[0] if found else ""
    words = _header(block, "Diagnostic-Code")[:WORDS_SHOWN]
    if action in NO_BOUNCE:
        return Verdict(Kind.AUTO, status, words)
    # Some reports say 5.0.0 to every failure, and the server's own status only in its words.
    if status.endswith(".0.0") and (better := STATUS.search(words)):
        status = better[0]
    failed = action == "failed" or not action
    return Verdict(Kind.HARD if failed and _is_for_good(status) else Kind.SOFT, status, words)


def _by_exim(mail: Message, parts: list[Message]) -> Verdict | None:
    if not mail["X-Failed-Recipients"]:
        return None
    return judge_words(_text(parts), otherwise=Kind.HARD)


def _by_words(mail: Message, parts: list[Message]) -> Verdict | None:
    """A report in plain text. Two signs are asked for, since a postmaster may be a person."""
    text = _text(parts)
    signs = [
        MAILER.search(_header(mail, "From")),
        BOUNCE_SUBJECT.match(_header(mail, "Subject")),
        _header(mail, "Return-Path") == "<>",
        STATUS.search(text[:REPORT_READ]),
    ]
    if sum(map(bool, signs)) < 2 or not (signs[0] or signs[1]):  # noqa: PLR2004 - two, as said
        return None
    return judge_words(text, otherwise=Kind.HARD if QMAIL_PERMANENT.search(text) else Kind.SOFT)


def judge_words(text: str, *, otherwise: Returned.Kind) -> Verdict:
    """The first status in a report's words; a delay is none of a failure's, whatever stands there.

    Where no code is found, `otherwise`.
    """
    report = text[:REPORT_READ]
    found = STATUS.search(report)
    code = found or REPLY_CODE.search(report)
    words = _line_of(report, code.start()) if code else ""
    status = found[0] if found else ""
    if DELAYED.search(report):
        return Verdict(Kind.SOFT, status, words)
    if code is None:
        return Verdict(otherwise)
    return Verdict(Kind.HARD if code[1] == "5" and status != FULL else Kind.SOFT, status, words)


def _is_for_good(status: str) -> bool:
    """Only what says so in a code: an office is not stopped by a guess."""
    return status.startswith("5.") and status != FULL


def _line_of(text: str, place: int) -> str:
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    return _one_line(text[start : end if end >= 0 else None])[:WORDS_SHOWN]


# --- Automatic replies


def _is_automatic(mail: Message) -> bool:
    """RFC 3834, and what was usual before it. Receipts and complaints are written by programs too."""
    submitted = _header(mail, "Auto-Submitted").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or any(mail[name] for name in AUTO_HEADERS)
        or _header(mail, "Precedence").lower() in AUTO_PRECEDENCE
        or mail.get_content_type() == "multipart/report"
        or AUTO_SUBJECT.search(_header(mail, "Subject")) is not None
    )


# --- Which letter it may belong to


def _recipients(mail: Message) -> list[str]:
    """Every address that it was sent to, as far as its headers tell."""
    names = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
    return [
        address
        for name in names
        for value in mail.get_all(name, [])
        for address in ADDRESS.findall(str(value)[:HEADER_READ])
    ]


def _message_ids(mail: Message, parts: list[Message]) -> list[str]:
    """Message-IDs of mails that it answers or brings back, the likeliest first."""
    answered = [_header(mail, name) for name in ("In-Reply-To", "References")]
    brought_back = [_header(part, "Message-ID") for part in parts[1:]]
    in_words = [
        line
        for part in parts
        if part.get_content_maintype() == "text"
        for line in re.findall(r"(?im)^[> ]*message-id:(.{1,300})$", _decoded(part)[:TEXT_BYTES])
    ]
    found = MESSAGE_ID.findall(" ".join([*answered, *brought_back, *in_words]))
    return list(dict.fromkeys(found))[:IDS_READ]


# --- Words


def _text(parts: list[Message]) -> str:
    """The first part that is text to be read; without one, the HTML's words."""
    inline = [part for part in parts if part.get_content_disposition() != "attachment"]
    for part in inline:
        if part.get_content_type() == "text/plain":
            return _decoded(part)
    for part in inline:
        if part.get_content_type() == "text/html":
            return _words_of_html(_decoded(part)[: 2 * TEXT_BYTES])
    return ""


def _words_of_html(source: str) -> str:
    for element in ("head", "style", "script"):
        source = _without(element, source)
    with_breaks = re.sub(r"(?i)<(br|/p|/div|/tr|/h[1-6])\b[^>]{0,200}>", "\n", source)
    try:
        return html.unescape(strip_tags(with_breaks)).strip()
    except SuspiciousOperation:
        # Brackets without end; they are shown as they are, escaped.
        return source


def _without(element: str, source: str) -> str:
    """Without an element and what is in it; in one pass, since anybody may send us HTML."""
    opening = re.compile(rf"<{element}\b", re.IGNORECASE)
    closing = re.compile(rf"</{element}\b", re.IGNORECASE)
    kept, place = [], 0
    while (start := opening.search(source, place)) and (end := closing.search(source, start.end())):
        kept.append(source[place : start.start()])
        place = end.start()
    return "".join([*kept, source[place:]])


def _attachments(parts: list[Message]) -> Iterator[str]:
    for part in parts:
        if part.get_content_disposition() == "attachment" or part.get_content_maintype() not in {
            "text",
            "multipart",
            "message",
        }:
            yield _readable(part.get_filename() or part.get_content_type())


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    data = payload[: 4 * TEXT_BYTES]
    try:
        text = data.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return _readable(text.replace("\r\n", "\n"), keep="\n\t")


def _header(mail: Message, name: str) -> str:
    value = str(mail.get(name, ""))[:HEADER_READ]
    # What can't be decoded is shown as it came.
    with suppress(LookupError, ValueError, MessageError):
        value = str(make_header(decode_header(value)))
    return _one_line(value)


def _one_line(text: str) -> str:
    return " ".join(_readable(text).split())


def _readable(text: str, *, keep: str = "") -> str:
    """Without control characters, of which PostgreSQL refuses NUL, and without half characters."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(each if each >= " " or each in keep else " " for each in whole)


def _cut(text: str) -> str:
    return text.encode()[:TEXT_BYTES].decode("utf-8", "ignore")
