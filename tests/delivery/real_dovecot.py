"""A real Dovecot on loopback, with a mailbox for whoever gives the password."""

import imaplib
import ipaddress
import os
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.processes import free_port, until

HOST = "127.0.0.1"
PASSWORD = 'pass wörd "with\\ all'
NO_DOVECOT = "No Dovecot here: install Debian's `dovecot-imapd`, and run the tests as root."

CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
default_internal_user = dovecot
default_login_user = dovenull
mail_location = maildir:{folder}/mail/%u
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=any {folder}/passwords
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    folder: Path
    port: int
    tls_port: int

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def write_configuration(self) -> None:
        self.folder.chmod(0o755)
        (self.folder / "mail").mkdir()
        shutil.chown(self.folder / "mail", "nobody")
        (self.folder / "passwords").write_text(f"any:{PASSWORD}\n")
        _write_certificate(self.certificate, self.folder / "key.pem")
        words = CONFIGURATION.format(**vars(self))
        (self.folder / "dovecot.conf").write_text(words)

    def is_up(self) -> bool:
        try:
            imaplib.IMAP4(HOST, self.port, timeout=5).logout()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True


def dovecot_is_here() -> bool:
    return shutil.which("dovecot") is not None and os.geteuid() == 0


@contextmanager
def running_dovecot(folder: Path):
    server = Dovecot(folder, free_port(), free_port())
    server.write_configuration()
    program = shutil.which("dovecot") or "dovecot"
    process = subprocess.Popen(
        [program, "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(server.is_up, seconds=20)
        yield server
    finally:
        process.terminate()
        process.wait(20)


class Owner:
    """Somebody who looks into a mailbox with a mail program of their own."""

    def __init__(self, server: Dovecot, user: str) -> None:
        self.user = user
        self.imap = imaplib.IMAP4(HOST, server.port, timeout=10)
        self.imap.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())

    def put(self, raw: bytes, folder="INBOX") -> None:
        word, said = self.imap.append(folder, None, None, raw.replace(b"\n", b"\r\n"))
        assert word == "OK", said

    def count(self, folder="INBOX", *, of="ALL") -> int:
        word, _ = self.imap.select(folder)
        if word != "OK":
            return 0
        _, (found,) = self.imap.search(None, of)
        self.imap.unselect()
        return len(found.split())

    def unflag_all(self) -> None:
        self.imap.select("INBOX")
        self.imap.store("1:*", "-FLAGS", r"(\Flagged)")
        self.imap.unselect()

    def number_anew(self, folder: str) -> None:
        """Delete the folder and make it again: its mails begin at 1, under another UIDVALIDITY."""
        self.imap.delete(folder)
        self.imap.create(folder)


class StalledLine(ThreadingTCPServer):
    """A line to an IMAP server that swallows a command with `word` in it, and all after it."""

    daemon_threads = True

    def __init__(self, port: int, word: bytes) -> None:
        super().__init__((HOST, 0), _Talk)
        self.port = port
        self.word = word
        self.stalled = threading.Event()

    @contextmanager
    def open(self):
        with self:
            threading.Thread(target=self.serve_forever, daemon=True).start()
            yield self.server_address[1]
            self.shutdown()


class _Talk(BaseRequestHandler):
    def handle(self):
        with socket.create_connection((HOST, self.server.port)) as far:
            threading.Thread(target=self.carry_answers, args=(far,), daemon=True).start()
            while said := self.request.recv(65536):
                if self.server.word in said:
                    self.server.stalled.set()
                if not self.server.stalled.is_set():
                    far.sendall(said)
            far.shutdown(socket.SHUT_RDWR)

    def carry_answers(self, far: socket.socket) -> None:
        with suppress(OSError):
            while answer := far.recv(65536):
                self.request.sendall(answer)


def _write_certificate(certificate: Path, key: Path) -> None:
    """Signed by itself, for 127.0.0.1."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]),
            critical=False,
        )
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
