"""What `manage.py vault verify` finds out about keys, and about the rows that need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import Error

from campaign.roles import Role
from petitions.resealing.counts import count_rows
from petitions.resealing.reseal import try_to_open
from petitions.resealing.shelf import Shelf
from petitions.resealing.shelves import SHELVES
from petitions.vault import Purpose, Secret, Vault, VaultError, private_log_key
from petitions.vault.keys import key_id

NO_EPOCH = "no-epoch"
HERE = "here"
DESTROYED = "destroyed"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Line:
    """A key: whether new rows are sealed to it, whether it can open them, and how many there are."""

    key: str
    state: str
    private_key: str
    rows: str

    def __str__(self) -> str:
        return f"{self.key:<20} {self.state:<11} {self.private_key:<12} {self.rows:>10}".rstrip()


HEADINGS = Line("key", "state", "private key", "rows")


@dataclass
class Report:
    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    opened: int = 0

    def add_problem(self, problem: str) -> None:
        """Unless another one says so already."""
        if not any(problem in known for known in self.problems):
            self.problems.append(problem)


def verify(keys: Vault, role: Role, *, sample: int | None) -> Report:
    """Look at every key, count rows, and try `sample` rows of each table, or all when None."""
    report = Report()
    _check_secrets(keys, role, report)
    counts = _count_rows(report)
    for purpose in Purpose:
        usable = [
            epoch
            for epoch in sorted({*keys.epochs(purpose), *counts[purpose]})
            if _look_at_epoch(purpose, epoch, keys, role, counts[purpose][epoch], report)
        ]
        for shelf in SHELVES:
            if shelf.purpose == purpose and counts[purpose].total():
                _try_rows(shelf, usable, report, sample)
    report.lines += [
        _look_at_secret("pepper", Secret.PEPPER, Vault.read_pepper, keys, report),
        _look_at_secret("public log", Secret.LEDGER, private_log_key, keys, report),
    ]
    return report


def rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _check_secrets(keys: Vault, role: Role, report: Report) -> None:
    try:
        keys.check(role.secrets)
    except VaultError as error:
        report.add_problem(f"The {role} role would not start. {error}")
    for path in keys.open_to_strangers():
        report.add_problem(f"Other users of this machine may reach {path}: chmod o= {path}")


def _count_rows(report: Report) -> dict[Purpose, Counter[str]]:
    counts: dict[Purpose, Counter[str]] = {purpose: Counter() for purpose in Purpose}
    try:
        found = {purpose: count_rows(purpose).values() for purpose in Purpose}
    except Error as error:
        report.add_problem(f"Rows can't be counted: {str(error).partition(chr(10))[0]}")
        return counts
    for purpose, kinds in found.items():
        for by_epoch in kinds:
            counts[purpose].update({epoch or NO_EPOCH: count for epoch, count in by_epoch.items()})
    return counts


def _look_at_epoch(
    purpose: Purpose, epoch: str, keys: Vault, role: Role, count: int, report: Report
) -> bool:
    """Add its line, and what is wrong with it; True when its rows can be tried here."""
    name = key_id(purpose, epoch)
    state = _state(purpose, epoch, keys, report)
    private_key = _look_at_private_key(purpose, epoch, keys, report)
    report.lines.append(Line(name, state, private_key, f"{count:,}"))
    if count and state == UNKNOWN:
        report.add_problem(f"{rows(count)} of {name}: no such key was ever made here.")
    elif count and state != DESTROYED and private_key == "-" and Secret(purpose) in role.secrets:
        report.add_problem(f"{rows(count)} of {name} can't be read: its private key is not here.")
    return private_key == HERE


def _state(purpose: Purpose, epoch: str, keys: Vault, report: Report) -> str:
    if epoch not in keys.epochs(purpose):
        return UNKNOWN
    try:
        if keys.public_key(purpose, epoch).destroyed_on:
            return DESTROYED
        active = keys.active_epochs()[purpose]
    except VaultError as error:
        report.add_problem(str(error))
        return "damaged"
    return "active" if epoch == active else "older" if epoch < active else "newer"


def _look_at_private_key(purpose: Purpose, epoch: str, keys: Vault, report: Report) -> str:
    if not keys.has_private_key(purpose, epoch):
        return "-"
    try:
        keys.private_key(purpose, epoch)
    except VaultError as error:
        report.add_problem(str(error))
        return "wrong"
    return HERE


def _look_at_secret(
    name: str, secret: Secret, read: Callable[[Vault], object], keys: Vault, report: Report
) -> Line:
    """One that has no epochs, and to which nothing is sealed."""
    if secret not in keys.secrets_within_reach():
        return Line(name, "", "-", "")
    try:
        read(keys)
    except VaultError as error:
        report.add_problem(str(error))
        return Line(name, "", "wrong", "")
    return Line(name, "", HERE, "")


def _try_rows(shelf: Shelf, epochs: list[str], report: Report, sample: int | None) -> None:
    tried = try_to_open(shelf, epochs=epochs, sample=sample)
    report.opened += tried.done
    if tried.damaged:
        report.add_problem(f"{shelf.name}: {rows(tried.damaged)} tried did not open.")
