"""What endangers people on a server is refused; what an administrator should know is said."""

import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

import campaign.urls  # noqa: F401 - with the addresses of `all`, before a test plays another role
from campaign.checks.apps import START
from campaign.checks.secrets import is_invented, secrets
from campaign.checks.start import refuse_to_start
from campaign.environment.catalogue import SETTINGS
from campaign.environment.reading import read
from tests.processes import ROOT
from tests.settings.test_bad_settings import GOOD

CHANCE = "b7f0c5f5a1d64c0e9a52d4a83e1f6b0c9d8e7f60515243342526171809fafbfc"


@pytest.fixture
def server(settings):
    """Makes this process one of a server, well set up but for what is given."""

    def set_up(role, **given):
        # What follows from the environment, as campaign/settings.py has it.
        env = read(GOOD | {"SECRET_KEY": CHANCE, "CAMPAIGN_ROLE": role} | given)
        settings.ENVIRONMENT = env
        settings.ROLE, settings.IS_SERVER = env.role, env.is_server
        settings.SITE_URL = env["SITE_URL"]
        settings.SITE_IS_HTTPS = env["SITE_URL"].startswith("https://")
        settings.ALLOWED_HOSTS = env["ALLOWED_HOSTS"] or ["asks.example"]
        settings.DEFAULT_FROM_EMAIL = env["MAIL_FROM"]
        settings.EMAIL_HOST = urlsplit(env["EMAIL_URL"]).hostname
        settings.DATABASES["default"]["HOST"] = "database.example"
        for name in ("SECRET_KEY", "DEBUG", "SECOND_FACTOR", "MAILBOX_DIR", "LETTER_FROM"):
            setattr(settings, name, env[name])
        for name in ("LETTER_RETURN_PATH", "RELAY_URL", "RETURNS_IMAP_URL"):
            setattr(settings, name, env[name])
        return settings

    host = django_settings.DATABASES["default"]["HOST"]
    yield set_up
    django_settings.DATABASES["default"]["HOST"] = host


def found(*, deploy=False):
    """Ours alone; Django's own are asked by `make check`, in processes of each role."""
    messages = run_checks(include_deployment_checks=deploy, tags=None if deploy else [START])
    return [each for each in messages if each.id.startswith("campaign.")]


def refused():
    """Its keys are of no server, so at the latest these are refused."""
    with pytest.raises(SystemExit) as refusal:
        refuse_to_start()
    return refusal.value.code


@pytest.mark.parametrize("role", ["mailer", "deliverer", "organizer"])
def test_a_server_that_is_set_up_well_hears_nothing(server, role):
    only = [name for name in GOOD if SETTINGS[name].is_read_by(role)]
    server(role, **{name: "" for name in GOOD if name not in only})

    assert found(deploy=True) == []


