"""Which signatures of a log are counted: its public entries, replayed from the first one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from five_asks_verify.entries import BatchClosed, Change, Kind, read_entry
from five_asks_verify.report import leaf_name

Places = tuple[range, ...]

COUNTED, PUBLIC, WITHDRAWN, HELD = range(4)

STATE_NAMES = ("counted", "no signature, but a public entry", "withdrawn", "held")
# From which states a change leads to which. Who is held can still withdraw.
CHANGES = {
    Kind.WITHDRAWN: ((COUNTED, HELD), WITHDRAWN),
    Kind.HELD: ((COUNTED,), HELD),
    Kind.RELEASED: ((HELD,), COUNTED),
}


@dataclass(frozen=True)
class Closing:
    """A batch's entry, and the leaf that says it."""

    place: int
    batch: BatchClosed


@dataclass
class Count:
    """What the log says of each leaf; a byte a leaf, so that a million of them are no matter."""

    states: bytearray
    closings: dict[int, list[Closing]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)

    @property
    def signatures(self) -> int:
        return len(self.states) - self.states.count(PUBLIC)

    @property
    def counted(self) -> int:
        return self.states.count(COUNTED)

    @property
    def withdrawn(self) -> int:
        return self.states.count(WITHDRAWN)

    @property
    def held(self) -> int:
        return self.states.count(HELD)

    def last_closings(self) -> dict[int, Closing]:
        """Of each batch's number: a later entry takes an earlier one's place."""
        return {number: closings[-1] for number, closings in sorted(self.closings.items())}

    def closing_within(self, number: int, size: int) -> Closing | None:
        """What the first `size` leaves say of a batch."""
        known = [each for each in self.closings.get(number, ()) if each.place < size]
        return known[-1] if known else None


def replay(
    size: int, entries: Iterable[tuple[int, str]], batches: Mapping[int, Places] | None = None
) -> Count:
    """
    Args:
        size: how many leaves the log has.
        entries: the public ones with their places, in their order.
        batches: the places of each batch's last entry, where they are known: none of them may be
            withdrawn or held when the batch is closed.
    """
    count = Count(bytearray(size))
    for place, text in entries:
        count.states[place] = PUBLIC
        try:
            entry = read_entry(text)
        except ValueError as error:
            count.problems.append(
                f"{_said_by(place)} says nothing that this program knows: {error}"
            )
            continue
        if isinstance(entry, Change):
            _change(count, place, entry)
        else:
            _close(count, Closing(place, entry), batches or {})
    return count


def _change(count: Count, place: int, change: Change) -> None:
    allowed, becomes = CHANGES[change.kind]
    for run in change.places:
        if run.stop > place:
            count.problems.append(
                f"{_said_by(place)} says {change.kind} of {leaf_name(run.stop - 1)},"
                " which does not come before it."
            )
            continue
        if odd := _not_in(count.states, run, allowed):
            count.problems.append(
                f"{_said_by(place)} says {change.kind} of {_some(odd)},"
                f" which is {STATE_NAMES[count.states[odd[0]]]}."
            )
            continue
        count.states[run.start : run.stop] = bytes([becomes]) * len(run)


def _close(count: Count, closing: Closing, batches: Mapping[int, Places]) -> None:
    batch = closing.batch
    count.closings[batch.number].append(closing)
    places = batches.get(batch.number, ())
    if BatchClosed.of(batch.number, places) != batch:
        # Places are known of the last entry only, and batches.py compares that one.
        return
    for run in places:
        if run.stop > closing.place:
            count.problems.append(
                f"Batch {batch.number} holds {leaf_name(run.stop - 1)},"
                f" which comes after the batch was closed ({leaf_name(closing.place)})."
            )
        elif odd := _not_in(count.states, run, (COUNTED,)):
            count.problems.append(
                f"Batch {batch.number} holds {_some(odd)}, which was"
                f" {STATE_NAMES[count.states[odd[0]]]} when the batch was closed."
            )


def _not_in(states: bytearray, run: range, allowed: tuple[int, ...]) -> list[int]:
    part = states[run.start : run.stop]
    if sum(part.count(state) for state in allowed) == len(run):
        return []
    return [place for place in run if states[place] not in allowed]


def _some(places: list[int]) -> str:
    more = f" (and {len(places) - 1:,} more)" if len(places) > 1 else ""
    return f"{leaf_name(places[0])}{more}"


def _said_by(place: int) -> str:
    return leaf_name(place).capitalize()
