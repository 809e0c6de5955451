"""An edition is a letter without its addressee: written once, for all offices that share it.

It is a letter to marks that nobody can guess or type, cut where they stand. What an office is called
is put between the pieces, so that nothing in its name is ever taken for a mark.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import fields, replace

from django.utils.html import escape

from petitions.delivery.letter_body import Addressee, Body, Letter
from petitions.mime import quoted_lines


class Edition:
    def __init__(self, letter: Letter) -> None:
        # Letters and digits only: neither HTML nor Markdown changes them.
        marks = [f"mark{secrets.token_hex(16)}" for _ in fields(Addressee)]
        body = replace(letter, addressee=Addressee(*marks)).body()
        self._subject, self._text, self._html = (
            _Cut(words, marks) for words in (body.subject, body.text, body.html)
        )
        self.known_lines = quoted_lines([*self._text.whole_lines(), *self._html.whole_lines()])

    def body_to(self, addressee: Addressee) -> Body:
        values: list[str] = list(vars(addressee).values())
        return Body(
            subject=self._subject.joined(values),
            text=self._text.joined(values),
            html=self._html.joined([escape(value) for value in values]),
        )


class _Cut:
    """Words, a mark's place, words …"""

    def __init__(self, words: str, marks: list[str]) -> None:
        pieces = re.split(f"({'|'.join(marks)})", words)
        self._pieces = pieces
        self._places = [(at, marks.index(pieces[at])) for at in range(1, len(pieces), 2)]

    def joined(self, values: list[str]) -> str:
        pieces = self._pieces.copy()
        for at, value in self._places:
            pieces[at] = values[value]
        return "".join(pieces)

    def whole_lines(self) -> list[str]:
        """Those without a mark."""
        lines = "\0".join(self._pieces[::2]).split("\n")
        return [line for line in lines if "\0" not in line]
