"""A plain machine from nothing to a signed petition, through upgrades, and back (docs/upgrade.md).

In a scratch tree, with a stand-in for systemd (systemctl.py); all else is as on a server.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.db import connection
from psycopg.sql import SQL, Identifier

from tests.forms import submit, submit_all_ticked
from tests.mailbox import link_in
from tests.processes import BIN, ROOT, database_url, free_port, own_broker_url, until

HOST = "petition.example"
ROLES = ("web", "mailer", "organizer")
SYSTEMCTL = Path(__file__).with_name("systemctl.py")


class Machine:
    """A checkout, and the tree into which it is installed."""

    def __init__(self, folder, mailbox):
        self.root = folder / "machine"
        self.checkout = folder / "checkout"
        self.mailbox = mailbox
        self.ports = {"8000": str(free_port()), "8001": str(free_port())}
        programs = folder / "bin"
        programs.mkdir()
        systemctl = programs / "systemctl"
        systemctl.write_text(f"#!{sys.executable}\n{SYSTEMCTL.read_text()}")
        systemctl.chmod(0o755)
        self.systemctl = systemctl
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "ROOT": str(self.root),
            "PYTHON": sys.executable,
        }

    def five_asks(self, *words, by=None, patience="180"):
        """The command of this checkout, or of a release."""
        program = (by or self.checkout) / "deploy/five-asks"
        return subprocess.run(
            [program, *words],
            env=self.environment | {"PATIENCE": patience},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    @property
    def site(self):
        return self.root / "srv/five-asks"

    def running(self):
        return (self.site / "current").resolve().name

    def get_code(self):
        """A checkout, as git would make it; its units listen where nobody else does."""
        ignored = shutil.ignore_patterns("__pycache__", "*.mo", "*.env")
        files = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)  # noqa: S607 - git
        for name in files.splitlines():
            target = self.checkout / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not ignored(str(ROOT), [Path(name).name]):
                shutil.copy2(ROOT / name, target)
        for path in (self.checkout / "deploy/systemd").glob("*.service"):
            words = path.read_text()
            for theirs, ours in self.ports.items():
                words = words.replace(f"--port {theirs}", f"--port {ours}")
            path.write_text(words)

    def change(self, name, old, new):
        path = self.checkout / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def settle(self):
        """What an administrator fills in, and keys that were made elsewhere."""
        folder = self.root / "etc/five-asks"
        site = {
            "SECRET_KEY": django_settings.SECRET_KEY,
            "SITE_URL": f"https://{HOST}",
            "DATABASE_URL": self.database_url,
            "BROKER_URL": own_broker_url(),
            "LIMITS_URL": "",
            "MAIL_FROM": f"Asks <hello@{HOST}>",
            "LETTER_FROM": f"Asks <letters@{HOST}>",
        }
        (folder / "site.env").write_text("".join(f"{k}={v}\n" for k, v in site.items()))
        relay = f"smtp://{django_settings.EMAIL_HOST}:{django_settings.EMAIL_PORT}"
        (folder / "mailer.env").write_text(f"EMAIL_URL={relay}\n")
        laptop = {"SECRET_KEY": "x", "DATABASE_URL": "postgres:///none", "CAMPAIGN_ROLE": "all"}
        subprocess.run(
            [sys.executable, "manage.py", "vault", "generate"],
            cwd=ROOT,
            env=os.environ | laptop | {"VAULT_DIR": str(folder / "keys")},
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def browser(self):
        headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.ports['8000']}", headers=headers)

    def sign(self, address):
        """By the form, and by the link in the mail."""
        with self.browser() as browser:
            page = browser.get("/en/petitions/special-rapporteur/")
            thanks = submit(browser, page, name="Ann Lee", email=address, country="LT")
            assert "Now check your mail" in thanks.text
            with Celery("beat", broker=own_broker_url()) as app:
                app.send_task("petitions.tasks.send_confirmation_mails", queue="confirmations")
            (mail,) = until(lambda: self.mailbox.mails_to(address), seconds=30)
            confirmed = submit_all_ticked(browser, browser.get(link_in(mail, "confirm")))
        assert "Thank you" in confirmed.text

    def signatures(self):
        with psycopg.connect(**self.database) as server:
            return server.execute("SELECT count(*) FROM petitions_signature").fetchone()[0]


@pytest.fixture
def database(django_db_setup, django_db_blocker):
    """An empty one on the tests' server."""
    with django_db_blocker.unblock():
        place = {key: connection.settings_dict[key.upper()] for key in ("user", "host", "port")}
        name = f"{connection.settings_dict['NAME']}_host"
    with psycopg.connect(dbname="postgres", autocommit=True, **place) as server:
        drop = SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name))
        server.execute(drop)
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield place | {"dbname": name}
        server.execute(drop)


