"""`manage.py vault …`: keys from their making to their end, and what each step means for rows."""

from __future__ import annotations

import os
import string
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from campaign.roles import Role
from petitions.management.vault_report import HEADINGS, rows, verify
from petitions.resealing.counts import (
    OFFERS,
    count_by_epoch,
    count_offers_by_epoch,
    count_rows,
)
from petitions.resealing.reseal import reseal
from petitions.resealing.shelf import Shelf
from petitions.resealing.shelves import SHELVES
from petitions.vault import Purpose, Secret, Vault, VaultError, generate_log_key, has_log_key, vault
from petitions.vault.files import make_folder
from petitions.vault.keys import PrivateKey, key_id
from petitions.vault.shares import SecretName, recover, share_paths, write_shares

SAMPLE = 100
EPOCH_HELP = "a month and a letter, as 2026-11a"


class Command(BaseCommand):
    help = "Makes, activates, rotates, verifies, recovers and destroys the keys of sealed rows."
    # Keys are looked after where there may be no database, and when pages are broken.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")

        def step(name: str, do: Callable[..., None], meaning: str) -> ArgumentParser:
            added = steps.add_parser(name, help=meaning, description=meaning)
            added.set_defaults(do=do)
            return added

        generate = step("generate", self.generate, "Make the keys of an epoch. No row changes.")
        add_making_options(generate)
        generate.add_argument(
            "--if-missing", action="store_true", help="do nothing where there are active keys"
        )
        activate = step("activate", self.activate, "Seal new rows to an epoch's keys.")
        activate.add_argument("epoch", help=EPOCH_HELP)
        add_making_options(
            step("rotate", self.rotate, "Make keys and seal new rows to them; old rows stay.")
        )
        rewrap = step("rewrap", self.rewrap, "Seal rows of older epochs to the active keys.")
        rewrap.add_argument("--batch-size", type=positive, default=100, help="rows locked at once")
        look = step("verify", self.verify, "Check keys, and whether rows open. No row changes.")
        look.add_argument("--all", action="store_true", help="try all rows, not a sample")
        again = step("recover", self.recover, "Bring a secret back, and its rows with it.")
        again.add_argument("shares", nargs=2, type=Path, metavar="SHARE", help="a share file")
        destroy = step("destroy", self.destroy, "Make an epoch's rows unreadable for ever.")
        destroy.add_argument("purpose", type=Purpose, choices=list(Purpose))
        destroy.add_argument("epoch", help=EPOCH_HELP)
        destroy.add_argument(
            "--type", dest="typed", metavar="KEYID", help="the key's id, instead of typing it"
        )

    def handle(self, *, do: Callable[..., None], **options: Any) -> None:
        try:
            do(vault(), **options)
        except VaultError as error:
            raise CommandError(str(error)) from error
        except Error as error:
            first_line = str(error).partition("\n")[0]
            raise CommandError(f"The database does not do its part: {first_line}") from error
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from error
        except KeyboardInterrupt as stop:
            raise CommandError("Stopped. Nothing is half done: start it again.") from stop

    # --- Making and activating

    def generate(
        self, keys: Vault, *, epoch: str | None, shares: Path | None, if_missing: bool, **_: Any
    ) -> None:
        with keys.locked():
            first = not keys.has_active_keys()
            if if_missing and not first and keys.has_pepper():
                self.make_log_key(keys)
                return
            epoch = self.make_secrets(keys, epoch or free_epoch(keys), shares)
            self.make_log_key(keys)
            if first:
                keys.activate(dict.fromkeys(Purpose, epoch))
        if first:
            self.say("They are active: new rows are sealed to them from now on.")
        else:
            self.say(
                "They seal nothing yet, and no stored row has changed. Bring public/ to every"
                " machine and the private folders to theirs; then: "
                f"manage.py vault activate {epoch}"
            )

    def activate(self, keys: Vault, *, epoch: str, **_: Any) -> None:
        with keys.locked():
            keys.activate(dict.fromkeys(Purpose, epoch))
        self.tell_active(keys, epoch)

    def rotate(self, keys: Vault, *, epoch: str | None, shares: Path | None, **_: Any) -> None:
        with keys.locked():
            old = keys.active_epochs()
            epoch = self.make_secrets(keys, epoch or free_epoch(keys), shares)
            keys.activate(dict.fromkeys(Purpose, epoch))
        self.tell_active(keys, epoch)
        self.say("The old private keys are still here, so that old rows open. What comes next:")
        self.say("  manage.py vault rewrap     where each private key lies")
        self.say("  manage.py vault verify")
        for purpose, old_epoch in old.items():
            self.say(f"  manage.py vault destroy {purpose} {old_epoch}")

    def make_secrets(self, keys: Vault, epoch: str, shares: Path | None) -> str:
        """Make an epoch's key pairs and, the first time, the pepper, and their shares."""
        with_pepper = not keys.has_pepper()
        if with_pepper and keys.has_active_keys():
            raise CommandError(
                "public/pepper.json is missing: bring it back from another machine or a backup."
                " Another pepper would let everybody sign twice."
            )
        wanted = [SecretName(purpose, epoch) for purpose in Purpose]
        wanted += [SecretName()] if with_pepper else []
        made_here = {*map(Secret, Purpose)} | ({Secret.PEPPER} if with_pepper else set())
        refuse_for_this_role(frozenset(made_here))
        if shares:
            prepare_for_shares(shares, wanted)
        made = [(name, make_secret(keys, name)) for name in wanted]
        names = ", ".join(str(name) for name in wanted)
        self.say(f"Made in {keys.directory}: {names}.")
        self.tell_machines()
        self.write_shares(shares, made)
        return epoch

    def make_log_key(self, keys: Vault) -> None:
        if has_log_key(keys) or Secret.LEDGER not in settings.ROLE.secrets:
            return
        generate_log_key(keys)
        self.say(
            f"Made in {keys.directory}: the key that signs the public log. It opens nothing, and"
            f" belongs only where these run: {machines(Secret.LEDGER)}."
        )

    def write_shares(self, folder: Path | None, made: list[tuple[SecretName, bytes]]) -> None:
        if folder is None:
            self.say(
                "Nothing but these files can open what will be sealed to them: keep a copy apart"
                " from the database's backups (--shares DIR makes one in three parts)."
            )
            return
        for name, secret in made:
            write_shares(folder, name, secret)
        self.say(
            f"Shares are in {folder}: three of each secret, any two of which bring it back. Carry"
            " them apart, to three people at three places, and erase them here."
        )

    # --- Rows and keys

    def rewrap(self, keys: Vault, *, batch_size: int, **_: Any) -> None:
        self.say("Each row is sealed anew by itself and can be read all the time.")
        here = {purpose: private_epochs(keys, purpose) for purpose in Purpose}
        for shelf in SHELVES:
            if here[shelf.purpose]:
                self.rewrap_shelf(keys, shelf, here[shelf.purpose], batch_size)
        for purpose in Purpose:
            if not here[purpose]:
                self.say(f"Skipped: {purpose} rows. Their private keys are not here.")
        if here[Purpose.SIGNATURE]:
            self.tell_offers(keys)
        self.say("Old keys still open the old rows in backups: verify, then destroy them.")

    def rewrap_shelf(self, keys: Vault, shelf: Shelf, epochs: list[str], batch_size: int) -> None:
        active = keys.active_epoch(shelf.purpose)
        total = sum(count for epoch, count in count_by_epoch(shelf).items() if epoch != active)
        done = damaged = 0
        for tried in reseal(shelf, epochs=epochs, batch_size=batch_size):
            done, damaged = tried.done, tried.damaged
            self.say(f"{shelf.name}: {done:,} of {total:,} …", ending="\r")
        self.say(f"{shelf.name}: {rows(done)} re-sealed to {key_id(shelf.purpose, active)}.")
        if damaged:
            self.say(f"  {rows(damaged)} did not open; left as they are.")
        left = {epoch: count for epoch, count in count_by_epoch(shelf).items() if epoch != active}
        if sum(left.values()) > damaged:
            epochs_left = ", ".join(str(epoch or "no epoch") for epoch in left)
            self.say(
                f"  {rows(sum(left.values()) - damaged)} left ({epochs_left}): just in use, or"
                " their key is not here. If machines still seal to an old key, bring them public/."
            )

    def tell_offers(self, keys: Vault) -> None:
        active = keys.active_epoch(Purpose.SIGNATURE)
        found = count_offers_by_epoch()
        old = {epoch: count for epoch, count in found.items() if epoch != active}
        if old:
            self.say(
                f"{OFFERS}: {rows(sum(old.values()))} left ({', '.join(map(str, old))}): nobody can"
                " seal them anew. They are over within two hours: destroy no old key before."
            )

    def verify(self, keys: Vault, *, all: bool, **_: Any) -> None:  # noqa: A002 - the option's name
        report = verify(keys, settings.ROLE, sample=None if all else SAMPLE)
        for line in [HEADINGS, *report.lines]:
            self.say(str(line))
        self.say(f"{rows(report.opened)} opened. No stored row was changed.")
        if report.problems:
            for problem in report.problems:
                self.stderr.write(f"- {problem}")
            raise CommandError(f"Not as it must be: {len(report.problems)}, named above.")
        self.say("All is as it must be.")

    def recover(self, keys: Vault, *, shares: list[Path], **_: Any) -> None:
        name, secret = recover(*shares)
        refuse_for_this_role(frozenset({Secret(name.purpose or Secret.PEPPER)}))
        with keys.locked():
            if name.purpose and name.epoch:
                keys.restore_private_key(PrivateKey(name.purpose, name.epoch, secret))
                self.say(f"{name} is back in {keys.directory}: its rows open here again.")
            else:
                keys.restore_pepper(secret)
                self.say("The pepper is back: who signed is known again, and signs once.")

    def destroy(
        self, keys: Vault, *, purpose: Purpose, epoch: str, typed: str | None, **_: Any
    ) -> None:
        name = key_id(purpose, epoch)
        keys.refuse_to_destroy(purpose, epoch)
        self.say(what_is_lost(purpose, epoch))
        if (typed or ask(f"To destroy it, type {name}: ")) != name:
            raise CommandError("That is not its id: nothing was destroyed.")
        was_here = keys.has_private_key(purpose, epoch)
        with keys.locked():
            keys.destroy(purpose, epoch)
        self.say(f"{name} is destroyed." if was_here else f"{name} was not here; it is given up.")
        self.say(
            "What may remain: shares (burn two of three), copies on other machines and in backups"
            " of this folder, what the disk keeps of an overwritten file, and the memory of"
            f" running processes: restart {machines(Secret(purpose))}."
        )

    # --- Words

    def tell_active(self, keys: Vault, epoch: str) -> None:
        names = " and ".join(key_id(purpose, epoch) for purpose in Purpose)
        self.say(f"New rows are sealed to {names} from now on; old rows stay as they are.")
        for purpose in Purpose:
            if not keys.has_private_key(purpose, epoch):
                self.say(f"Not checked: {purpose}. Its private key is not here.")
        self.say("Bring public/ to every other machine; processes notice it without a restart.")

    def tell_machines(self) -> None:
        self.say("public/ belongs on every machine. Of the private folders, only:")
        for secret in Secret:
            self.say(f"  {secret}/ where these run: {machines(secret)}")

    def say(self, line: str, ending: str = "\n") -> None:
        self.stdout.write(line, ending=ending)
        self.stdout.flush()


