"""What people saw of each fault, and whether anything that was acknowledged is lost."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path

from django.db import connection

from bench.fault_day import Day, Span
from bench.supporters import NO_ANSWER, Seen
from bench.waiting import waiting_addresses
from petitions.models import Delivery, Petition, Signature, Tally
from petitions.signatures.addresses import signature_index

OK = 200
LETTERS_GO_TO = "office"
COLUMNS = (
    "what broke",
    "for",
    "answers",
    "p95",
    "what people read",
    "pages again",
    "last mail",
    "last letter",
)


@dataclass(frozen=True)
class Arrived:
    """A mail in the mailbox; `at` is the monotonic clock's."""

    at: float
    to: str
    message_id: str


@dataclass(frozen=True)
class Losses:
    """Lists of what ought not to be: all are to be empty."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def words(self) -> str:
        return "\n".join(
            f"{len(each):>6}  {what}{': ' + ', '.join(each[:5]) if each else ''}"
            for what, each in self.found.items()
        )

    def any(self) -> bool:
        return any(self.found.values())


# --- The table


def table(day: Day) -> str:
    seen, mails = read_seen(day.seen), list(arrived(day.mailbox))
    rows = [COLUMNS, tuple("---" for _ in COLUMNS)]
    until = [*(span.began for span in day.spans[1:]), math.inf]
    rows += [
        tuple(_row(span, seen, mails, until=end))
        for span, end in zip(day.spans, until, strict=True)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(
    span: Span, seen: Sequence[Seen], mails: Sequence[Arrived], *, until: float
) -> Iterator[str]:
    meanwhile = [each for each in seen if span.began <= each.at <= span.mended + 1]
    yield span.fault.words
    yield f"{span.mended - span.began:.0f} s"
    yield _statuses(meanwhile)
    yield f"{_p95(meanwhile):.2f} s"
    yield _errors(meanwhile)
    yield _pages_again(span, seen, until=until)
    signed = {each.address for each in meanwhile if each.step == "form" and each.status == OK}
    yield _last(span, [mail.at for mail in mails if mail.to in signed])
    yield _last(span, [mail.at for mail in mails if mail.message_id in span.letters])


def _statuses(seen: Iterable[Seen]) -> str:
    counts = Counter("none" if each.status == NO_ANSWER else str(each.status) for each in seen)
    return ", ".join(f"{number} × {status}" for status, number in sorted(counts.items()))


def _p95(seen: Sequence[Seen]) -> float:
    seconds = [each.seconds for each in seen]
    return statistics.quantiles(seconds, n=20)[18] if len(seconds) > 1 else 0


def _errors(seen: Iterable[Seen]) -> str:
    words = Counter(each.words for each in seen if each.status == NO_ANSWER or each.status > OK)
    return "; ".join(f"“{each}”" for each, _ in words.most_common(3)) or "nothing of it"


def _pages_again(span: Span, seen: Iterable[Seen], *, until: float) -> str:
    """When the last error was seen, before something else broke."""
    errors = [each.at for each in seen if span.began < each.at < until and each.status != OK]
    return _seconds_after(span, max(errors, default=0))


def _last(span: Span, moments: Sequence[float]) -> str:
    return _seconds_after(span, max(moments)) if moments else "none was due"


def _seconds_after(span: Span, moment: float) -> str:
    return "at once" if moment <= span.mended else f"{moment - span.mended:.0f} s later"


# --- What is lost


def losses(day: Day) -> Losses:
    # Ours is from before the restarts.
    connection.close()
    seen, mails = read_seen(day.seen), list(arrived(day.mailbox))
    letters = [mail for mail in mails if LETTERS_GO_TO in mail.to]
    confirmations = [mail for mail in mails if LETTERS_GO_TO not in mail.to]
    owed = set(Delivery.objects.values_list("message_id", flat=True))
    taken = Counter(mail.message_id for mail in letters)
    signed = {each.address for each in seen if each.step == "form" and each.status == OK}
    confirmed = {each.address for each in seen if each.step == "confirmation" and each.status == OK}
    return Losses(
        {
            "acknowledged forms without a mail": sorted(
                signed - {mail.to for mail in confirmations}
            ),
            "confirmed signatures without a row": sorted(_without_a_row(confirmed)),
            "letters lost": sorted(owed - set(taken)),
            "letters twice": sorted(each for each, times in taken.items() if times > 1),
            "letters under another Message-ID": sorted(set(taken) - owed),
            "confirmation mails under another Message-ID": sorted(_twice(confirmations, seen)),
            "supporters who gave up": sorted(
                f"{each.address} ({each.words})" for each in seen if each.step == "gave up"
            ),
            "petitions with a wrong count": sorted(_miscounted()),
        }
    )


def totals(day: Day) -> str:
    seen, mails = read_seen(day.seen), list(arrived(day.mailbox))
    steps = Counter(each.step for each in seen if each.status == OK)
    letters = sum(LETTERS_GO_TO in mail.to for mail in mails)
    ids = {mail.message_id for mail in mails}
    waiting = len(list(waiting_addresses()))
    return (
        f"{steps['form']} forms acknowledged, {steps['confirmation']} confirmed, {letters} letters,"
        f" {waiting} mails still to come, {len(mails) - len(ids)} mails twice under the same Message-ID; {day.seconds:.0f} s."
    )


def _twice(mails: Iterable[Arrived], seen: Iterable[Seen]) -> Iterator[str]:
    """Who got more mails, by their Message-IDs, than forms were perhaps taken from them."""
    forms = Counter(
        each.address for each in seen if each.step == "form" and each.status in {OK, NO_ANSWER}
    )
    ids = Counter(to for to, _ in {(mail.to, mail.message_id) for mail in mails})
    return (to for to, number in ids.items() if number > forms[to])


def _without_a_row(confirmed: Iterable[str]) -> Iterator[str]:
    petitions = list(Petition.objects.values_list("pk", flat=True))
    for address in confirmed:
        indexes = [signature_index(petition, address) for petition in petitions]
        if not Signature.objects.with_indexes(indexes).exists():
            yield address


def _miscounted() -> Iterator[str]:
    counts = Tally.objects.by_petition()
    for petition in Petition.objects.all():
        rows = Signature.objects.counted().filter(petition=petition).count()
        if counts.get(petition.pk, 0) != rows:
            yield f"{petition.slug} ({rows} rows)"


# --- What was written down


def read_seen(file: Path) -> list[Seen]:
    return [Seen(**json.loads(line)) for line in file.read_text().splitlines()]


def arrived(mailbox: Path) -> Iterator[Arrived]:
    since_boot = time.time() - time.monotonic()
    for path in (mailbox / "new").iterdir():
        with path.open("rb") as mail:
            head = BytesHeaderParser().parse(mail)
        at = int(path.name.partition(".")[0]) / 1e9 - since_boot
        yield Arrived(at, str(head["X-Envelope-To"]), str(head["Message-ID"]))
