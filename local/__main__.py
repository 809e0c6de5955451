"""`python -m local <command>`: what the scripts call, inside the environment.

run         the whole site, until Ctrl-C
test        the tests, on servers that are thrown away; further words go to pytest
bench       the benchmarks, on empty but durable servers; further words go to them
faults      the whole site is broken piece by piece; further words name some of the faults
fuzz        a hundred thousand hostile requests, on empty servers; further words go to it
check       format, lint, types, imports, migrations, settings, templates, translations, dependencies
catalogues  brings the translations' catalogues up to date with the code
settings    writes docs/settings.md from the code
with        any command, on the servers and the data of `run`: with -- ./manage.py dumpdata"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from local import catalogues
from local.check import check
from local.places import Home, chosen_content
from local.processes import run_in_foreground
from local.servers import (
    KEEP_COMPILED,
    SITE,
    as_environment,
    servers,
    settings_for,
    throw_away_servers,
)
from local.settings_page import write_settings_page
from local.static_files import static_files
from local.stopping import Stopped, Trouble, listen
from local.supervisor import kept_secret, run


def main(arguments: Sequence[str]) -> int:
    listen()
    name, *words = arguments or ["help"]
    command = COMMANDS.get(name)
    if command is None:
        print(__doc__)
        return 2
    try:
        catalogues.compile_all()
        return command(words)
    except Stopped:
        return 130
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
    except PermissionError as error:
        who = f"{error.filename} belongs to another user: was this once started as root?"
        print(who, file=sys.stderr)
    return 1


def test(words: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", *in_parallel(words), *leave_out(words), *words]
    with throw_away_servers("test", durable=False) as (home, environment):
        with static_files(home, environment):
            pass
        return run_in_foreground(command, environment | KEEP_COMPILED)


def bench(words: Sequence[str]) -> int:
    with throw_away_servers("bench", durable=True) as (_, environment):
        return run_in_foreground([sys.executable, "-m", "bench", *words], environment)


def faults(words: Sequence[str]) -> int:
    return run_in_foreground([sys.executable, "-m", "bench.faults", *words], os.environ)


def fuzz(words: Sequence[str]) -> int:
    with throw_away_servers("fuzz", durable=False) as (home, environment):
        with static_files(home, environment):
            pass
        return run_in_foreground([sys.executable, "-m", "fuzz", *words], environment)


def in_parallel(words: Sequence[str]) -> list[str]:
    """Three processes, unless the words say how many or ask for a debugger.

    One more than a small machine has cores: somebody always waits, for a server or for a browser.
    Whoever has done its part takes over from the others, lest one sits alone with all browsers.
    """
    own = ("-n", "--numprocesses", "--pdb", "--trace", "-p")
    return [] if any(word.startswith(own) for word in words) else ["-n", "3", "--dist", "worksteal"]


def leave_out(words: Sequence[str]) -> list[str]:
    """What looks at finished pages is a step of `check`; by its name it runs here too."""
    named = any(word.startswith("tests/pages") for word in words)
    return [] if named else ["--ignore=tests/pages"]


def run_with(words: Sequence[str]) -> int:
    command = [word for number, word in enumerate(words) if number or word != "--"]
    if not command:
        raise Trouble("Which command? For example: python -m local with -- ./manage.py migrate")
    home = Home.of(chosen_content())
    with servers(home, durable=True) as addresses:
        settings = settings_for(home, site=SITE, secret=kept_secret())
        settings |= {name: os.environ[name] for name in settings if os.environ.get(name)}
        settings["CONTENT_DIR"] = str(chosen_content())
        return run_in_foreground(command, as_environment(settings | addresses))


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "run": lambda _: run(),
    "test": test,
    "bench": bench,
    "faults": faults,
    "fuzz": fuzz,
    "check": lambda _: check(),
    "catalogues": lambda _: catalogues.update(),
    "settings": lambda _: write_settings_page(),
    "with": run_with,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
