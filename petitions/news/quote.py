"""The beginning of an answer, as a mail quotes it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.text import Truncator
from markdown_it import MarkdownIt

MOST = 400
_parser = MarkdownIt("js-default", {"linkify": False})


def first_lines(markdown: str, *, most: int = MOST) -> list[str]:
    """Its first paragraphs in plain words, some `most` characters; a cut ends in “…”.

    Links lose their addresses: a mail of ours leads to our site only.
    """
    lines: list[str] = []
    for paragraph in _paragraphs(markdown):
        if most <= 0:
            lines[-1] = f"{lines[-1].rstrip('…')}…"
            break
        lines.append(Truncator(paragraph).chars(most))
        most -= len(paragraph)
    return lines


def _paragraphs(markdown: str) -> Iterator[str]:
    for block in _parser.parse(markdown):
        words = "".join(
            each.content if each.type in {"text", "code_inline"} else " " * ("break" in each.type)
            for each in block.children or []
        )
        if words.strip():
            yield words.strip()
