"""Where nothing can be said of a domain, the command says why, and ends by a code of its own."""

import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from tests.delivery.check_mail.domain import DOMAIN
from tests.delivery.dns_server import dns_server
from tests.processes import ROOT


def test_a_dns_that_fails_is_not_taken_for_a_missing_record(check, zone):
    zone.failing.add(DOMAIN)

    code, lines = check()

    assert code == 2
    assert lines[-2] == (
        "The DNS fails for fiveasks.example MX (for example SERVFAIL): nothing can be said about"
        " it before its servers answer."
    )


def test_a_dns_that_never_answers(check, zone):
    zone.silent.add(DOMAIN)

    code, lines = check("--timeout", "0.5")

    assert code == 2
    assert lines[-2].startswith("No DNS server answered in time when asked for fiveasks.example MX")


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "soon", "301"])
def test_a_timeout_that_is_none(timeout):
    with pytest.raises(CommandError, match="argument --timeout: invalid seconds value"):
        call_command("check_mail", f"--timeout={timeout}")


@pytest.mark.parametrize("nameserver", ["resolver.example", "127.0.0.1:0", "127.0.0.1:x", "[::1"])
def test_a_nameserver_that_is_none(nameserver):
    with pytest.raises(CommandError) as refused:
        call_command("check_mail", "--nameserver", nameserver)

    assert refused.value.returncode == 2


def test_a_sender_without_an_address(check, settings):
    settings.LETTER_FROM = "Five Asks"

    code, lines = check()

    assert code == 2
    assert lines[-2] == "LETTER_FROM names no address: “Five Asks”."


def test_the_shell_sees_the_exit_code_and_no_trace(zone):
    zone.failing.add("mail.fiveasks.example.")
    environment = {"SECRET_KEY": "x", "DATABASE_URL": "postgres:///nowhere"}
    environment["EMAIL_URL"] = "smtp://mail.fiveasks.example:25"
    with dns_server(zone) as server:
        run = subprocess.run(
            [sys.executable, "manage.py", "check_mail", "--nameserver", server],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert run.returncode == 2
    assert "The DNS fails for mail.fiveasks.example A" in run.stderr
    assert "Traceback" not in run.stderr
