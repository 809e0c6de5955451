"""A whole log, read and checked: each leaf, each tile, each public entry, each batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from five_asks_verify import batches as published
from five_asks_verify.batches import Batch
from five_asks_verify.checkpoint import Checkpoint, NotACheckpoint, VerifierKey, open_note
from five_asks_verify.count import Count, replay
from five_asks_verify.fetch import CHECKPOINT, MEGABYTE, Source, read_all, read_first
from five_asks_verify.merkle import HASH_BYTES, is_consistent, leaf_hash, root_of
from five_asks_verify.report import Report, Wrong, leaf_name
from five_asks_verify.tiles import WIDTH, Tile, Tree, index_path, tiles_of, top_of

TILE_BYTES = WIDTH * HASH_BYTES
# One hold can name very many places.
ENTRIES_LIMIT = 16 * MEGABYTE
BATCHES_LIMIT = 64 * MEGABYTE
# Two gigabytes of hashes: the most that is taken into memory.
MOST_LEAVES = 1 << 26
NUMBER_OF_LOG = re.compile(r"/([1-9][0-9]{0,14})$")
PLACE = re.compile(r"0|[1-9][0-9]{0,14}")


@dataclass(frozen=True)
class Log:
    checkpoint: Checkpoint
    levels: Sequence[bytes]
    """The leaves' hashes, and of each level above the hashes of the whole tiles below."""
    count: Count
    batches: dict[int, Batch]
    """By their numbers, as batches.json shows them; some may be newer than the checkpoint."""

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def number(self) -> int | None:
        """As receipts name it: the end of the log's own name."""
        found = NUMBER_OF_LOG.search(self.checkpoint.origin)
        return int(found[1]) if found else None

    def leaf(self, place: int) -> bytes:
        return self.levels[0][place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def root_at(self, size: int) -> bytes:
        """Of the first `size` leaves."""
        return _tree(self.levels, size).root()


def check_log(
    source: Source,
    key: VerifierKey,
    report: Report,
    *,
    witnesses: Sequence[VerifierKey] = (),
    since: str | None = None,
) -> Log:
    """Read it from there and report on it; `since` is an earlier checkpoint's note.

    Raises:
        Wrong: what is there is no log that could be checked further.
        Unreachable: it can't be read.
    """
    checkpoint = _open(source, key, witnesses, report)
    # Next, so that it is hardly newer than the checkpoint.
    batches = _read_batches(source, report)
    leaves = b"".join(_read_tiles(source, tiles_of(checkpoint.size, 0)))
    levels = [leaves, *_levels_above(leaves)]
    _check_root(checkpoint, levels, report)
    _check_tiles(source, checkpoint.size, levels, report)
    entries = _check_entries(source, checkpoint.size, leaves, report)
    places = {number: batch.places for number, batch in batches.items()}
    log = Log(checkpoint, levels, replay(checkpoint.size, entries, places), batches)
    _report_count(log, report)
    _check_batches(log, report)
    if since is not None:
        _check_growth(log, since, key, report)
    return log


def _open(
    source: Source, key: VerifierKey, witnesses: Sequence[VerifierKey], report: Report
) -> Checkpoint:
    note = _text(read_first(source, CHECKPOINT), "The checkpoint")
    try:
        checkpoint = open_note(note, key, witnesses)
    except NotACheckpoint as error:
        raise Wrong(f"The checkpoint can't be believed. {error}") from error
    if checkpoint.size > MOST_LEAVES:
        raise Wrong(f"The checkpoint names {checkpoint.size:,} leaves; none can have so many.")
    report.right(f"The checkpoint is signed by {key.name} (key {key.id.hex()}).")
    for witness in witnesses:
        report.right(f"It is signed by the witness {witness.name} too.")
    return checkpoint


def _read_tiles(source: Source, tiles: Iterable[Tile]) -> Iterator[bytes]:
    wanted = list(tiles)
    paths = [f"tile/{tile.path}" for tile in wanted]
    for tile, content in zip(wanted, read_all(source, paths, limit=TILE_BYTES), strict=True):
        if len(content) != tile.width * HASH_BYTES:
            raise Wrong(
                f"Tile {tile.path} must have {tile.width} hashes of {HASH_BYTES} bytes,"
                f" and has {len(content):,} bytes."
            )
        yield content


def _levels_above(leaves: bytes) -> Iterator[bytes]:
    row = leaves
    while whole := len(row) // TILE_BYTES:
        ends = range(TILE_BYTES, whole * TILE_BYTES + 1, TILE_BYTES)
        row = b"".join(top_of(row[end - TILE_BYTES : end]) for end in ends)
        yield row


def _check_root(checkpoint: Checkpoint, levels: Sequence[bytes], report: Report) -> None:
    """Computed twice, leaf by leaf and by tiles: a mistake of ours would have to be made twice."""
    leaves = levels[0]
    root = root_of(leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES))
    if root == checkpoint.root == _tree(levels, checkpoint.size).root():
        report.right(f"Its {checkpoint.size:,} leaves have the root that it says.")
    else:
        report.wrong(
            f"The {checkpoint.size:,} leaves have not the root that the checkpoint says: leaves"
            " were changed, dropped, moved or added."
        )


