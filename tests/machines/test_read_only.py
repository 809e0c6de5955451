"""Containers have a file system that nobody can write to, but for /tmp: the site does with it."""

import os
import shutil
import subprocess

import pytest

from tests.forms import submit, submit_all_ticked
from tests.mailbox import link_in
from tests.makers import make_petition
from tests.processes import BIN, Processes, until

# All that is mounted at / becomes read-only; memory is mounted where temporary files go.
READ_ONLY = (
    'mount -t tmpfs -o size=64m tmpfs "$TMPDIR" && mount -o remount,ro,bind / && cd . && exec "$@"'
)


class OnReadOnlyDisk(Processes):
    def start(self, name, *command, **environment):
        command = ("sh", "-c", READ_ONLY, "sh", str(BIN / command[0]), *command[1:])
        return super().start(name, shutil.which("unshare"), "--mount", *command, **environment)


@pytest.fixture
def processes(transactional_db, keys, mailbox, tmp_path):
    may_mount = os.geteuid() == 0 and shutil.which("unshare")
    if not may_mount or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:  # noqa: S607 - util-linux
        pytest.skip("Who is not root on Linux can't make the disk read-only.")
    started = OnReadOnlyDisk(tmp_path)
    yield started
    started.stop()


def test_who_can_write_nowhere_but_in_tmp_serves_mails_and_counts(processes, mailbox, tmp_path):
    make_petition()
    processes.start("probe", "python", "-c", f"open({str(tmp_path / 'x')!r}, 'w')")
    processes.worker(queues="confirmations")
    processes.beat()
    browser = processes.web()
    page = browser.get("/en/petitions/ask-1/")

    submit(browser, page, name="Ann Lee", email="ann@mail.example", country="LT")
    (mail,) = until(lambda: mailbox.mails_to("ann@mail.example"), seconds=60)
    thanks = submit_all_ticked(browser, browser.get(link_in(mail, "confirm")))

    assert "Thank you" in thanks.text
    # Lest all this was no read-only disk.
    assert "Read-only file system" in processes.log_of("probe")