DANGERS = [
    ("E001", "organizer", {"SITE_URL": "http://asks.example"}, "SITE_URL is neither https://"),
    ("E002", "organizer", {"DEBUG": "on"}, "DEBUG is on: an error's page would show"),
    ("E003", "mailer", {"SECRET_KEY": "short"}, "SECRET_KEY can be guessed"),
    ("E003", "mailer", {"SECRET_KEY": "ab" * 40}, "SECRET_KEY can be guessed"),
    ("E003", "mailer", {"SECRET_KEY": f"django-insecure-{CHANCE}"}, "SECRET_KEY can be guessed"),
    (
        "E004",
        "mailer",
        {"DATABASE_URL": "postgres://fiveasks:PASSWORD@postgres/fiveasks"},
        "DATABASE_URL has the secret of an example, which everybody knows.",
    ),
    (
        "E004",
        "deliverer",
        {"RETURNS_IMAP_PASSWORD": "changeme"},
        "RETURNS_IMAP_PASSWORD has the secret of an example",
    ),
    ("E005", "organizer", {"SECOND_FACTOR": "optional"}, "SECOND_FACTOR is optional: one stolen"),
    ("E006", "all", {"MAILBOX_DIR": "/tmp"}, "MAILBOX_DIR is set"),  # noqa: S108 - named only
    ("E007", "organizer", {"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS has “*”"),
]


@pytest.mark.parametrize(("identity", "role", "given", "words"), DANGERS)
def test_what_endangers_people_does_not_start(server, identity, role, given, words):
    settings = server(role, **given)

    assert [each.id for each in found()] == [f"campaign.{identity}"]
    if role != "all":
        line = refused()
        assert line.startswith(f"The {role} role does not start. {words}")
        assert "\n" not in line
    with pytest.raises(SystemCheckError, match=re.escape(words)):
        call_command("check")
    settings.IS_SERVER = False
    assert found() == []


def test_an_onion_service_needs_no_https(server):
    server("organizer", SITE_URL=f"http://{'a' * 56}.onion", ALLOWED_HOSTS=f"{'a' * 56}.onion")

    assert found() == []


def test_the_organizers_pages_in_the_public_process_are_an_error(server):
    """Here all roles' pages are there: this process was started as `all`."""
    server("web", BROKER_URL="", EMAIL_URL="")

    (error,) = found()

    assert error.id == "campaign.E008"
    for each in ("allauth", "django.contrib.admin", "/admin/", "/admin/account/login/"):
        assert each in error.msg
    assert refused().startswith("The web role does not start. The public process has what is")


@pytest.mark.parametrize("role", ["web", "returns"])
def test_the_public_processes_as_they_are_have_none_of_it(keys, role):
    program = (
        "from django.core.management import execute_from_command_line as run; run(['', 'check'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"CAMPAIGN_ROLE": role, "DJANGO_SETTINGS_MODULE": "campaign.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "host", ["", "localhost", "127.0.0.1", "/run/postgresql", socket.gethostname()]
)
@pytest.mark.parametrize("role", ["mailer", "organizer"])
def test_a_pepper_beside_the_database_is_told_and_can_be_accepted(server, role, host):
    settings = server(role, **({} if role == "mailer" else {"BROKER_URL": "", "EMAIL_URL": ""}))
    settings.DATABASES["default"]["HOST"] = host

    (warning,) = found(deploy=True)

    assert warning.id == "campaign.W001"
    assert found() == []
    settings.SILENCED_SYSTEM_CHECKS = read(GOOD | {"ACCEPTED_WARNINGS": "campaign.W001"})[
        "ACCEPTED_WARNINGS"
    ]
    assert warning.is_silenced()
    server("deliverer").DATABASES["default"]["HOST"] = host
    assert found(deploy=True) == []


@pytest.mark.parametrize(
    ("role", "given", "words"),
    [
        ("mailer", {"MAIL_FROM": "A <a@ngo.example>"}, "SITE_URL and MAIL_FROM have no domain"),
        ("deliverer", {"LETTER_FROM": "A <a@other.example>"}, "SITE_URL and LETTER_FROM have no"),
        (
            "deliverer",
            {"LETTER_RETURN_PATH": "back@bounces.example"},
            "LETTER_RETURN_PATH and LETTER_FROM have no domain",
        ),
        (
            "mailer",
            {"MAIL_FROM": "a@asks.co.uk", "SITE_URL": "https://other.co.uk"},
            "SITE_URL and",
        ),
        ("mailer", {"MAIL_FROM": "a@asks.example.evil.org"}, "SITE_URL and MAIL_FROM"),
    ],
)
def test_senders_and_site_of_several_domains_are_told(server, role, given, words):
    server(role, **given)

    (warning,) = found(deploy=True)

    assert warning.id == "campaign.W002"
    assert warning.msg.startswith(words)


@pytest.mark.parametrize(
    ("sender", "site"),
    [
        ("a@asks.example", "https://www.asks.example"),
        ("a@mail.asks.example", "https://asks.example"),
        ("a@letters.ngo.org.uk", "https://asks.ngo.org.uk"),
        ("a@ASKS.example", "https://asks.example"),
        ("a@asks.example", f"http://{'a' * 56}.onion"),
    ],
)
def test_one_domain_and_what_is_under_it_belong_together(server, sender, site):
    server("mailer", MAIL_FROM=sender, SITE_URL=site)

    assert found(deploy=True) == []


def test_other_roles_secrets_are_told(server):
    server("organizer", EMAIL_URL="", LIMITS_URL="redis://10.0.0.2/0")

    (warning,) = found(deploy=True)

    assert warning.id == "campaign.W003"
    assert "does not read BROKER_URL, LIMITS_URL, and" in warning.msg


def test_pages_whose_files_were_not_collected_are_not_served(server, tmp_path):
    settings = server("organizer", BROKER_URL="", EMAIL_URL="")
    settings.STATIC_ROOT = tmp_path

    assert refused() == (
        "The organizer role does not start. STATIC_ROOT has no staticfiles.json: type 'manage.py"
        " collectstatic' as role all, or name the folder where it was done."
    )
    (tmp_path / "staticfiles.json").touch()
    assert "STATIC_ROOT" not in refused()
    (tmp_path / "staticfiles.json").unlink()
    server("mailer")
    assert "STATIC_ROOT" not in refused()


def test_a_misspelt_name_is_told_when_a_process_starts(server, capsys):
    settings = server("mailer")
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, misspelt={"MAIL_FORM": "MAIL_FROM"})
    settings.VAULT_DIR = ROOT / "nowhere"

    # The keys are asked for afterwards, and there are none.
    assert "No active keys" in refused() or "must not hold" in refused()
    assert capsys.readouterr().err.splitlines()[0] == (
        "campaign.W004: Nobody reads MAIL_FORM: did you mean MAIL_FROM?"
    )


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("smtp://relay.example:25", True),
        ("smtp://127.0.0.1:25", False),
        ("smtps://r.example", False),
    ],
)
def test_mails_that_leave_the_machine_in_the_clear_are_told(server, url, is_told):
    server("deliverer", EMAIL_URL=url)

    assert [each.id for each in found(deploy=True)] == ["campaign.W005"] * is_told


def test_a_site_that_would_answer_nothing_is_told(server):
    settings = server("web", BROKER_URL="", EMAIL_URL="", ALLOWED_HOSTS="www.asks.example")

    assert "campaign.W006" in [each.id for each in found(deploy=True)]
    settings.ALLOWED_HOSTS = ["ASKS.example"]
    assert "campaign.W006" not in [each.id for each in found(deploy=True)]


def test_each_secret_that_is_set_is_looked_at(server):
    texts = {
        name: "postgres://u:it@h/d" if "://" in each.kind.words else "it"
        for name, each in SETTINGS.items()
        if each.is_secret
    }
    texts |= {"BROKER_URL": "redis://:it@h/0", "LIMITS_URL": "redis://:it@h/0"}
    texts |= {"EMAIL_URL": "smtp://u:it@h:25"}
    server("all", **texts)

    assert secrets() == {name: ["it"] for name in texts}


def test_chance_is_not_taken_for_an_example():
    assert not is_invented(CHANCE)
    assert is_invented("user:PASSWORD-OF-20-OR-MORE")
