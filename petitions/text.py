"""Which characters a field may hold. What is refused here could forge mail headers or layouts."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LINK = re.compile(r"https?:|www\.|://|\b[\w-]+\.(com|net|org|ru|by|info|top|xyz)\b", re.IGNORECASE)
# Emoji and some scripts join letters with these; in a comment they do no harm.
JOINERS = "\u200c\u200d"
LINE_END = re.compile(r"\r\n?")


def one_line(text: str) -> None:
    """Refuse control and format characters, line and paragraph separators (Cc, Cf, Zl, Zp)."""
    # Most texts hold nothing that could be one, and this tells in one step.
    if text.isprintable():
        return
    if any(unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"} for each in text):
        raise ValidationError(
            _("This has an invisible character in it. Please type it again, without pasting.")
        )


def several_lines(text: str) -> None:
    """Like `one_line`, but line breaks, tabs and joiners may stand."""
    one_line("".join(each for each in text if each not in "\r\n\t" + JOINERS))


def a_name(text: str) -> None:
    """Refuse links, addresses and what has no letter in it."""
    if LINK.search(text) or "@" in text:
        raise ValidationError(_("Please give a name here, without links or addresses."))
    if not any(each.isalpha() for each in text):
        raise ValidationError(_("Please give a name with letters in it."))


def with_our_line_ends(text: str) -> str:
    """Browsers have their own; then every comparison would find a change."""
    return LINE_END.sub("\n", text)
