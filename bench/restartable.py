"""Servers that can be stopped, killed and started again where they stand, and a site on them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import django

from bench.small_disk import can_be_made, small_disk
from local.places import VAR, Home, short_folder
from local.postgres import as_program as postgres_program
from local.postgres import is_ready, made_ready, make_database
from local.processes import Child, Program, bury, running, wait_until
from local.servers import SITE, as_environment, settings_for, throw_away_home
from local.stopping import listen
from local.valkey import answers
from local.valkey import as_program as valkey_program

# What a new database and its log take, and some more.
DATABASE_MEGABYTES = 400


@dataclass
class Server:
    program: Program
    home: Home
    is_ready: Callable[[], bool] = lambda: True
    life: ExitStack = field(default_factory=ExitStack)
    child: Child | None = None

    def start(self) -> None:
        # Its socket's folder stays when it is stopped.
        program = replace(self.program, scratch=None)
        self.child = self.life.enter_context(running(program, self.home))
        wait_until(self.is_ready, self.child, seconds=60)

    def stop(self) -> None:
        self.life.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL, to its children too."""
        assert self.child is not None  # noqa: S101 - it was started
        bury(self.child.process.pid, None)
        self.stop()


@contextmanager
def site(
    family: str, *, on_small_disk: bool = False, **variables: str
) -> Iterator[tuple[Home, list[Server]]]:
    """PostgreSQL and Valkey, and Django in this process set up for them and these variables.

    With `on_small_disk` PostgreSQL's data lies on one of its own, where we may make one.
    """
    listen()
    with (
        throw_away_home(VAR / family) as home,
        _servers(home, small=on_small_disk) as (started, addresses),
    ):
        settings = settings_for(home, site=SITE, secret=secrets.token_urlsafe(48))
        os.environ.update(as_environment(settings | addresses | variables))
        django.setup()
        yield home, started


@contextmanager
def _servers(home: Home, *, small: bool) -> Iterator[tuple[list[Server], dict[str, str]]]:
    """Both, and the variables that tell Django where they are."""
    with ExitStack() as stack:
        cluster = stack.enter_context(made_ready(home, durable=True))
        if small and can_be_made():
            stack.enter_context(small_disk(cluster.data, megabytes=DATABASE_MEGABYTES))
        door = stack.enter_context(short_folder()) / "v.sock"
        started = [
            Server(postgres_program(cluster), home, lambda: is_ready(cluster)),
            Server(valkey_program(home, door, durable=True), home, lambda: answers(door)),
        ]
        for server in started:
            stack.callback(server.stop)
            server.start()
        make_database(cluster)
        yield (
            started,
            {
                "DATABASE_URL": cluster.url,
                "BROKER_URL": f"redis+socket://{door}?virtual_host=0",
                "LIMITS_URL": f"unix://{door}?db=15",
            },
        )
