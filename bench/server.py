"""The web server, started as a real one is, for the site and for its limits."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
# As deploy/ has it: glibc would give each thread a heap of its own, which keeps what it once took.
LIKE_A_SERVER = {"MALLOC_ARENA_MAX": "1"}


@dataclass(frozen=True)
class WebServer:
    port: int
    pid: int
    """Of the process whose children are the workers."""


@contextmanager
def web_server(**environment: str) -> Iterator[int]:
    """Run it with these variables; yields its port."""
    with web_processes(**environment) as server:
        yield server.port


@contextmanager
def web_processes(**environment: str) -> Iterator[WebServer]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - our own server
        web_command(port),
        env=os.environ
        | LIKE_A_SERVER
        | environment
        | {"SITE_URL": f"http://{HOST}:{port}", "ALLOWED_HOSTS": HOST},
    )
    try:
        wait_for(port)
        yield WebServer(port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


def web_command(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "campaign.wsgi:application"),
        *("--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", "2", "--blocking-threads", "32", "--no-ws", "--log-level", "error"),
    ]


def wait_for(port: int) -> None:
    for _ in range(300):
        if is_open(port):
            return
        time.sleep(0.1)
    raise TimeoutError("The web server did not start.")


def is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def workers_of(pid: int) -> list[int]:
    """Granian's workers; Python's own helper beside them is none."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"resource_tracker" not in _words_of(child)]


def _words_of(child: str) -> bytes:
    return Path(f"/proc/{child}/cmdline").read_bytes()
