import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from local.people import invent_people
from local.simulation import Failed, Letterbox, Result, Simulation, Site

# So many ask the site at one time, while the others read.
CONNECTIONS = 8


class Command(BaseCommand):
    help = (
        "Let N invented supporters from many countries sign through the real forms and confirm"
        " through the real mail of a running site ('make run' in another terminal)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--supporters", type=int, required=True, metavar="N")
        parser.add_argument("--per-second", type=float, metavar="R", help="As fast as they can.")
        parser.add_argument("--seed", type=int, metavar="S", help="The same people again.")
        parser.add_argument("--site", default=settings.SITE_URL, metavar="URL")
        parser.add_argument(
            "--threads", type=int, default=100, help="So many people at once; most of them read."
        )

    def handle(self, *, supporters: int, site: str, **options: Any) -> None:
        seed = secrets.randbelow(1_000_000) if options["seed"] is None else options["seed"]
        people = invent_people(supporters, seed=seed)
        door = Site(site, connections=CONNECTIONS)
        letterbox = Letterbox(Path(settings.MAILBOX_DIR))
        try:
            door.find_petitions()
        except Failed as failure:
            raise CommandError(f"{failure}. Does 'make run' run in another terminal?") from failure
        with tqdm(total=supporters, unit=" people", disable=None) as bar:
            simulation = Simulation(
                door,
                letterbox,
                threads=options["threads"],
                per_second=options["per_second"],
                when_done=bar.update,
            )
            try:
                simulation.run(people)
            except KeyboardInterrupt:
                simulation.result.failures["stopped by Ctrl-C"] += 1
        self.report(simulation.result, seed=seed)

    def report(self, result: Result, *, seed: int) -> None:
        speed = result.confirmed / result.seconds if result.seconds else 0
        self.stdout.write(
            f"{result.signed} signed, {result.confirmed} confirmed in {result.seconds:.1f} s"
            f" ({speed:.1f} a second; --seed {seed} invents the same people)."
        )
        for reason, count in result.failures.most_common():
            self.stdout.write(f"{count} failed: {reason}")
        if result.failures:
            raise CommandError("Not everybody got through.")
