"""A Postfix of one's own on loopback, to try letters and what comes back: scripts/postfix --help

It has its own configuration, queue and log in one folder, and touches nothing of the machine's
Postfix. It asks no name server and talks to no other host: mail for our domain is piped into
`receive_mail`, and all other mail goes to a mail server on loopback, or nowhere.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local.places import ROOT, VAR, Home
from local.processes import as_account
from local.stopping import Trouble

HOST = "127.0.0.1"
RECEIVE_MAIL = (str(ROOT / ".venv" / "bin" / "python"), str(ROOT / "manage.py"), "receive_mail")
NO_POSTFIX = (
    "No Postfix here: install Debian's `postfix` (debconf's “No configuration” will do, and keeps"
    " it from starting by itself)."
)
NO_ROOT = "Postfix starts as root and gives its rights away by itself: type this as root."

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {log}
maillog_file_prefixes = {folder}

inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
myhostname = mail.{domain}
myorigin = {domain}
mydestination =
alias_maps =
local_transport = error:nobody lives here
notify_classes =

default_transport = {elsewhere}
relay_transport = {elsewhere}

recipient_delimiter = +
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{{{{mailbox} = it}}}}
virtual_transport = receive:
receive_destination_recipient_limit = 1
receive_destination_concurrency_limit = 2
"""

MASTER = """\
{host}:{port} inet n - n - - smtpd
pickup    unix n - n 60  1 pickup
cleanup   unix n - n -   0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n -   - trivial-rewrite
bounce    unix - - n -   0 bounce
defer     unix - - n -   0 bounce
trace     unix - - n -   0 bounce
proxymap  unix - - n -   - proxymap
anvil     unix - - n -   1 anvil
smtp      unix - - n -   - smtp
error     unix - - n -   - error
retry     unix - - n -   - error
discard   unix - - n -   - discard
showq     unix n - n -   - showq
postlog   unix-dgram n - n - 1 postlogd
receive   unix - n n -   - pipe
  flags=DOR user={user} directory={directory} null_sender=
  argv={receive} ${{recipient}}
"""


@dataclass(frozen=True)
class Postfix:
    """`sink` is the port on loopback that gets all mail but ours; without one it is discarded.

    `receive` is the program that gets ours, with the recipient as its last word, run by `user`.
    """

    folder: Path
    port: int
    user: str
    sink: int | None = None
    mailbox: str = "letters@fiveasks.example"
    receive: Sequence[str] = RECEIVE_MAIL
    # More lines for main.cf.
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return self.folder / "mail.log"

    def start(self) -> None:
        """Returns when it listens."""
        refuse_where_it_cannot_run()
        self.write_configuration()
        self.run("start")

    def stop(self) -> None:
        if not (self.folder / "etc" / "main.cf").exists():
            raise Trouble(f"No Postfix was started in {self.folder}.")
        self.run("stop")

    def flush(self) -> None:
        """Tries all that waits at once."""
        self.run("flush")

    def write_configuration(self) -> None:
        for folder in (self.folder, self.folder / "etc", self.folder / "queue"):
            folder.mkdir(parents=True, exist_ok=True)
            # Its parts run as several accounts, and walk through.
            folder.chmod(0o755)
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        shutil.chown(data, "postfix")
        main = MAIN.format(
            folder=self.folder,
            log=self.log,
            domain=self.mailbox.partition("@")[2],
            mailbox=self.mailbox,
            elsewhere=f"smtp:[{HOST}]:{self.sink}" if self.sink else "discard:",
        )
        main += "".join(f"{name} = {value}\n" for name, value in self.settings.items())
        master = MASTER.format(
            host=HOST,
            port=self.port,
            user=self.user,
            directory=ROOT if self.receive == RECEIVE_MAIL else self.folder,
            receive=" ".join(self.receive),
        )
        (self.folder / "etc" / "main.cf").write_text(main)
        (self.folder / "etc" / "master.cf").write_text(master)

    def run(self, word: str) -> None:
        etc = self.folder / "etc"
        done = subprocess.run(
            ["postfix", "-c", str(etc), word], capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr + done.stdout).strip() or self.last_words()
            raise Trouble(f"'postfix -c {etc} {word}' failed: {said}")

    def last_words(self, lines: int = 12) -> str:
        if not self.log.exists():
            return "nothing was logged"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def refuse_where_it_cannot_run() -> None:
    if shutil.which("postfix") is None:
        raise Trouble(NO_POSTFIX)
    if os.geteuid() != 0:
        raise Trouble(NO_ROOT)


@contextmanager
def running_postfix(postfix: Postfix) -> Iterator[Postfix]:
    postfix.start()
    try:
        yield postfix
    finally:
        postfix.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    words = parser().parse_args(arguments)
    postfix = Postfix(
        folder=words.folder.resolve(),
        port=words.port,
        sink=words.sink,
        mailbox=words.mailbox,
        user=words.user,
    )
    try:
        refuse_where_it_cannot_run()
        if words.do == "start":
            refuse_who_cannot_receive(words.user)
            postfix.start()
            print(f"Postfix takes letters: EMAIL_URL=smtp://{HOST}:{words.port}")
            print(f"and can be asked:      RELAY_URL=postfix://{postfix.log}")
        else:
            postfix.stop()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="scripts/postfix", description="A Postfix of one's own on loopback."
    )
    made.add_argument("do", choices=["start", "stop"])
    made.add_argument("--folder", type=Path, default=Home(VAR).data("postfix"))
    made.add_argument("--port", type=int, default=2526)
    made.add_argument(
        "--sink", type=int, help="the port on loopback that gets what is sent (else nobody does)"
    )
    made.add_argument(
        "--mailbox", default="letters@fiveasks.example", help="the mailbox for what comes back"
    )
    made.add_argument(
        "--user",
        default=os.environ.get("SUDO_USER", ""),
        help="who runs `manage.py receive_mail`; you, where you came by sudo",
    )
    return made


def refuse_who_cannot_receive(user: str) -> None:
    """Who runs the program at the pipe must be able to, in an environment as bare as Postfix's."""
    try:
        is_root = pwd.getpwnam(user).pw_uid == 0
    except KeyError:
        is_root = True
    if is_root:
        raise Trouble(
            "Postfix pipes mail to no program of root's: name somebody who can read this folder"
            " and its keys by --user NAME."
        )
    try:
        done = subprocess.run(
            [*RECEIVE_MAIL, "--help"],
            cwd=ROOT,
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
            **as_account(user),
        )
        complaint = done.stderr.strip().rpartition("\n")[2] if done.returncode else ""
    except OSError as error:
        complaint = str(error)
    if complaint:
        raise Trouble(f"{user} can't run manage.py receive_mail: {complaint}")


if __name__ == "__main__":
    sys.exit(main())