def _check_tiles(source: Source, size: int, levels: Sequence[bytes], report: Report) -> None:
    tiles = [tile for level in range(1, len(levels)) for tile in tiles_of(size, level)]
    problems = [
        f"Tile {tile.path} does not say what the leaves below it say."
        for tile, content in zip(tiles, _read_tiles(source, tiles), strict=True)
        if content != _own_tile(levels)(tile)
    ]
    right = f"All {len(tiles):,} tiles above say what the leaves say."
    report.conclude(problems, right=right if tiles else "No tiles are needed above so few leaves.")


def _read_batches(source: Source, report: Report) -> dict[int, Batch]:
    try:
        found = published.read_batches(source.read("batches.json", limit=BATCHES_LIMIT))
    except (Wrong, ValueError) as error:
        report.wrong(str(error))
        return {}
    batches = {batch.number: batch for batch in found}
    if len(batches) < len(found):
        report.wrong("batches.json has two batches of one number.")
    return batches


def _check_entries(
    source: Source, size: int, leaves: bytes, report: Report
) -> list[tuple[int, str]]:
    """The public entries whose hash is their leaf."""
    entries, problems = [], []
    for page in _read_pages(source, size):
        problems += page.problems
        for place, text in page.entries:
            if leaf_hash(text.encode()) == leaves[place * HASH_BYTES : (place + 1) * HASH_BYTES]:
                entries.append((place, text))
            else:
                problems.append(f"The text of {leaf_name(place)} is not the one that it hashes.")
    report.conclude(problems, right=f"All {len(entries):,} public entries hash to their leaves.")
    return entries


@dataclass
class _Page:
    entries: list[tuple[int, str]]
    problems: list[str]


def _read_pages(source: Source, size: int) -> Iterator[_Page]:
    tiles = list(tiles_of(size, 0))
    paths = [f"entries/{index_path(tile.index, tile.width)}" for tile in tiles]
    for tile, path, content in zip(
        tiles, paths, read_all(source, paths, limit=ENTRIES_LIMIT), strict=True
    ):
        first = tile.index * WIDTH
        yield _read_page(path, content, range(first, first + tile.width))


def _read_page(path: str, content: bytes, places: range) -> _Page:
    page = _Page([], [])
    last = places.start - 1
    for line in _text(content, path).removesuffix("\n").split("\n") if content else ():
        number, tab, text = line.partition("\t")
        place = int(number) if PLACE.fullmatch(number) else -1
        if not tab or place not in places or place <= last:
            page.problems.append(f"{path} has a line that is no entry of its places: {line[:80]}")
            continue
        last = place
        page.entries.append((place, text))
    return page


def _report_count(log: Log, report: Report) -> None:
    count = log.count
    report.conclude(count.problems, right="Each entry says what can be said of an earlier leaf.")
    report.note(
        f"Counted: {count.counted:,} signatures. The log has {count.signatures:,};"
        f" {count.withdrawn:,} were withdrawn, {count.held:,} are held."
    )


def _check_batches(log: Log, report: Report) -> None:
    closings = log.count.last_closings()
    delivered = sum(closing.batch.count for closing in closings.values())
    if newer := [number for number, batch in log.batches.items() if batch.size > log.size]:
        report.note(f"Closed after this checkpoint, not checked: batch {_listed(newer)}.")
    report.conclude(
        published.compare(log.count, log.batches, log.root_at),
        right=f"The batches in the log, {len(closings):,}, hold {delivered:,} signatures, none of them twice.",
    )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _check_growth(log: Log, since: str, key: VerifierKey, report: Report) -> None:
    try:
        earlier = open_note(since, key)
    except NotACheckpoint as error:
        report.wrong(f"The earlier checkpoint can't be believed. {error}")
        return
    if earlier.size > log.size:
        report.wrong(
            f"The log has become shorter: {earlier.size:,} leaves were signed earlier, and"
            f" {log.size:,} are shown now. Keep both checkpoints: they prove it."
        )
        return
    proven = is_consistent(
        size=earlier.size,
        root=earlier.root,
        later_size=log.size,
        later_root=log.root_at(log.size),
        proof=_tree(log.levels, log.size).consistency_proof(earlier.size),
    )
    if proven and log.root_at(earlier.size) == earlier.root:
        report.right(
            f"Since the earlier checkpoint of {earlier.size:,} leaves,"
            f" {log.size - earlier.size:,} were added and none was changed."
        )
    else:
        report.wrong(
            f"The first {earlier.size:,} leaves are not those that were signed earlier: the log"
            " was written anew. Keep both checkpoints: they prove it."
        )


def _tree(levels: Sequence[bytes], size: int) -> Tree:
    return Tree(size, _own_tile(levels))


def _own_tile(levels: Sequence[bytes]) -> Callable[[Tile], bytes]:
    """Tiles as they follow from the leaves, not as the site shows them."""

    def read(tile: Tile) -> bytes:
        start = tile.index * TILE_BYTES
        return levels[tile.level][start : start + tile.width * HASH_BYTES]

    return read


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Wrong(f"{name} is no text.") from error
