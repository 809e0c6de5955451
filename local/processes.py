"""Starts programs, watches them, and leaves none of them behind.

Each program gets a session of its own, so that the terminal's Ctrl-C reaches the supervisor alone.
Three nets hold them: they are stopped in order when their `with` block ends; on Linux the kernel
signals them when the supervisor is killed; and a record on the disk lets the next start stop those
that lived on.
"""

import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from local.places import ROOT, Home
from local.stopping import Trouble, heard, pause

SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

# What should be running now, in the order of its start.
children: list["Child"] = []


@dataclass(frozen=True)
class Program:
    """What to start, and how to stop it."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    folder: Path = ROOT
    account: str | None = None
    stop_with: signal.Signals = signal.SIGTERM
    # Seconds from that signal to the kill.
    patience: float = 8.0
    # A temporary folder that goes when the program is gone.
    scratch: Path | None = None


@dataclass(frozen=True)
class Child:
    program: Program
    process: subprocess.Popen[bytes]
    log: Path
    record: Path

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def obituary(self, what: str = "stopped by itself", lines: int = 12) -> str:
        """One line that names the dead, then the last lines of its log."""
        words = self.log.read_text(errors="replace").rstrip().splitlines()[-lines:]
        status = self.process.returncode
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        first = f"{self.program.name} {what} ({how}); the last lines of {shown(self.log)}:"
        return "\n".join([first, *(f"    {line}" for line in words)])


@contextmanager
def running(program: Program, home: Home) -> Iterator[Child]:
    """Runs the program until the block ends; its output goes to the home's log folder."""
    child = start(program, home)
    children.append(child)
    try:
        yield child
    finally:
        children.remove(child)
        stop(child)


def run_to_end(program: Program, home: Home) -> None:
    """Runs a program that ends by itself; raises Trouble with its last words if it fails."""
    with meanwhile(program, home):
        pass


@contextmanager
def meanwhile(program: Program, home: Home) -> Iterator[None]:
    """Runs a program that ends by itself beside the block; waits for it at the block's end."""
    child = start(program, home)
    try:
        yield
        while child.is_alive:
            refuse_deaths()
            pause(0.02)
    finally:
        stop(child)
    if child.process.returncode:
        raise Trouble(child.obituary("failed"))


def manage(name: str, environment: Mapping[str, str], *words: str) -> Program:
    return Program(name, [sys.executable, ROOT / "manage.py", *words], environment)


def ask(program: Program, home: Home) -> str:
    """Runs a program for its answer, which, unlike its complaints, touches no disk."""
    child = start(program, home, answer=subprocess.PIPE)
    try:
        answer, _ = child.process.communicate()
    finally:
        stop(child)
    if child.process.returncode:
        raise Trouble(child.obituary("failed"))
    return answer.decode().strip()


def run_in_foreground(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs a program that owns the terminal, and gets Ctrl-C from it; returns its exit status."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one thread, see start()
    )
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=0.1)
        if set(heard) - {signal.SIGINT}:
            process.terminate()


def wait_until(ready: Callable[[], bool], child: Child, *, seconds: float = 20) -> None:
    """Returns once `ready` says so; raises Trouble if a program dies first or takes too long."""
    end = time.monotonic() + seconds
    while not ready():
        refuse_deaths()
        if time.monotonic() > end:
            name, log = child.program.name, shown(child.log)
            raise Trouble(f"{name} is not ready after {seconds:.0f} s: see {log}")
        pause(0.02)


def watch() -> NoReturn:
    """Raises Trouble when a program dies, Stopped when somebody wants to stop."""
    while True:
        refuse_deaths()
        pause(0.2)


def refuse_deaths() -> None:
    for child in children:
        if not child.is_alive:
            raise Trouble(child.obituary())


def start(program: Program, home: Home, *, answer: int | None = None) -> Child:
    home.make()
    log = home.log / f"{program.name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in program.command],
            cwd=program.folder,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=output if answer is None else answer,
            stderr=output,
            start_new_session=True,
            # The supervisor has one thread, so nothing between fork and exec can deadlock.
            preexec_fn=die_with_parent(program.stop_with),  # noqa: PLW1509
            **as_account(program.account),
        )
    record = home.run / f"{program.name}.pid"
    write_record(record, program, process.pid)
    return Child(program, process, log, record)


def as_account(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a new process does so that the kernel signals it when the supervisor is killed."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(SET_PARENT_DEATH_SIGNAL, number)


def stop(child: Child) -> None:
    if child.is_alive:
        child.process.send_signal(child.program.stop_with)
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(child.program.patience)
    bury(child.process.pid, child.program.scratch)
    child.process.wait()
    child.record.unlink(missing_ok=True)


def bury(pid: int, scratch: Path | None) -> None:
    """Kills what is left of a program's session, its own children included."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)


# --- What a killed supervisor left behind


def write_record(record: Path, program: Program, pid: int) -> None:
    text = json.dumps(
        {
            "pid": pid,
            "birth": birth(pid),
            "stop_with": program.stop_with,
            "patience": program.patience,
            "scratch": str(program.scratch or ""),
        }
    )
    record.write_text(text)


def stop_orphans(home: Home) -> list[str]:
    """Stops what an earlier run, now dead, left running in this home; the last started first.

    The caller holds the home's lock, so nobody who is alive owns them.
    """
    records = sorted(home.run.glob("*.pid"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [record.stem for record in records if stop_orphan(record)]


def stop_orphan(record: Path) -> bool:
    try:
        left = json.loads(record.read_text())
    except ValueError:
        # Killed in the middle of writing it: the kernel has signalled the program by then.
        left = {"pid": 0, "birth": "", "scratch": ""}
    # A number alone could be somebody else's by now; the time of birth tells.
    lives = bool(left["birth"]) and birth(left["pid"]) == left["birth"]
    if lives:
        os.kill(left["pid"], left["stop_with"])
        end = time.monotonic() + left["patience"]
        while birth(left["pid"]) == left["birth"] and time.monotonic() < end:
            time.sleep(0.02)
        bury(left["pid"], None)
    if left["scratch"]:
        shutil.rmtree(left["scratch"], ignore_errors=True)
    record.unlink()
    return lives


def birth(pid: int) -> str:
    """When the process was born, in the kernel's words; empty if it is dead or a zombie."""
    if sys.platform != "linux":
        return birth_by_ps(pid)
    try:
        # proc(5): the name, in brackets, may hold anything; after it come state, …, start time.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def birth_by_ps(pid: int) -> str:
    ps = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(ps, capture_output=True, text=True, check=False)
    state, *when = answer.stdout.split() or ["Z"]
    return "" if state.startswith("Z") else " ".join(when)


def shown(path: Path) -> Path:
    """The path as somebody in the checkout would type it."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
