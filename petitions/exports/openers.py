"""All cores open boxes: processes of their own, to which rows go and from which they come written.

A worker of Celery may start no process by `multiprocessing`; it may by `subprocess`, and these end
with it, since they live as long as their sockets.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from petitions.exports.opener import Job, Layout, Slice
from petitions.vault import KeysUnavailable

MOST = 8
JOBS_AT_ONCE = 2
PATIENCE = 10.0
# Under its own name, since what it sends has to be known by it at this end.
_OPENER = "import sys; from petitions.exports.opener import main; main(*sys.argv[1:])"
_ROOT = Path(__file__).resolve().parents[2]


class OpenerDied(Exception):
    """A process that opens boxes is gone: what it had is lost, and so is the file."""


class Openers:
    def __init__(self, lines: list[Connection]) -> None:
        self._lines = lines

    def write(self, jobs: Iterable[Job]) -> Iterator[Slice]:
        """Rows of the jobs, in their order. Each process has one job in hand and one that waits, so
        that it is never idle while its work is looked at.

        Raises:
            OpenerDied: no more will come.
            KeysUnavailable: they do not have the key.
        """
        waiting = iter(jobs)
        busy: deque[Connection] = deque()
        for line in self._lines * JOBS_AT_ONCE:
            self._give(line, waiting, busy)
        while busy:
            line = busy.popleft()
            done = self._take(line)
            self._give(line, waiting, busy)
            yield done

    def _give(self, line: Connection, jobs: Iterator[Job], busy: deque[Connection]) -> None:
        job = next(jobs, None)
        if job is None:
            return
        try:
            line.send(job)
        except OSError as error:
            raise OpenerDied from error
        busy.append(line)

    def _take(self, line: Connection) -> Slice:
        try:
            done: Slice | str = line.recv()
        except (EOFError, OSError) as error:
            raise OpenerDied from error
        if isinstance(done, str):
            raise KeysUnavailable(done)
        return done


@contextmanager
def openers(layout: Layout, *, vault_dir: Path, count: int | None = None) -> Iterator[Openers]:
    """One for each core that this process may use; they end with the block."""
    pairs = [Pipe() for _ in range(count or cores())]
    theirs = [end for _ours, end in pairs]
    command = [sys.executable, "-c", _OPENER, str(vault_dir)]
    process = subprocess.Popen(  # noqa: S603 - our own
        command + [str(end.fileno()) for end in theirs],
        pass_fds=[end.fileno() for end in theirs],
        stdin=subprocess.DEVNULL,
        cwd=_ROOT,
        # It needs no setting and gets no secret.
        env={"PATH": os.environ.get("PATH", "")},
    )
    lines = [ours for ours, _end in pairs]
    try:
        for end in theirs:
            end.close()
        yield _briefed(lines, layout)
    finally:
        for line in lines:
            line.close()
        _end(process)


def cores() -> int:
    # Not every system says which of them are ours.
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(MOST, ours or 1)


def _briefed(lines: list[Connection], layout: Layout) -> Openers:
    try:
        for line in lines:
            line.send(layout)
    except OSError as error:
        raise OpenerDied from error
    return Openers(lines)


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends by itself once its line is cut, as do those that it forked."""
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