@pytest.fixture
def machine(tmp_path, mailbox, database):
    made = Machine(tmp_path, mailbox)
    made.database = database
    made.database_url = database_url({**connection.settings_dict, "NAME": database["dbname"]})
    made.get_code()
    yield made
    if made.root.exists():
        subprocess.run([made.systemctl, "stop"], env=made.environment, check=True)


def lend_packages(machine):
    """This environment in place of one that pip would take minutes to fill: its packages are those
    of the lock, to the version.
    """
    lock = (ROOT / "deploy/requirements.lock").read_text()
    # Those that only another Python or system needs have a mark behind the version.
    for name, version in re.findall(r"^([a-z0-9][\w.-]*)==(\S+) \\$", lock, re.MULTILINE):
        assert importlib.metadata.version(name) == version
    name = subprocess.check_output(
        [
            sys.executable,
            "-c",
            "import releases; print(releases.name_of_environment(releases.SOURCE / 'deploy/requirements.lock'))",
        ],
        cwd=machine.checkout / "deploy/host",
        text=True,
    ).strip()
    environment = machine.site / "environments" / name
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (own,) = Path(sys.prefix).glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(f"{own}\n")
    for program in ("granian", "celery"):
        words = (BIN / program).read_text().partition("\n")[2]
        (environment / "bin" / program).write_text(f"#!{environment}/bin/python\n{words}")
        (environment / "bin" / program).chmod(0o755)
    (environment / "complete").touch()


@pytest.mark.long
def test_from_nothing_to_a_signed_petition_and_through_upgrades_and_back(machine, show):
    began = time.monotonic()
    lend_packages(machine)

    # It writes what it can, and says in plain words what it can't know.
    first = machine.five_asks("install", *ROLES)
    assert first.returncode == 1
    assert "site.env: DATABASE_URL is still the example’s." in first.stdout
    assert "keys/pepper has no keys." in first.stdout
    assert not (machine.root / "run").exists()
    machine.settle()
    again = machine.five_asks("install")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (
        0,
        "Everything runs, and each server shows its page.",
    ), again.stdout
    # Typed once more it makes nothing anew.
    assert machine.five_asks("install").returncode == 0
    assert len(list((machine.site / "releases").iterdir())) == 1
    assert (machine.root / "etc/five-asks/keys/pepper").stat().st_mode & 0o777 == 0o750
    machine.sign("ann@mail.example")
    assert machine.signatures() == 1
    one = machine.running()

    # The same checkout is no upgrade, a changed one is, with the same environment.
    assert "the same" in machine.five_asks("upgrade").stdout
    machine.change("templates/check_your_mail.html", "{% load i18n %}", "{% load i18n %}<!-- 2 -->")
    upgraded = machine.five_asks("upgrade")
    assert upgraded.returncode == 0, upgraded.stdout
    assert "The packages are those of environment" in upgraded.stdout
    two = machine.running()
    assert two != one
    machine.sign("bea@mail.example")

    # One that does not start is taken back at once; nobody has to be awake.
    machine.change("campaign/wsgi.py", "import os\n", "import os\n\nraise SystemExit(1)\n")
    broken = machine.five_asks("upgrade", patience="10")
    assert broken.returncode == 1
    assert f"{two} is back. It answers." in broken.stdout
    assert machine.running() == two
    machine.sign("cyd@mail.example")

    # Back on purpose, by the release that runs; the checkout may be gone.
    shutil.rmtree(machine.checkout)
    back = machine.five_asks("rollback", by=machine.site / "current")
    assert back.returncode == 0, back.stdout
    assert machine.running() == one
    machine.sign("dan@mail.example")
    assert machine.signatures() == 4
    show(f"install, upgrade, broken upgrade, rollback: {time.monotonic() - began:.0f} s")