def add_making_options(parser: ArgumentParser) -> None:
    parser.add_argument("--epoch", help=f"{EPOCH_HELP}; else this month's next letter")
    parser.add_argument("--shares", type=Path, metavar="DIR", help="write shares, 2 of 3, here")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def free_epoch(keys: Vault) -> str:
    """This month's first letter that neither purpose has used."""
    month = f"{timezone.now():%Y-%m}"
    used = {epoch for purpose in Purpose for epoch in keys.epochs(purpose)}
    for letter in string.ascii_lowercase:
        if month + letter not in used:
            return month + letter
    raise CommandError(f"{month} has used all its letters: choose another with --epoch.")


def make_secret(keys: Vault, name: SecretName) -> bytes:
    if name.purpose and name.epoch:
        return keys.generate_key(name.purpose, name.epoch).seed
    return keys.generate_pepper()


def private_epochs(keys: Vault, purpose: Purpose) -> list[str]:
    return [epoch for epoch in keys.epochs(purpose) if keys.has_private_key(purpose, epoch)]


def refuse_for_this_role(secrets: frozenset[Secret]) -> None:
    excess = sorted(secrets - settings.ROLE.secrets)
    if excess:
        raise CommandError(
            f"The {settings.ROLE} role must not hold these secrets: {', '.join(excess)}."
            " Do this where CAMPAIGN_ROLE is not set."
        )


def prepare_for_shares(folder: Path, names: list[SecretName]) -> None:
    """Before anything is made: a secret whose shares can't be written has no second copy."""
    make_folder(folder, secret=True)
    if not os.access(folder, os.W_OK):
        raise CommandError(f"Nobody may write to {folder}: choose another folder.")
    for path in (path for name in names for path in share_paths(folder, name)):
        if path.exists():
            raise CommandError(f"{path} is there already: choose another folder.")


def what_is_lost(purpose: Purpose, epoch: str) -> str:
    counts = [(name, found.get(epoch, 0)) for name, found in count_rows(purpose).items()]
    lost = ", ".join(f"{name}: {count:,}" for name, count in counts if count)
    if not lost:
        return "No stored row is sealed to it; rows in older backups can never be read again."
    total = rows(sum(count for _, count in counts))
    return f"{total} can never be read again, here or from any backup ({lost})."


def ask(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        return ""


def machines(secret: Secret) -> str:
    holders = [role for role in Role if secret in role.secrets and role is not Role.ALL]
    return ", ".join(holders)
