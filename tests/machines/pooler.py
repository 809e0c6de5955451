"""A real PgBouncer before the tests' database, which lends sessions for one transaction."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from tests.processes import free_port, until

NO_PGBOUNCER = "No PgBouncer here: install Debian's `pgbouncer`."
ENOUGH_SESSIONS = 3


@contextmanager
def pgbouncer(folder: Path):
    """Yields a DATABASE_URL that leads through it."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        pytest.skip(NO_PGBOUNCER)
    database = settings.DATABASES["default"]
    port = free_port()
    ini = folder / "pgbouncer.ini"
    ini.write_text(
        f"""\
[databases]
{database["NAME"]} = host={database["HOST"]} user={database["USER"]} dbname={database["NAME"]}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {ENOUGH_SESSIONS}
max_client_conn = 200
"""
    )
    # It refuses to run as root; only the account of PostgreSQL may enter the socket's folder.
    account = ["-u", _owner(Path(database["HOST"]))] if os.geteuid() == 0 else []
    if account:
        for each in (folder, *folder.parents[:2]):
            each.chmod(0o755)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, *account, str(ini)], stdout=log, stderr=log)
    try:
        until(lambda: "process up" in (folder / "log").read_text(), seconds=10)
        yield f"postgres://{quote(database['USER'])}@127.0.0.1:{port}/{database['NAME']}"
    finally:
        process.terminate()
        process.wait()


def _owner(path: Path) -> str:
    return path.owner() if path.is_absolute() else "nobody"
