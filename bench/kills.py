"""The servers of a worst day, each of which can be restarted where it stands.

`python -m bench.kills askable` runs one day with a relay that can be asked about a Message-ID,
`python -m bench.kills mute` one with a relay that can't; see bench/worst_day.py.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import django

from local.places import VAR, Home, short_folder
from local.postgres import as_program as postgres_program
from local.postgres import is_ready, made_ready, make_database
from local.processes import Program, running, wait_until
from local.servers import SITE, as_environment, settings_for, throw_away_home
from local.stopping import listen
from local.valkey import answers
from local.valkey import as_program as valkey_program

# Seconds that a silent mail server is waited for; a real relay's are 300.
PATIENCE = 3


@dataclass
class Server:
    program: Program
    home: Home
    is_ready: Callable[[], bool]
    life: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        # Its socket's folder stays when it is stopped.
        program = replace(self.program, scratch=None)
        child = self.life.enter_context(running(program, self.home))
        wait_until(self.is_ready, child, seconds=60)

    def restart(self) -> None:
        self.life.close()
        self.start()


@contextmanager
def servers(home: Home) -> Iterator[tuple[list[Server], dict[str, str]]]:
    """PostgreSQL and Valkey, and the variables that tell Django where they are."""
    with ExitStack() as stack:
        cluster = stack.enter_context(made_ready(home, durable=True))
        door = stack.enter_context(short_folder()) / "v.sock"
        started = [
            Server(postgres_program(cluster), home, lambda: is_ready(cluster)),
            Server(valkey_program(home, door, durable=True), home, lambda: answers(door)),
        ]
        for server in started:
            stack.callback(server.life.close)
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


def main(relay: str) -> None:
    listen()
    with throw_away_home(VAR / "kills") as home, servers(home) as (restartable, addresses):
        variables = settings_for(home, site=SITE, secret=secrets.token_urlsafe(48)) | addresses
        variables["RELAY_TIMEOUT"] = str(PATIENCE)
        if relay == "mute":
            variables["RELAY_URL"] = ""
        os.environ.update(as_environment(variables))
        django.setup()
        from bench.worst_day import live_through  # noqa: PLC0415 - it needs the servers

        outcome = live_through(home, restartable)
    print(outcome.words(relay), file=sys.stderr, flush=True)
    print(json.dumps(outcome.figures(relay)))


if __name__ == "__main__":
    main(*sys.argv[1:])
