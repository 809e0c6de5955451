"""A real streaming replica of the tests' PostgreSQL."""

import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from local.places import short_folder
from local.postgres import find_binaries, own_environment
from local.processes import as_account
from tests.processes import until


class Standby:
    def __init__(self, folder: Path, primary: Path) -> None:
        # PostgreSQL lets nobody start it but the owner of its data, who is never root.
        self.account = pwd.getpwuid(primary.stat().st_uid).pw_name if _am_root() else None
        self.binaries = find_binaries(self.account)
        self.primary = primary
        self.folder = folder
        self.process = None
        shutil.chown(folder, self.account) if self.account else None

    def start(self) -> None:
        owner = settings.DATABASES["default"]["USER"]
        self.run(
            *("pg_basebackup", "-h", self.primary, "-U", owner, "-D", self.folder / "data"),
            *("--checkpoint=fast", "--write-recovery-conf", "--no-sync"),
        )
        self.process = subprocess.Popen(
            [
                *(self.binaries / "postgres", "-D", self.folder / "data", "-k", self.folder),
                *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"),
                *("-c", "hot_standby_feedback=on", "-c", "max_connections=200"),
            ],
            cwd="/",
            env=own_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_account(self.account),
        )
        until(lambda: self.run("pg_isready", "-h", self.folder, check=False) == 0, seconds=30)

    def run(self, program: str, *words: object, check: bool = True) -> int:
        done = subprocess.run(
            [self.binaries / program, *map(str, words)],
            cwd="/",
            env=own_environment(),
            capture_output=True,
            text=True,
            check=False,
            **as_account(self.account),
        )
        if check and done.returncode:
            pytest.fail(done.stderr)
        return done.returncode

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    @contextmanager
    def frozen(self):
        """It answers, but replays nothing that comes in meanwhile."""
        self.say("SELECT pg_wal_replay_pause()")
        until(lambda: self.say("SELECT pg_get_wal_replay_pause_state()") == "paused", seconds=10)
        yield
        self.say("SELECT pg_wal_replay_resume()")

    def say(self, statement: str):
        with connections["replica"].cursor() as cursor:
            cursor.execute(statement)
            (answer,) = cursor.fetchone()
        return answer


@contextmanager
def standby():
    primary = Path(settings.DATABASES["default"]["HOST"])
    if not primary.is_absolute():
        pytest.skip("A replica is made of a PostgreSQL on this machine's socket only.")
    with short_folder() as folder:
        started = Standby(folder, primary)
        try:
            started.start()
            yield started
        finally:
            started.stop()


@contextmanager
def as_replica(host: Path):
    """What REPLICA_URL would do."""
    default = connections.databases["default"]
    connections.databases["replica"] = {
        **default,
        "HOST": str(host),
        "OPTIONS": {"connect_timeout": 2},
        "TEST": {**default["TEST"], "MIRROR": "default"},
    }
    try:
        yield
    finally:
        connections["replica"].close()
        del connections["replica"]
        del connections.databases["replica"]


@contextmanager
def moved_to(host: Path):
    """REPLICA_URL names another place."""
    replica = connections["replica"]
    replica.close()
    before, replica.settings_dict["HOST"] = replica.settings_dict["HOST"], str(host)
    yield
    replica.close()
    replica.settings_dict["HOST"] = before


def commit_durably() -> None:
    """The tests' server lets commits wait for their place in the log; a real one does not."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = local")


def _am_root() -> bool:
    return Path("/proc/self").stat().st_uid == 0
