"""What somebody works out who sees a log's hashes and public entries, and nothing else."""

from dataclasses import dataclass, field

from five_asks_verify.entries import BatchClosed, Kind, read_entry, read_places
from five_asks_verify.merkle import leaf_hash, root_of
from petitions.ledger.tree import stored_tree
from petitions.models import Batch, Leaf, LogEntry, Signature


@dataclass
class Replayed:
    size: int
    root: bytes
    signatures: set[int]
    withdrawn: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    batches: dict[int, BatchClosed] = field(default_factory=dict)
    """The last entry of each number."""

    @property
    def counted(self):
        return len(self.signatures - self.withdrawn - self.held)


def replay(log):
    head = log.heads.last()
    texts = dict(log.entries.exclude(place=None).values_list("place", "text"))
    tree = stored_tree(log, head.size)
    hashes = [tree.leaf(place) for place in range(head.size)]
    assert all(hashes[place] == leaf_hash(text.encode()) for place, text in texts.items())
    found = Replayed(head.size, root_of(hashes), set(range(head.size)) - set(texts))
    for place in sorted(texts):
        entry = read_entry(texts[place])
        if isinstance(entry, BatchClosed):
            found.batches[entry.number] = entry
        else:
            _change(found, entry, at=place)
    return found


def assert_whole(log):
    """What is published fits the rows; the difference to the rows of now is what waits."""
    head, seen = log.heads.last(), replay(log)
    assert (seen.size, seen.root) == (head.size, bytes(head.root))
    assert seen.counted == head.counted
    for leaf in Leaf.objects.filter(log=log):
        assert leaf.place in seen.signatures - seen.withdrawn
        assert stored_tree(log, head.size).leaf(leaf.place) == leaf_hash(bytes(leaf.secret))
    waiting = sum(LogEntry.objects.waiting().filter(log=log).values_list("change", flat=True))
    counted = Signature.objects.counted().filter(leaf__log=log).count()
    assert head.counted + waiting == counted
    for batch in Batch.objects.filter(head__log=log):
        runs = read_places(batch.places)
        assert seen.batches[batch.number] == BatchClosed.of(batch.number, runs)
        places = Leaf.objects.of_batch(batch).values_list("place", flat=True)
        assert set(places) <= {place for run in runs for place in run}


def _change(found, entry, *, at):
    places = {place for run in entry.places for place in run}
    assert places <= found.signatures
    assert max(places) < at, "nothing is told of what is not there yet"
    match entry.kind:
        case Kind.WITHDRAWN:
            assert not places & found.withdrawn
            found.withdrawn |= places
        case Kind.HELD:
            assert not places & (found.held | found.withdrawn)
            found.held |= places
        case Kind.RELEASED:
            assert places <= found.held - found.withdrawn
            found.held -= places
