"""A file is made once, by one worker at a time, whatever becomes of that worker."""

import os
import signal
import threading
from datetime import timedelta

import psutil
import pytest
from django.db import connection

from petitions.exports import make
from petitions.exports.make import make_exports
from petitions.exports.opener import Layout
from petitions.exports.openers import OpenerDied, cores, openers
from petitions.exports.orders import cancel
from petitions.models import Export, ExportChunk
from petitions.models.clock import database_now
from petitions.models.export import Format, Use
from tests.exports.conftest import content_of, rows_of_csv
from tests.makers import make_petition, make_signature
from tests.processes import Processes, until

State = Export.State


@pytest.fixture
def site(transactional_db, keys, tmp_path):
    processes = Processes(tmp_path)
    yield processes
    processes.stop()


def test_a_silent_makers_export_is_made_anew_and_the_first_one_can_do_nothing_more(want):
    make_signature(make_petition(), name="Ann")
    export = want()
    slept = make._claim()
    assert make_exports() == 0
    assert slept.fence == 1
    Export.objects.update(lease_until=database_now() - timedelta(seconds=1))

    assert make_exports() == 1
    with pytest.raises(make.NotMine):
        make._Maker(slept).make()

    export.refresh_from_db()
    assert (export.state, export.fence) == (State.READY, 2)
    assert [row["name"] for row in rows_of_csv(content_of(export))] == ["Ann"]


def test_who_cancels_while_it_is_made_stops_it(want, olga):
    make_signature(make_petition())
    export = want()
    claimed = make._claim()

    cancel(export, by=olga)
    with pytest.raises(make.NotMine):
        make._Maker(claimed).make()

    export.refresh_from_db()
    assert export.state == State.CANCELLED
    assert not ExportChunk.objects.exists()


def test_two_workers_do_not_make_one_export(want):
    make_signature(make_petition())
    want()
    made = []

    def work():
        made.append(make_exports())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(made) == [0, 1]


def test_a_dead_opener_is_heard_of(keys, tmp_path):
    layout = Layout("csv", ("name",), ((0, "name"),), "?")
    with openers(layout, vault_dir=keys.directory) as processes:
        me = psutil.Process()
        until(lambda: len(me.children(recursive=True)) == cores(), seconds=60)
        # One of those that were forked, where there are several.
        me.children(recursive=True)[-1].kill()
        with pytest.raises(OpenerDied):
            list(processes.write([[(None, ["Ann"])]] * 10))


def test_a_real_worker_makes_it_and_its_openers_end_with_it(site, want):
    make_signature(make_petition(), name="Ann")
    export = want(use=Use.DELIVER, kind=Format.XLSX)
    site.worker()
    site.beat()

    until(lambda: Export.objects.filter(state=State.READY).exists(), seconds=120)

    export.refresh_from_db()
    assert content_of(export).startswith(b"PK")
    assert "is ready" in site.log_text()
    assert "Ann" not in site.log_text()


def test_openers_end_when_whoever_started_them_is_killed(keys, tmp_path):
    layout = Layout("csv", ("name",), ((0, "name"),), "?")
    pid = os.fork()
    if pid == 0:
        with openers(layout, vault_dir=keys.directory):
            signal.pause()
        os._exit(0)
    parent = psutil.Process(pid)
    until(lambda: len(parent.children(recursive=True)) >= cores(), seconds=30)
    family = parent.children(recursive=True)

    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

    gone, alive = psutil.wait_procs(family, timeout=30)
    assert (len(gone) >= cores(), alive) == (True, [])
