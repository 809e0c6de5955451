"""Reads the forms of a page and fills them in, as a browser without scripts would."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass
class Field:
    """All controls of one name."""

    name: str
    kind: str
    # What is sent if nobody touches it.
    values: list[str] = field(default_factory=list)
    # What boxes, buttons and lists offer.
    offers: list[str] = field(default_factory=list)
    is_invalid: bool = False


@dataclass
class Form:
    method: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)

    def filled(self, wishes: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """What the form sends with these wishes; whatever nobody wishes for stays as it is.

        A wish for a field that is not there is dropped; so is one that a list does not offer.
        """
        return {
            name: self.pick(found, wishes[name]) if name in wishes else found.values
            for name, found in self.fields.items()
        }

    def pick(self, found: Field, wished: list[str]) -> list[str]:
        if not found.offers:
            return wished
        return [value for value in wished if value in found.offers] or found.values


@dataclass
class Page:
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def form_with(self, name: str) -> Form | None:
        return next((form for form in self.forms if name in form.fields), None)


def read_page(html: str, *, address: str) -> Page:
    """The page's forms and links, with whole addresses."""
    reader = Reader(address)
    reader.feed(html)
    return reader.page


class Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.page = Page()
        self.form: Form | None = None
        self.select: Field | None = None
        self.textarea: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.page.links.append(urljoin(self.address, given["href"]))
        elif tag == "form":
            self.form = self.open_form(given)
        elif self.form is not None:
            self.read_control(self.form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            # The first line break behind the tag is not part of what was typed.
            self.textarea.values[-1] += data if self.textarea.values[-1] else data.lstrip("\r\n")

    def open_form(self, given: Mapping[str, str]) -> Form:
        action = urljoin(self.address, given.get("action") or self.address).partition("#")[0]
        form = Form(given.get("method", "get").upper(), action)
        self.page.forms.append(form)
        return form

    def read_control(self, form: Form, tag: str, given: Mapping[str, str]) -> None:
        if tag == "option" and self.select is not None:
            self.read_option(self.select, given)
        if tag not in {"input", "select", "textarea", "button"} or not given.get("name"):
            return
        kind = given.get("type", "text").lower() if tag == "input" else tag
        if kind in {"button", "submit", "reset", "image", "file"} or "disabled" in given:
            return
        found = form.fields.setdefault(given["name"], Field(given["name"], kind))
        found.is_invalid |= given.get("aria-invalid") == "true"
        self.read_values(found, kind, given)

    def read_option(self, select: Field, given: Mapping[str, str]) -> None:
        select.offers.append(given.get("value", ""))
        # A list that nobody touches sends its first option.
        if "selected" in given or not select.values:
            select.values = [given.get("value", "")]

    def read_values(self, found: Field, kind: str, given: Mapping[str, str]) -> None:
        if kind == "select":
            self.select = found
        elif kind == "textarea":
            self.textarea = found
            found.values.append("")
        elif kind in {"checkbox", "radio"}:
            found.offers.append(given.get("value", "on"))
            if "checked" in given:
                found.values.append(given.get("value", "on"))
        else:
            found.values.append(given.get("value", ""))


def invalid_fields(page: Page) -> Iterator[str]:
    for form in page.forms:
        yield from (found.name for found in form.fields.values() if found.is_invalid)
