"""`make run`: the whole site on one laptop, until Ctrl-C.

Servers first, then what Django needs to find in them, then the site's three processes. Each is a
`with` block, so they stop in the opposite order, whatever ends the run.
"""

import http.client
import os
import re
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from local.places import VAR, Home, chosen_content, locked
from local.processes import (
    Program,
    ask,
    manage,
    run_to_end,
    running,
    stop_orphans,
    wait_until,
    watch,
)
from local.servers import RELAY_TIMEOUT, as_environment, servers, settings_for
from local.static_files import static_files
from local.stopping import Stopped, Trouble

HOST = "127.0.0.1"
SMTP_PORT = 2525
PORTS = range(1, 65536)


def run() -> int:
    home = Home(VAR)
    otherwise = "'make run' is running in this folder already: stop it with Ctrl-C first"
    with locked(home.run / "supervisor.lock", otherwise=otherwise):
        tell_of_orphans([name for each in Home.all() for name in stop_orphans(each)])
        port = chosen_port()
        with ExitStack() as opened:
            try:
                start_everything(home, port, opened)
                watch()
            except Stopped:
                say("\nStopping …")
            except Trouble as trouble:
                say(f"{trouble}\nStopping everything …")
                return 1
    say("Stopped.")
    return 0


def tell_of_orphans(names: list[str]) -> None:
    if names:
        say(f"Stopped what a killed run had left behind: {', '.join(names)}.")


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) not in PORTS:
        raise Trouble(f"PORT={text} is no port: choose a number from 1 to {PORTS[-1]}.")
    port = int(text)
    if not is_free(port):
        other = next((near for near in PORTS[port : port + 50] if is_free(near)), 8000)
        raise Trouble(f"Port {port} is taken by another program: make run PORT={other}")
    return port


def is_free(port: int) -> bool:
    # Some systems let two programs bind one port, one to all addresses: so knock as well.
    with socket.socket() as client:
        client.settimeout(1)
        if client.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as server:
        # Connections of a run that just ended don't count.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError:
            return False
    return True


def start_everything(home: Home, port: int, opened: ExitStack) -> None:
    say("Starting the servers …")
    content = chosen_content()
    data = Home.of(content)
    settings = settings_for(data, site=f"http://{HOST}:{port}", secret=kept_secret())
    # Nothing to set up before the first look at the organizers' pages.
    settings["SECOND_FACTOR"] = "optional"
    settings |= {name: os.environ[name] for name in settings if os.environ.get(name)}
    # A second terminal may stand in another folder.
    settings["CONTENT_DIR"] = str(content)
    settings |= opened.enter_context(servers(data, durable=True))
    settings |= mail_settings(home, settings["MAILBOX_DIR"], opened)
    opened.enter_context(local_env(home, settings))
    environment = as_environment(settings)

    say("Preparing the keys, the database and the campaign …")
    password = prepare(home, environment)

    say("Starting the site …")
    for each in workers(environment):
        opened.enter_context(running(each, home))
    opened.enter_context(running(beat(home, environment), home))
    site = opened.enter_context(running(web(port, environment), home))
    wait_until(lambda: answers(port), site, seconds=40)
    say(welcome(settings["SITE_URL"], password))


# --- What Django must find


def kept_secret() -> str:
    """The SECRET_KEY of this checkout, made once: sessions outlive a restart."""
    path = VAR / "secret_key"
    with suppress(FileExistsError):
        write_private(path, secrets.token_urlsafe(48))
    return path.read_text()


def mail_settings(home: Home, mailbox: str, opened: ExitStack) -> dict[str, str]:
    """The relay's address; a relay of the user's own is not asked after letters in our Maildir."""
    if given := os.environ.get("EMAIL_URL"):
        return {"EMAIL_URL": given, "RELAY_URL": os.environ.get("RELAY_URL", "")}
    return {"EMAIL_URL": opened.enter_context(mail(home, mailbox))}


