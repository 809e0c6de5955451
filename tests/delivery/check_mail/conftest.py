import io

import pytest
from django.core.management import CommandError, call_command

from tests.delivery.check_mail.domain import GOOD
from tests.delivery.dns_server import Zone, dns_server


@pytest.fixture
def zone():
    return Zone(GOOD)


@pytest.fixture
def check(zone, settings):
    """Run the command; the exit code, and what it said in lines without their indentation."""
    settings.DEFAULT_FROM_EMAIL = "Five Asks <hello@fiveasks.example>"
    settings.LETTER_FROM = "Five Asks <letters@fiveasks.example>"
    settings.EMAIL_HOST = "mail.fiveasks.example"

    def run(*words, selector="one"):
        said, code = io.StringIO(), 0
        chosen = ["--selector", selector] if selector else []
        try:
            call_command("check_mail", "--nameserver", server, *chosen, *words, stdout=said)
        except CommandError as error:
            said.write(f"{error}\n")
            code = error.returncode
        return code, [" ".join(line.split()) for line in said.getvalue().split("\n")]

    with dns_server(zone) as server:
        yield run
