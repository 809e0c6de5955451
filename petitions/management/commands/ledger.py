"""`manage.py ledger …`: what the public log needs a person for."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from five_asks_verify.checkpoint import NotACheckpoint, VerifierKey
from petitions.ledger.anew import begin_anew
from petitions.ledger.memory import OlderThanPublished, refuse_another_past
from petitions.ledger.publish import (
    ENOUGH,
    Outcome,
    entries_waiting,
    publish_batches,
    publish_due,
    publish_petition,
    without_leaf,
)
from petitions.ledger.witness import NotCosigned, keep_cosignatures
from petitions.management.commands.vault import ask
from petitions.models import Batch, Log, Petition, Signature
from petitions.models.clock import database_now
from petitions.vault import VaultError, private_log_key, vault


class Command(BaseCommand):
    help = "Publishes the public logs now, begins one anew, and keeps a witness's signature."

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")

        def step(name: str, do: Callable[..., None], meaning: str) -> ArgumentParser:
            added = steps.add_parser(name, help=meaning, description=meaning)
            added.set_defaults(do=do)
            return added

        step("publish", self.publish, "Publish what is due now, and say what waits and why.")
        anew = step("anew", self.anew, "Begin another log, after an old backup was put back.")
        anew.add_argument("petition", help="its slug, the word in its address")
        anew.add_argument(
            "--type", dest="typed", metavar="SLUG", help="the slug again, instead of typing it"
        )
        cosign = step("cosign", self.cosign, "Keep the line by which a witness has signed a head.")
        cosign.add_argument("log", type=int, help="its number, as in its address")
        cosign.add_argument("file", type=Path, help="the checkpoint with the witness's line")
        cosign.add_argument("--key", required=True, help="the witness's key: name+id+key")

    def handle(self, *, do: Callable[..., None], **options: Any) -> None:
        try:
            do(**options)
        except (VaultError, NotCosigned, NotACheckpoint) as error:
            raise CommandError(str(error)) from error

    # --- Steps

    def publish(self, **_: Any) -> None:
        """What is due first: then a batch's own head has all that came before it."""
        outcomes = [*publish_due(), *publish_batches()]
        for outcome in outcomes:
            self.tell(outcome)
        tried = {outcome.petition.pk for outcome in outcomes}
        for petition in Petition.objects.exclude(pk__in=tried).order_by("pk"):
            self.tell_what_waits(petition)
        self.refuse_failures(outcomes)

    def anew(self, *, petition: str, typed: str | None, **_: Any) -> None:
        found = Petition.objects.filter(slug=petition).first()
        if found is None:
            raise CommandError(f"There is no petition {petition}.")
        private_log_key(vault())
        self.explain(found)
        if (typed or ask(f"To begin another log, type {found.slug}: ")) != found.slug:
            raise CommandError("That is not its slug: nothing was changed.")
        log = begin_anew(found, now=database_now())
        self.stdout.write(f"{log} is begun.")
        outcomes = publish_petition(found)
        for outcome in outcomes:
            self.tell(outcome)
        if not outcomes:
            self.tell_what_waits(found)
        self.refuse_failures(outcomes)

    def cosign(self, *, log: int, file: Path, key: str, **_: Any) -> None:
        found = Log.objects.filter(pk=log).first()
        if found is None:
            raise CommandError(f"There is no public log {log}.")
        try:
            witness = VerifierKey.read(key)
            note = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise CommandError(f"{file} is no text.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from error
        new = keep_cosignatures(found, note, key=witness)
        done = "It stands below the checkpoint now" if new else "It was here already"
        self.stdout.write(f"{witness.name} has signed this head of {found}. {done}.")

    # --- Words

    def explain(self, petition: Petition) -> None:
        signatures = Signature.objects.counted().filter(petition=petition).count()
        batches = Batch.objects.filter(petition=petition).count()
        self.stdout.write(
            f"{_why(Log.objects.of(petition))}\n"
            f"Another log begins for {petition.slug}. Its signatures ({signatures:,}) get new leaves"
            f" and receipts, its batches ({batches:,}) new entries; letters that wait go then. The"
            " old log stays as it is here: receipts and letters of it can be checked only against"
            " copies that somebody has saved. Whoever compares heads will see that it ends: say in"
            " public why."
        )

    def tell(self, outcome: Outcome) -> None:
        what = f"batch {outcome.batch.number}" if outcome.batch else "what waited"
        if outcome.head is None:
            self.stdout.write(f"{outcome.petition.slug}, {what}: not published. {outcome.why_not}")
            return
        self.stdout.write(
            f"{outcome.petition.slug}, {what}: published. {outcome.head.log} has"
            f" {outcome.head.size:,} leaves, signatures counted: {outcome.head.counted:,}."
        )

    def tell_what_waits(self, petition: Petition) -> None:
        count = without_leaf(petition).count() + entries_waiting(petition).count()
        why = f"fewer than {ENOUGH} wait for the next batch" if count else "nothing waits"
        self.stdout.write(f"{petition.slug}: nothing is due, {why} ({count}).")

    def refuse_failures(self, outcomes: list[Outcome]) -> None:
        if any(outcome.head is None for outcome in outcomes):
            raise CommandError("Not all was published: see above.")


def _why(log: Log | None) -> str:
    if log is None:
        return "This database knows no log of it: go on only if you know that there was one."
    try:
        refuse_another_past(log)
    except OlderThanPublished as error:
        return str(error)
    return (
        f"As far as this machine remembers, {log} is whole: go on only if you know that more of it"
        " was published."
    )
