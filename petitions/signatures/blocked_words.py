"""Words that a moderator should look at twice: in files by language, and what organizers add.

Nothing is decided by them. A word is compared folded, so tricks of spelling do not hide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings

from petitions.models import BlockedWord
from petitions.signatures.folding import fold

_PATTERNS = (
    re.compile(r"(?:https?:|www\.)\S+", re.IGNORECASE),
    re.compile(
        r"\b[\w-]+\.(?:com|net|org|info|biz|ru|by|ua|pl|lt|de|fr|io|me|xyz|top)\b", re.IGNORECASE
    ),
    re.compile(r"\S+@\S+\.\S+"),
    re.compile(r"(?:\+|\b)\d[\d\s().-]{6,}\d"),
    re.compile(r"(?:^|\s)@\w{3,}"),
)


class Watch:
    """All words of one look."""

    def __init__(self, words: Iterable[str]) -> None:
        folded = {(fold(word.rstrip("*")), word.endswith("*")) for word in words}
        self._whole = {word for word, is_start in folded if word and not is_start}
        self._starts = tuple(word for word, is_start in folded if word and is_start)

    def hits(self, text: str) -> list[str]:
        """What in `text` needs a second look, as it stands there."""
        found = [match.group().strip() for each in _PATTERNS if (match := each.search(text))]
        found += [word for word in re.findall(r"[\w@$|!]+", text) if self._is_hit(word)]
        if not found and self._is_hit("".join(re.findall(r"\b\w\b", text))):
            found = [text]  # s p e l t letter by letter
        return list(dict.fromkeys(found))

    def _is_hit(self, word: str) -> bool:
        folded = fold(word)
        plain = fold(word.rstrip("!|"))
        return folded in self._whole or plain in self._whole or plain.startswith(self._starts)


def watch() -> Watch:
    """The lists of every language: a slur is one in whichever language the page was."""
    return Watch([*_from_files(settings.CONTENT_DIR), *_added()])


def _added() -> Iterable[str]:
    return BlockedWord.objects.values_list("word", flat=True)


@cache
def _from_files(directory: Path) -> tuple[str, ...]:
    lines = (
        line.partition("#")[0].strip()
        for file in sorted(directory.glob("words/*.txt"))
        for line in file.read_text(encoding="utf-8").splitlines()
    )
    return tuple(filter(None, lines))
