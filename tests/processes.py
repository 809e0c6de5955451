"""The site's real processes, started for a test as a server would start them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from django.conf import settings as django_settings

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


class Processes:
    """Child processes with this test's database, keys, broker and mail server."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.logs = folder / "logs"
        self.temporary = folder / "tmp"
        self.logs.mkdir()
        self.temporary.mkdir()
        self.environment = {
            **os.environ,
            **_settings_as_environment(),
            "TMPDIR": str(self.temporary),
            "PGAPPNAME": "site",
            **environment,
        }
        self.browsers = contextlib.ExitStack()
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                cwd=ROOT,
                env=self.environment | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def worker(self, name="worker", *, queues=""):
        """One that takes from these queues, by commas, or from all of its role's."""
        return self.start(
            name,
            *("celery", "-A", "campaign", "worker", "-l", "INFO"),
            *(("-Q", queues) if queues else ()),
            *("-c", "1", "-n", f"{name}@test", "--without-gossip", "--without-mingle"),
        )

    def beat(self, name="beat"):
        schedule = str(self.temporary / name)
        return self.start(
            name,
            *("celery", "-A", "campaign", "beat", "-l", "INFO", "-s", schedule, "--pidfile", ""),
        )

    def web(self, **environment: str) -> httpx.Client:
        """A web server, and a browser's session with it."""
        port = free_port()
        site = f"http://127.0.0.1:{port}"
        self.start(
            "web",
            *("granian", "--interface", "wsgi", "campaign.wsgi:application"),
            *("--host", "127.0.0.1", "--port", str(port), "--no-ws"),
            **{"SITE_URL": site, "ALLOWED_HOSTS": "127.0.0.1"} | environment,
        )
        client = self.browsers.enter_context(
            httpx.Client(base_url=site, follow_redirects=True, timeout=30)
        )
        until(lambda: _answers(client), seconds=30)
        return client

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to the process and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def stop(self) -> None:
        self.browsers.close()
        for process in list(self.running):
            self.kill(process)

    def log_of(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text()

    def log_text(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.logs.iterdir()))


def until(condition, *, seconds):
    """Wait until `condition()` is true, and return what it returned."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if found := condition():
            return found
        time.sleep(0.1)
    raise TimeoutError(f"This did not come true in {seconds} s.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(client: httpx.Client) -> bool:
    # Not a page: the site keeps those, and their figures, for two seconds.
    try:
        return client.get("/robots.txt").status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.TransportError:
        return False


def _settings_as_environment() -> dict[str, str]:
    database = django_settings.DATABASES["default"]
    return {
        "DATABASE_URL": database_url(database),
        "VAULT_DIR": str(django_settings.VAULT_DIR),
        "EMAIL_URL": f"smtp://{django_settings.EMAIL_HOST}:{django_settings.EMAIL_PORT}",
        "RELAY_URL": django_settings.RELAY_URL,
        "LETTERS_PER_DOMAIN_A_MINUTE": str(django_settings.LETTERS_PER_DOMAIN_A_MINUTE),
        "RELAY_TIMEOUT": str(django_settings.RELAY_TIMEOUT),
        "BROKER_URL": own_broker_url(),
        "LIMITS_URL": django_settings.LIMITS_URL,
    }


def database_url(database: dict[str, str]) -> str:
    """The test's database, by the same way as the tests' own: socket folder or host and port."""
    user = quote(database["USER"])
    password = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
    host, name = database["HOST"], database["NAME"]
    if host.startswith("/"):
        return f"postgres://{user}{password}@/{host}/{name}"
    return f"postgres://{user}{password}@{host}:{database['PORT'] or 5432}/{name}"


def own_broker_url() -> str:
    """The broker, but a database of its own for each of pytest's parallel workers."""
    number = _worker_number() + 1
    url = os.environ["BROKER_URL"]
    if "virtual_host=" in url:
        return f"{url.partition('virtual_host=')[0]}virtual_host={number}"
    return f"{url.rstrip('/').rsplit('/', 1)[0]}/{number}"


def own_limits_url() -> str:
    """A database of Valkey's for the counters of each of pytest's parallel workers."""
    url = os.environ.get("LIMITS_URL") or pytest.skip("LIMITS_URL names no Valkey.")
    front = url.rstrip("0123456789")
    return f"{front}{int(url.removeprefix(front) or 15) - _worker_number()}"


def _worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
