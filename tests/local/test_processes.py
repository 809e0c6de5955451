"""No program outlives its run, and no other run's program is touched."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from local import stopping
from local.places import Home, locked, take_lock
from local.processes import Program, ask, birth, run_to_end, running, stop_orphans, wait_until
from local.stopping import Stopped, Trouble

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# Ignores the polite signal, and so does its own child.
STUBBORN = textwrap.dedent("""
    import os, signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(os.fork(), flush=True)
    time.sleep(600)
""")
SUPERVISOR = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from local import processes
    from local.places import Home
    from local.processes import Program, running
    processes.die_with_parent = lambda number: None  # as where the kernel can't
    program = Program("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], {})
    with running(program, Home(Path(sys.argv[1]))) as child:
        print(child.process.pid, flush=True)
        time.sleep(600)
""")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    home.make()
    return home


def is_alive(pid):
    return bool(birth(pid))


def test_a_program_is_gone_when_its_block_ends(home):
    with running(Program("sleeper", SLEEPER, os.environ), home) as child:
        assert is_alive(child.process.pid)
    assert not is_alive(child.process.pid)
    assert list(home.run.glob("*.pid")) == []


def test_a_stubborn_program_is_gone_with_all_its_children(home):
    program = Program("stubborn", [sys.executable, "-c", STUBBORN], os.environ, patience=0.2)
    with running(program, home) as child:
        wait_until(lambda: child.log.read_text().count("\n") == 2, child)
        grandchild = max(int(line) for line in child.log.read_text().splitlines())
        assert is_alive(grandchild)
    deadline = time.monotonic() + 5
    while is_alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(grandchild)


def test_the_next_start_stops_what_a_killed_supervisor_left(home):
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(home.folder)], stdout=subprocess.PIPE, text=True
    )
    with supervisor:
        orphan = int(supervisor.stdout.readline())
        supervisor.kill()
    assert is_alive(orphan)
    assert stop_orphans(home) == ["sleeper"]
    assert not is_alive(orphan)
    assert stop_orphans(home) == []


def test_a_number_that_belongs_to_somebody_else_by_now_is_left_alone(home):
    with subprocess.Popen(SLEEPER) as somebody_else:
        record = {"pid": somebody_else.pid, "birth": "1", "stop_with": signal.SIGKILL}
        record |= {"patience": 1, "scratch": ""}
        (home.run / "postgres.pid").write_text(json.dumps(record))
        assert stop_orphans(home) == []
        assert somebody_else.poll() is None
        somebody_else.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel does this")
def test_on_linux_the_kernel_stops_them_with_their_supervisor(home):
    watched = SUPERVISOR.replace("processes.die_with_parent =", "unused =")
    supervisor = subprocess.Popen(
        [sys.executable, "-c", watched, str(home.folder)], stdout=subprocess.PIPE, text=True
    )
    with supervisor:
        child = int(supervisor.stdout.readline())
        supervisor.kill()
    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)


def test_a_step_that_fails_is_named_with_its_last_words(home):
    words = [sys.executable, "-c", "import sys; print('no such table'); sys.exit(3)"]
    with pytest.raises(Trouble) as trouble:
        run_to_end(Program("migrate", words, os.environ), home)
    first, last = str(trouble.value).splitlines()
    assert first.startswith("migrate failed (exit status 3); the last lines of ")
    assert last == "    no such table"


def test_an_answer_is_in_no_log(home):
    words = [sys.executable, "-c", "print('the password')"]
    assert ask(Program("password", words, os.environ), home) == "the password"
    assert (home.log / "password.log").read_text() == ""


def test_the_log_of_the_last_start_is_kept_once(home):
    for text in ("first", "second"):
        run_to_end(Program("web", [sys.executable, "-c", f"print('{text}')"], os.environ), home)
    assert (home.log / "web.log").read_text() == "second\n"
    assert (home.log / "web.log.1").read_text() == "first\n"


def test_who_wants_to_stop_does_not_wait(home, monkeypatch):
    monkeypatch.setattr(stopping, "heard", [signal.SIGINT])
    with pytest.raises(Stopped):
        run_to_end(Program("sleeper", SLEEPER, os.environ), home)
    assert list(home.run.glob("*.pid")) == []


def test_a_second_run_is_told_who_has_the_folder(home):
    path = home.run / "postgres.lock"
    words = "The data is in use"
    with (
        locked(path, otherwise=words),
        pytest.raises(Trouble) as trouble,
        locked(path, otherwise=words),
    ):
        pass
    assert str(trouble.value) == f"The data is in use (process {os.getpid()})."
    with contextlib.closing(take_lock(path)) as free_again:
        assert free_again
