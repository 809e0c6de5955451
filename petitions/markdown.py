"""Markdown to HTML that is safe to show: raw HTML in it is text, and links can't run scripts."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_parser = MarkdownIt("js-default", {"linkify": False, "typographer": True})


@lru_cache(maxsize=1024)
def to_html(markdown: str) -> SafeString:
    html: str = _parser.render(markdown)
    return mark_safe(html)  # noqa: S308 - the parser escapes raw HTML


def has_pictures(markdown: str) -> bool:
    """Whether showing it would load something."""
    blocks = _parser.parse(markdown)
    return any(each.type == "image" for block in blocks for each in block.children or [])
