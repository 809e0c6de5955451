"""Filling in the site's real forms, as a browser without scripts does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    action: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)
    """What would be sent if nothing were typed or ticked."""
    choices: dict[str, list[str]] = field(default_factory=dict)
    """What boxes, radios and options offer."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form" and given.get("method", "").lower() == "post":
            self.forms.append(Form(action=given.get("action") or ""))
        if not self.forms or (tag not in {"input", "option", "select", "textarea"}):
            return
        form = self.forms[-1]
        if tag == "select":
            self.select = given["name"]
        name = given.get("name") or (self.select if tag == "option" else "")
        if not name:
            return
        kind = given.get("type", "text") if tag == "input" else tag
        if kind in {"checkbox", "radio", "option"}:
            form.choices.setdefault(name, []).append(given.get("value", "on"))
        chosen = "checked" in given or "selected" in given
        if chosen or kind in {"text", "email", "hidden", "textarea"}:
            form.values.setdefault(name, []).append(given.get("value") or "")


def form_on(page: httpx.Response) -> Form:
    reader = _Reader()
    reader.feed(page.text)
    return reader.forms[-1]


def submit(client: httpx.Client, page: httpx.Response, **typed) -> httpx.Response:
    """Send the page's form with what is typed in, like a browser: from the page's own address."""
    form = form_on(page)
    unknown = set(typed) - set(form.values) - set(form.choices)
    assert not unknown, f"The page has no field {unknown}."
    return client.post(
        urljoin(str(page.url), form.action).partition("#")[0],
        data=form.values | typed,
        headers={"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"},
    )
