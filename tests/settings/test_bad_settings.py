"""A bad setting ends the process with one line that an administrator understands."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings as django_settings

from campaign.environment.catalogue import SETTINGS
from campaign.environment.reading import Misconfigured, read
from campaign.roles import Role
from tests.processes import BIN, ROOT, free_port

SECRET = "R7-words-that-nobody-may-read"
GOOD = {
    "SECRET_KEY": "x" * 50,
    "SITE_URL": "https://asks.example",
    "DATABASE_URL": f"postgres://fiveasks:{SECRET}@database.example/fiveasks",
    "BROKER_URL": "redis://broker:6379/0",
    "EMAIL_URL": f"smtp+tls://user:{SECRET}@relay.example:587",
    "MAIL_FROM": "Five Asks <hello@asks.example>",
    "LETTER_FROM": "Five Asks <letters@asks.example>",
}
NUMBER = "must be a whole number of {} or more, in digits alone, not “{}”."
PASSWORDS = "in a password write # as %23, / as %2F, ? as %3F, @ as %40, : as %3A"
BAD = [
    ("all", "SITE_URL", "asks.example", "must be an address with https:// before the host"),
    ("all", "SITE_URL", "https://asks.example/en/", "must end after the host, with no path"),
    ("all", "SITE_URL", "https://me:you@asks.example", "must end after the host, with no path"),
    ("all", "SITE_URL", "https://asks.example:port", "must be an address with https:// before"),
    ("web", "ONION_URL", "http://asks.onion", "must be an onion service of 56 letters and digits"),
    ("web", "ALLOWED_HOSTS", "https://asks.example", "must be host names by commas, without https"),
    ("web", "DEBUG", "maybe", "must be on or off, not “maybe”."),
    ("web", "FLOOD_REQUESTS_A_MINUTE", "0", NUMBER.format(1, "0")),
    ("web", "DISPOSABLE_ADDRESSES", "refused", "must be accept or refuse (did you mean refuse?), not"),
    ("web", "CLIENT_ADDRESS_HEADER", "X-Real-IP: $ip", "must be the name of a header: X-Real-IP"),
    ("web", "LIMITS_URL", "10.0.0.2:6379", "must begin with redis://, rediss:// or unix://"),
    ("web", "CONTENT_DIR", "/nowhere", "must be a folder that is there, not “/nowhere”."),
    ("web", "ACCEPTED_WARNINGS", "campaign.E003", "must be warnings' ids by commas"),
    ("web", "DATABASE_POOLER", "session", "must be transaction, not “session”."),
    ("web", "DATABASE_URL", f"mysql://u:{SECRET}@h/db", "must begin with postgres:// or postgresql"),
    ("web", "DATABASE_URL", "postgres://host", "must name a database at its end"),
    ("web", "DATABASE_URL", f"postgres://u:{SECRET}#@h/db", f"can't be read: {PASSWORDS}."),
    ("web", "DATABASE_URL", "", "is not set."),
    ("web", "SECRET_KEY", "", "is not set."),
    ("web", "SITE_URL", "", "is not set."),
    ("mailer", "BROKER_URL", "amqp://guest@broker", "must begin with redis://, rediss:// or"),
    ("mailer", "BROKER_URL", "", "is not set."),
    ("mailer", "MAIL_FROM", "", "is not set."),
    ("mailer", "MAIL_FROM", "Five Asks", "must have an address in angle brackets: Five Asks <hello"),
    ("mailer", "MAIL_FROM", "Five Asks <hello>", "must have an address in angle brackets"),
    ("mailer", "NEWS_MAILS_A_MINUTE", "-1", NUMBER.format(0, "-1")),
    ("deliverer", "EMAIL_URL", f"relay:{SECRET}", "must begin with smtp+tls://, smtp+ssl://, smtps"),
    ("deliverer", "EMAIL_URL", "smtp://", "must name a host: smtp+tls://user:password@relay"),
    ("deliverer", "LETTER_FROM", "", "is not set."),
    ("deliverer", "LETTER_RETURN_PATH", "A <a@asks.example>", "must be an address and nothing else"),
    ("deliverer", "RELAY_TIMEOUT", "5 minutes", NUMBER.format(1, "5 minutes")),
    ("deliverer", "RELAY_TIMEOUT", "٣٠٠", NUMBER.format(1, "٣٠٠")),
    ("deliverer", "DKIM_DIR", "/nowhere", "must be a folder that is there, not “/nowhere”."),
    ("deliverer", "LEDGER_MEMORY_DIR", "/nowhere", "must be a folder that is there, not “/nowh"),
    ("organizer", "SECOND_FACTOR", "off", "must be required or optional, not “off”."),
    ("organizer", "EXPORTS_NEED_APPROVAL", "2", "must be on or off, not “2”."),
]  # fmt: skip


def refusal(**given):
    with pytest.raises(Misconfigured) as fault:
        read(GOOD | given)
    return str(fault.value)


@pytest.mark.parametrize(("role", "name", "text", "words"), BAD)
def test_what_is_wrong_is_said_in_one_line_without_a_secret(role, name, text, words):
    read(GOOD | {"CAMPAIGN_ROLE": role})

    line = refusal(CAMPAIGN_ROLE=role, **{name: text})

    assert line.startswith(f"The {role} role does not start. {name} {words}")
    assert "\n" not in line
    assert SECRET not in line


def test_a_role_that_does_not_exist_is_named_with_the_one_that_was_meant():
    assert refusal(CAMPAIGN_ROLE="delivrer") == (
        "This process does not start. CAMPAIGN_ROLE must be web, mailer, deliverer, organizer,"
        " returns or all (did you mean deliverer?), not “delivrer”."
    )


def test_the_others_that_are_wrong_are_named_behind_the_first():
    line = refusal(CAMPAIGN_ROLE="mailer", MAIL_FROM="me", RELAY_TIMEOUT="1.5", EMAIL_URL="")

    assert (
        line
        == "The mailer role does not start. EMAIL_URL is not set. Wrong, too: MAIL_FROM, RELAY_TIMEOUT."
    )


@pytest.fixture
def nobody():
    """Root may write everywhere, so it is somebody else meanwhile."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield
    os.seteuid(was)


