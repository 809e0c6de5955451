"""The words of letters, as organizers write them: placeholders in braces stand for what differs.

They are checked when they are saved. Filling them in never fails: what is no placeholder stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from petitions.markdown import to_html
from petitions.text import one_line, several_lines

PLACEHOLDERS = {
    "office": _("the office’s name"),
    "organisation": _("its organisation"),
    "country": _("its country; of an international office, the organisation"),
    "number": _("new signatures that the letter carries"),
    "own_number": _("those of them from the office’s own country"),
    "total": _("all signatures of the petition so far"),
    "date": _("the day on which they were counted"),
    "letter_number": _("the letter’s number: 1 is the petition’s first"),
    "petition": _("the petition’s title"),
    "petition_link": _("the address of the petition’s page"),
}
LONGEST_LETTER = 10_000

_placeholder = re.compile(r"\{([a-z_]+)\}")
_brace = re.compile(r"\{[^{}\n]*\}|[{}]")
# As Markdown writes them into the address of a link.
_in_address = re.compile(r"%7B(.*?)%7D")


def fill(words: str, values: Mapping[str, str]) -> str:
    """The words as plain text."""
    return _placeholder.sub(lambda found: values.get(found[1], found[0]), words)


def fill_html(markdown: str, values: Mapping[str, str]) -> SafeString:
    """The Markdown as HTML. Values are text: what they hold of Markdown or HTML is shown as it is."""
    link = escape(values.get("petition_link", ""))
    html = to_html(markdown).replace("%7Bpetition_link%7D", link)
    escaped = {name: escape(value) for name, value in values.items()}
    return mark_safe(fill(html, escaped))  # noqa: S308 - the parser and `escape` have made it so


def placeholders_in(*words: str) -> set[str]:
    return {name for each in words for name in _placeholder.findall(each)}


# --- Checks, for models' fields


def check_line(words: str) -> None:
    """A subject or salutation."""
    if re.search(r"[\r\n\u2028\u2029]", words):
        raise ValidationError(_("Please write this in one line."))
    one_line(words)
    check_placeholders(words)


def check_letter(words: str) -> None:
    """The letter itself, in Markdown."""
    several_lines(words)
    check_placeholders(words)
    for name in _in_address.findall(to_html(words)):
        if name != "petition_link":
            raise ValidationError(
                _("Only {petition_link} may be the address of a link, not {%(name)s}."),
                params={"name": name},
            )


def check_placeholders(words: str) -> None:
    faults = list(_faults(words))
    if faults:
        raise ValidationError(faults)


def _faults(words: str) -> Iterator[ValidationError]:
    for found in _brace.finditer(words):
        piece = found[0]
        if len(piece) == 1:
            around = words[max(found.start() - 15, 0) : found.end() + 15]
            yield ValidationError(
                _("A brace stands alone in “%(around)s”. Braces come in pairs around a name."),
                params={"around": " ".join(around.split())},
            )
        elif piece[1:-1] not in PLACEHOLDERS:
            yield ValidationError(
                _("There is no placeholder %(piece)s. There are: %(known)s."),
                params={"piece": piece, "known": ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)},
            )


# --- Words beside the field


def _list_of_placeholders() -> SafeString:
    rows = ((f"{{{name}}}", meaning) for name, meaning in PLACEHOLDERS.items())
    return format_html(
        "{} {}",
        _("These placeholders may stand in subject, salutation and letter:"),
        format_html_join("; ", "<code>{}</code> {}", rows),
    )


list_of_placeholders: Callable[[], str] = lazy(_list_of_placeholders, str)
