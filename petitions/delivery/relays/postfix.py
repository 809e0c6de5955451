"""Asking Postfix by its log.

    … postfix/cleanup[812]: 4cGh1k0Q: message-id=<…>             the header has come
    … postfix/qmgr[799]: 4cGh1k0Q: from=<…>, … (queue active)    the whole letter is on the disk

Postfix answers the dot with 250 once the letter is on the disk, and its queue manager takes it up
from there. A letter that breaks off, or that a milter refuses at its end, has the first line alone.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from petitions.delivery.relays.answers import CLOCKS_APART, Answer

log = logging.getLogger(__name__)

# Of a file no more than its end is read: some 600,000 lines. What is asked after is minutes old,
# or hours.
MOST_BYTES = 64 * 1024 * 1024
PACKED = {".gz", ".bz2", ".xz", ".zst"}
CLEANUP = re.compile(rb"/cleanup\[\d+\]: (?P<id>\w+)$")


class PostfixRelay:
    """A Postfix whose log this process may read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, message_id: str, *, since: datetime) -> Answer:
        earliest = since - CLOCKS_APART
        try:
            lines = self._lines_from(earliest)
        except OSError as fault:
            log.warning("Postfix's log can't be read: %s", fault)
            return Answer.CANNOT_SAY
        if _is_taken(lines, message_id, earliest):
            return Answer.TAKEN
        if not _reach_over(lines, earliest):
            log.warning("%s does not cover the time of a letter", self.path)
            return Answer.CANNOT_SAY
        return Answer.NOT_TAKEN

    def _lines_from(self, moment: datetime) -> bytes:
        """The end of the log, and before it that of the file that was rotated away last."""
        lines, is_whole = _end_of(self.path)
        if is_whole and not _begin_before(lines, moment) and (older := self._rotated()):
            return _end_of(older)[0] + lines
        return lines

    def _rotated(self) -> Path | None:
        """Such as mail.log.1 or mail.log-20261124."""
        files = self.path.parent.glob(f"{self.path.name}[.-]*")
        readable = [file for file in files if file.suffix not in PACKED]
        return max(readable, key=lambda file: file.stat().st_mtime, default=None)


def _end_of(path: Path) -> tuple[bytes, bool]:
    """Whole lines from the end of a file, and whether that is all of it.

    They are read, not mapped: a log that is truncated by its rotation would kill who maps it.
    """
    with path.open("rb") as file:
        skipped = max(0, path.stat().st_size - MOST_BYTES)
        file.seek(skipped)
        if skipped:
            file.readline()
        return file.read(MOST_BYTES), not skipped


def _reach_over(lines: bytes, moment: datetime) -> bool:
    """Whether the log begins before the letter and goes on after it.

    One that ends earlier is not written any more: Postfix logs each connection.
    """
    last = lines.rstrip(b"\n").rpartition(b"\n")[2]
    ends_at = _time_of(last)
    return _begin_before(lines, moment) and ends_at is not None and ends_at >= moment


def _begin_before(lines: bytes, moment: datetime) -> bool:
    begins_at = _time_of(lines.partition(b"\n")[0])
    return begins_at is not None and begins_at <= moment


def _is_taken(lines: bytes, message_id: str, earliest: datetime) -> bool:
    """Whether a letter with exactly this Message-ID came since, whole."""
    end_of_line = f": message-id={message_id}\n".encode()
    at = lines.rfind(end_of_line)
    while at >= 0:
        line = lines[lines.rfind(b"\n", 0, at) + 1 : at]
        came_at = _time_of(line)
        if came_at is not None and came_at < earliest:
            return False
        cleanup = CLEANUP.search(line)
        if cleanup and _is_queued(lines, cleanup["id"], at + len(end_of_line)):
            return True
        at = lines.rfind(end_of_line, 0, at)
    return False


def _is_queued(lines: bytes, queue_id: bytes, start: int) -> bool:
    """Whether the queue manager names the id before cleanup gives it to another letter."""
    naming = re.compile(rb"/(qmgr|cleanup)\[\d+\]: %s: (?:from|message-id)=" % queue_id)
    next_line = naming.search(lines, start)
    return next_line is not None and next_line[1] == b"qmgr"


def _time_of(line: bytes) -> datetime | None:
    """Of "2026-11-24T19:37:01.5+02:00 …" or "Nov 24 19:37:01 …"; None of anything else.

    The second names neither its year nor its time zone: it is the machine's, and the latest one
    that is not in the future. An hour that comes twice a year is taken for the later one.
    """
    text = line[:40].decode("ascii", "replace")
    with suppress(ValueError):
        moment = datetime.fromisoformat(text.partition(" ")[0])
        return moment if moment.tzinfo else moment.replace(tzinfo=_time_zone(), fold=1)
    now = datetime.now(_time_zone())
    for year in (now.year, now.year - 1):
        with suppress(ValueError):
            words = f"{year} {text[:15]}"
            moment = datetime.strptime(words, "%Y %b %d %H:%M:%S").replace(
                tzinfo=_time_zone(), fold=1
            )
            if moment <= now + timedelta(days=1):
                return moment
    return None


@cache
def _time_zone() -> tzinfo:
    """The machine's; Django has put this process into UTC."""
    try:
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except OSError:
        return UTC