def test_a_folder_that_the_process_may_not_write_to_is_refused(nobody):
    with TemporaryDirectory() as folder:
        read(GOOD | {"CAMPAIGN_ROLE": "deliverer", "LEDGER_MEMORY_DIR": folder})
        Path(folder).chmod(0o500)

        line = refusal(CAMPAIGN_ROLE="deliverer", LEDGER_MEMORY_DIR=folder)

    assert line.endswith(f"must be a folder that this process may write to, not “{folder}”.")


def test_what_was_read_shows_no_secret():
    env = read(GOOD)

    assert SECRET in env["DATABASE_URL"]
    assert SECRET not in repr(env)


def test_what_only_other_roles_read_is_as_if_it_were_not_there():
    assert read(GOOD | {"CAMPAIGN_ROLE": "deliverer", "RELAY_KEY": "k"})["RELAY_KEY"] == "k"

    web = read(GOOD | {"CAMPAIGN_ROLE": "web", "RELAY_KEY": "k", "RELAY_TIMEOUT": "nonsense"})

    assert (web["RELAY_KEY"], web["RELAY_TIMEOUT"]) == ("", 300)
    assert web.foreign == {
        *("RELAY_KEY", "RELAY_TIMEOUT", "BROKER_URL", "EMAIL_URL", "MAIL_FROM", "LETTER_FROM"),
    }


@pytest.mark.parametrize(
    ("given", "is_server"),
    [
        ({"SITE_URL": "http://127.0.0.1:8000"}, False),
        ({"SITE_URL": "http://localhost:8000"}, False),
        ({"SITE_URL": "http://[::1]:8000"}, False),
        ({"SITE_URL": ""}, False),
        ({"SITE_URL": "https://asks.example"}, True),
        ({"SITE_URL": "http://asks.example"}, True),
        ({"SITE_URL": "http://127.0.0.1.asks.example"}, True),
        ({"SITE_URL": "https://asks.example", "CAMPAIGN_ROLE": "web"}, True),
    ],
)
def test_a_server_is_what_the_world_knows_by_a_name(given, is_server):
    assert read(GOOD | given).is_server is is_server


def test_a_laptop_needs_a_secret_and_a_database_only():
    laptop = {name: GOOD[name] for name in ("SECRET_KEY", "DATABASE_URL")}

    assert read(laptop)["MAIL_FROM"] == SETTINGS["MAIL_FROM"].default
    with pytest.raises(Misconfigured, match=r"SECRET_KEY is not set: set it, or type 'make run'"):
        read({})


def test_a_name_that_is_nearly_ours_is_found_and_those_of_others_are_not():
    others = {"MAIL": "/var/mail/root", "PGDATABASE": "x", "DEBUGINFOD_URLS": "x", "SITE_HOST": "x"}

    found = read({**GOOD, **others, "MAIL_FORM": "x", "RETURNS_WEBHOOK": "x"})

    assert found.misspelt == {"MAIL_FORM": "MAIL_FROM", "RETURNS_WEBHOOK": "RETURNS_WEBHOOKS"}


# --- Real processes

COMMANDS = {
    "manage.py": [sys.executable, "manage.py", "migrate"],
    "granian": [BIN / "granian", "--interface", "wsgi", "campaign.wsgi:application"],
    "worker": [BIN / "celery", "-A", "campaign", "worker", "-c", "1"],
    "beat": [BIN / "celery", "-A", "campaign", "beat", "--pidfile", ""],
}


def start(entry, **given):
    more = ["--host", "127.0.0.1", "--port", str(free_port())] if entry == "granian" else []
    done = subprocess.run(
        [*COMMANDS[entry], *more],
        cwd=ROOT,
        env=os.environ | given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stderr.splitlines() + done.stdout.splitlines()
    assert "Traceback" not in done.stderr
    return done.returncode, [line for line in lines if "does not start" in line]


@pytest.mark.parametrize("entry", COMMANDS)
def test_each_process_says_it_and_ends(entry):
    assert start(entry, RELAY_TIMEOUT="soon") == (
        1,
        [f"The all role does not start. RELAY_TIMEOUT {NUMBER.format(1, 'soon')}"],
    )


@pytest.mark.parametrize("entry", ["granian", "worker", "beat"])
def test_no_process_on_a_server_has_all_roles(entry):
    code, lines = start(entry, SITE_URL="https://asks.example", CAMPAIGN_ROLE="all")

    assert code == 1
    # Beat says it in its log.
    words = (
        "The all role does not start. It is for laptops: what serves the public would hold every"
        " key. Give each process of this server a CAMPAIGN_ROLE of its own."
    )
    assert lines
    assert all(line.endswith(words) for line in lines)


def test_a_worker_does_not_start_with_a_relay_that_nobody_can_ask(keys):
    environment = {"VAULT_DIR": str(keys.directory), "RELAY_URL": "postfix://log"}

    code, lines = start("worker", **environment)

    assert code == 1
    assert lines[0].startswith("The all role does not start. RELAY_URL: postfix:// wants a whole")


def test_nothing_that_runs_here_would_be_refused():
    assert read(os.environ).role is Role.ALL
    assert not django_settings.IS_SERVER
