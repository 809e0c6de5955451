"""Around a real Postfix: where its mail goes, who gets what it pipes, a line that is cut."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

from local.smtp import Keeper
from tests.processes import ROOT


class Offices(Keeper):
    """The world's mail servers: `gone@…` has no mailbox, `busy@…` never has time."""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        mailbox = address.partition("@")[0]
        if mailbox == "gone":
            return "550 5.1.1 No such person here"
        if mailbox == "busy":
            return "451 4.7.1 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Doorkeeper:
    """Runs `manage.py receive_mail` for the mails that Postfix pipes, and returns its exit code.

    Postfix runs no program as root, and its `nobody` may not enter root's checkout or read the
    test's keys: a script of nobody's puts each mail down, and here somebody with rights waits.
    """

    SCRIPT = """\
#!/bin/sh
mail=$(mktemp {folder}/XXXXXX) && cat >"$mail" && echo "$1" >"$mail.draft" || exit 75
mv "$mail.draft" "$mail.to"
until [ -e "$mail.exit" ]; do [ -d {folder} ] || exit 75; sleep 0.05; done
exit "$(cat "$mail.exit")"
"""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder / "door"
        self.environment = environment
        self.codes: list[int] = []
        self.folder.mkdir()
        shutil.chown(self.folder, "nobody")
        self.program = folder / "hand-over"
        self.program.write_text(self.SCRIPT.format(folder=self.folder))
        self.program.chmod(0o755)

    @contextmanager
    def on_duty(self):
        enough = threading.Event()
        thread = threading.Thread(target=self._watch, args=(enough,))
        thread.start()
        yield self
        enough.set()
        thread.join()

    def _watch(self, enough: threading.Event) -> None:
        while not enough.is_set():
            for note in self.folder.glob("*.to"):
                self._receive(note.with_suffix(""), note.read_text().strip())
                note.unlink()
            time.sleep(0.05)

    def _receive(self, mail: Path, recipient: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", "receive_mail", recipient],
            input=mail.read_bytes(),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            check=False,
        )
        self.codes.append(done.returncode)
        draft = mail.with_suffix(".code")
        draft.write_text(str(done.returncode))
        draft.rename(mail.with_suffix(".exit"))


class CutLine(ThreadingTCPServer):
    """A line to a mail server that breaks "before the dot" or "after the dot".

    Who sends through it has sent all in both cases, and gets no answer.
    """

    daemon_threads = True

    def __init__(self, port: int, cut: str) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.port = port
        self.cut = cut

    @property
    def own_port(self) -> int:
        return self.server_address[1]

    @contextmanager
    def open(self):
        with self:
            threading.Thread(target=self.serve_forever, daemon=True).start()
            yield self
            self.shutdown()


class _Talk(BaseRequestHandler):
    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as far:
            self.is_cut = False
            answers = threading.Thread(target=self.carry_answers, args=(far,), daemon=True)
            answers.start()
            said = b""
            while more := self.request.recv(65536):
                # The dot may come with the end of the letter, or by itself.
                said = said[-2:] + more
                if said.endswith(b"\r\n.\r\n"):
                    far.sendall(more.removesuffix(b".\r\n"))
                    break
                far.sendall(more)
            self.is_cut = True
            if self.server.cut == "after the dot":
                far.sendall(b".\r\n")
                answers.join(10)
            # A socket that a thread still reads from is not closed by closing it.
            far.shutdown(socket.SHUT_RDWR)

    def carry_answers(self, far: socket.socket) -> None:
        with suppress(OSError):
            while (answer := far.recv(65536)) and not self.is_cut:
                self.request.sendall(answer)
