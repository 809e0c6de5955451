"""A thousand logs with a leaf tampered with, dropped, moved or added: each of them is found."""

import base64
import io
import random
import shutil
from collections import Counter
from copy import copy

import pytest

from five_asks_verify.__main__ import main
from five_asks_verify.entries import Kind
from five_asks_verify.merkle import HASH_BYTES
from five_asks_verify.tiles import tiles_of
from tests.ledger.shown_log import Said, ShownLog, Signed

TRIALS = 1000


def make_log(chance):
    log = ShownLog(seed=chance.random())
    first = log.sign(chance.randint(30, 200))
    log.change(Kind.HELD, *chance.sample(first, 3))
    held = log.leaves[-1].signatures
    log.close(1, [each for each in first if each not in held])
    second = log.sign(chance.randint(20, 150))
    log.change(Kind.WITHDRAWN, chance.choice(second))
    log.close(2, [each for each in second if each not in log.leaves[-1].signatures])
    log.change(Kind.RELEASED, held[0])
    return log


def tampered(log, chance, places):
    """A signature has another secret: somebody else's, or nobody's."""
    at = chance.choice([at for at in places if isinstance(log.leaves[at], Signed)])
    replace(log, at, Signed(chance.randbytes(32)))


def dropped(log, chance, places):
    del log.leaves[chance.choice(places)]


def reordered(log, chance, places):
    one, other = chance.sample(places, 2)
    log.leaves[one], log.leaves[other] = log.leaves[other], log.leaves[one]


def added(log, chance, places):
    log.leaves.insert(chance.choice(places), Signed(chance.randbytes(32)))


def replace(log, at, new):
    """Whoever named the old one names the new one: all entries fit again."""
    old, log.leaves[at] = log.leaves[at], new
    for leaf in log.leaves:
        if not isinstance(leaf, Signed | Said):
            leaf.signatures = [new if each is old else each for each in leaf.signatures]


def changed(log, how, chance, *, among):
    other = copy(log)
    other.leaves = [copy(leaf) if not isinstance(leaf, Signed) else leaf for leaf in log.leaves]
    how(other, chance, among)
    return other


class Trial:
    """One log as it was, and what its site shows after a change."""

    def __init__(self, folder, chance):
        self.chance = chance
        self.log = make_log(chance)
        self.how = chance.choice([tampered, dropped, reordered, added])
        self.folder = folder
        self.right = self.log.write(folder / "right")
        self.wrong = folder / "wrong"

    def tiles_alone(self):
        """The leaves' tiles are others, as on a broken disk or by a hasty hand."""
        self.log.write(self.wrong)
        other = changed(self.log, self.how, self.chance, among=self._all())
        content = io.BytesIO(b"".join(other.hashes()))
        for tile in tiles_of(self.log.size, 0):
            (self.wrong / "tile" / tile.path).write_bytes(content.read(tile.width * HASH_BYTES))
        return []

    def all_but_the_signature(self):
        """Whoever has not got the key writes everything anew, under the old checkpoint."""
        changed(self.log, self.how, self.chance, among=self._all()).write(
            self.wrong, note=self.log.note()
        )
        return []

    def signed_anew_against_an_earlier_checkpoint(self):
        self.sign_anew(self._all())
        return ["--since", str(self.right / "checkpoint")]

    def signed_anew_against_a_letter(self):
        root = base64.b64encode(self.log.root()).decode()
        self.sign_anew(self._all())
        return ["--root", root, "--size", str(self.log.size)]

    def signed_anew_against_receipts(self):
        """They show what became of their own leaves, or of any before these that came or went."""
        (batch,) = [leaf for leaf in self.log.leaves if getattr(leaf, "number", 0) == 2]
        file = self.folder / "receipts-2.csv"
        file.write_text(self.log.receipts(batch.signatures))
        self.sign_anew([self.log.leaves.index(each) for each in batch.signatures])
        return ["--receipts", str(file)]

    def sign_anew(self, places):
        """The operator lies with the log's own key; some leaves follow, so that it has grown."""
        other = changed(self.log, self.how, self.chance, among=places)
        other.sign(self.chance.randint(1, 40))
        other.write(self.wrong)

    def _all(self):
        return range(self.log.size)

    def check(self, where, arguments):
        return main([str(where), "--key", str(self.log.key), *arguments])


SCENES = [
    Trial.tiles_alone,
    Trial.all_but_the_signature,
    Trial.signed_anew_against_an_earlier_checkpoint,
    Trial.signed_anew_against_a_letter,
    Trial.signed_anew_against_receipts,
]


@pytest.mark.long
def test_each_changed_log_is_found_and_no_other_one(tmp_path, capsys, show):
    chance = random.Random(6962)  # noqa: S311 - the same each time
    found = Counter()
    for number in range(TRIALS):
        trial = Trial(tmp_path / str(number), chance)
        arguments = chance.choice(SCENES)(trial)
        assert trial.check(trial.right, arguments) == 0, capsys.readouterr().out
        ended = trial.check(trial.wrong, arguments)
        said = capsys.readouterr().out
        assert (ended, "WRONG" in said) == (1, True), said
        found[trial.how.__name__] += 1
        shutil.rmtree(trial.folder)
    kinds = ", ".join(f"{count} {how}" for how, count in sorted(found.items()))
    show(f"logs with a changed leaf found: {found.total():,} of {TRIALS:,} ({kinds})")


def test_a_log_that_its_operator_wrote_anew_and_signed_is_right_in_itself(tmp_path, capsys):
    """So it is the earlier checkpoint, the letter or the receipts that show it."""
    chance = random.Random(9162)  # noqa: S311
    for number in range(40):
        trial = Trial(tmp_path / str(number), chance)
        trial.how = chance.choice([tampered, added])
        # Among the signatures before the first entry, so that each still follows its signatures.
        trial.sign_anew(range(25))
        assert trial.check(trial.wrong, []) == 0, capsys.readouterr().out