@contextmanager
def mail(home: Home, mailbox: str) -> Iterator[str]:
    """Runs the local mail server; yields its EMAIL_URL."""
    port = SMTP_PORT if is_free(SMTP_PORT) else any_free_port()
    command = [sys.executable, "-m", "local.smtp", "--port", str(port), "--mailbox", mailbox]
    command += ["--timeout", str(RELAY_TIMEOUT)]
    with running(Program("smtp", command, os.environ, patience=3), home) as child:
        wait_until(lambda: not is_free(port), child)
        yield f"smtp://{HOST}:{port}"


def any_free_port() -> int:
    with socket.socket() as server:
        server.bind((HOST, 0))
        port: int = server.getsockname()[1]
    return port


@contextmanager
def local_env(home: Home, settings: Mapping[str, str]) -> Iterator[None]:
    """While the block runs, `manage.py` in a second terminal finds these settings."""
    path = home.run / "local.env"
    # A killed run may have left one, which names servers that are gone.
    path.unlink(missing_ok=True)
    write_private(path, "".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Writes a new file that only its owner can read, from its first moment on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def prepare(home: Home, environment: Mapping[str, str]) -> str:
    """Everything that the site must find; returns the organizer's new password, if there is one."""
    with static_files(home, environment):
        run_to_end(manage("vault", environment, "vault", "generate", "--if-missing"), home)
        run_to_end(manage("migrate", environment, "migrate", "--no-input", "-v", "0"), home)
        run_to_end(manage("load_campaign", environment, "load_campaign"), home)
        run_to_end(manage("draw_pictures", environment, "draw_pictures"), home)
        return ask(manage("password", environment, "one_time_password"), home)


# --- The site's processes


def web(port: int, environment: Mapping[str, str]) -> Program:
    command = [sys.executable, "-m", "granian", "campaign.wsgi:application", "--interface", "wsgi"]
    command += ["--host", HOST, "--port", str(port), "--workers", "2", "--blocking-threads", "32"]
    command += ["--backpressure", "64", "--no-ws", "--no-access-log"]
    command += ["--workers-kill-timeout", "3"]
    return Program("web", command, environment, patience=5)


def workers(environment: Mapping[str, str]) -> list[Program]:
    """Apart as on servers: no mail waits for a letter, and no letter for an export."""
    return [
        worker("confirmations", ["--pool", "solo"], environment),
        worker("letters", ["--pool", "solo"], environment),
        worker("news,reports", ["--pool", "prefork", "--concurrency", "2"], environment),
    ]


def worker(queues: str, pool: list[str], environment: Mapping[str, str]) -> Program:
    name = f"worker-{queues.replace(',', '-')}"
    command = [sys.executable, "-m", "celery", "-A", "campaign", "worker", "-l", "INFO"]
    command += ["-Q", queues, "-n", f"{name}@laptop", *pool]
    # They have nothing to tell each other.
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Program(name, command, environment)


def beat(home: Home, environment: Mapping[str, str]) -> Program:
    schedule = home.run / "celerybeat-schedule"
    # It holds only when each tick was last due; a killed beat can leave it unreadable.
    for path in home.run.glob("celerybeat-schedule*"):
        path.unlink()
    command = [sys.executable, "-m", "celery", "-A", "campaign", "beat", "-l", "INFO"]
    command += ["--schedule", str(schedule), "--pidfile", ""]
    return Program("beat", command, environment, patience=3)


def answers(port: int) -> bool:
    """Whether the home page is there; it warms the processes up, too."""
    client = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        client.request("GET", "/en/")
        return client.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        client.close()


# --- Words


def welcome(site: str, password: str) -> str:
    login = f"organizer, password {password}" if password else "organizer, with your own password"
    return f"""
  The site is running.

  Site       {site}/
  Mailbox    {site}/mailbox/
  Admin      {site}/admin/
             {login}
  Logs       var/log/

  In a second terminal:
    ./manage.py simulate --supporters 500    supporters sign, and confirm by mail
    ./manage.py deliver --approve            you approve the letters, and they go out now

  Ctrl-C stops everything.
"""


def say(words: str) -> None:
    # A terminal that was closed, or a pipe that ended, must not keep the servers from stopping.
    with suppress(OSError):
        print(words, flush=True)
