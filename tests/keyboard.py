"""A person who has only a keyboard, and looks where it is at every press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

# More than the longest page has.
TOO_MANY = 400

# Where the focus is, and what is wrong there. WCAG 2.2: 2.4.7, 2.4.11, 2.4.13, 1.4.11, 2.5.8.
LOOK = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;

  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => parts(color).slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (each) => {
    const color = getComputedStyle(each).backgroundColor;
    return parts(color)[3] === 0 && each.parentElement ? ground(each.parentElement) : color;
  };
  const has_ring = (each) => ["", "::after"]
    .map((pseudo) => getComputedStyle(each, pseudo))
    .some((style) => style.content !== "none" && style.outlineStyle !== "none"
      && parseFloat(style.outlineWidth) >= 2
      && contrast(style.outlineColor, ground(each.parentElement)) >= 3);
  const is_seen_at = (x, y) => here.contains(document.elementFromPoint(x, y));
  const is_seen = ({ left, right, top, bottom }) =>
    [top + 2, (top + bottom) / 2, bottom - 2].every((y) => is_seen_at((left + right) / 2, y));
  const is_in_a_sentence = here.tagName === "A" && getComputedStyle(here).display === "inline"
    && here.parentElement.innerText.trim() !== here.innerText.trim();

  const box = here.getBoundingClientRect();
  const rows = [...here.getClientRects()].filter(({ width }) => width);
  // What only takes the focus when it is jumped to is no target, and needs no ring.
  const wrong = here.tabIndex < 0 ? [] : [
    !has_ring(here) && "shows no focus",
    window.last && window.last !== here && has_ring(window.last) && "is not alone",
    !rows.some(is_seen) && "is covered or out of sight",
    !is_in_a_sentence && Math.min(box.width, box.height) < 24 && "is a small target",
  ].filter(Boolean);
  window.last = here;
  return {
    name: (here.labels?.[0] ?? here).innerText.trim(),
    id: here.id,
    role: here.getAttribute("role") ?? here.type ?? here.localName,
    number: [...document.querySelectorAll("*")].indexOf(here),
    column: [...document.querySelectorAll("*")].indexOf(
      here.closest(".split > *, .foot .wide > *, .map-and-list > *, header, section")),
    box: { left: box.left, right: box.right, top: box.top + scrollY, bottom: box.bottom + scrollY },
    wrong,
  };
}"""

# Everything that a keyboard has to reach: of radio buttons, one in a group.
REACHABLE = """() => {
  const all = [...document.querySelectorAll("*")];
  const groups = new Set();
  return all
    .filter((each) => each.matches("a[href], button, input, select, textarea, summary, [tabindex]"))
    .filter((each) => each.tabIndex >= 0 && each.type !== "hidden" && each.checkVisibility())
    .filter((each) => each.type !== "radio" || !(groups.has(each.name) || !groups.add(each.name)))
    .map((each) => [all.indexOf(each), (each.labels?.[0] ?? each).innerText.trim()]);
}"""


@dataclass(frozen=True)
class Stop:
    """Where the focus has come to."""

    name: str
    id: str
    role: str
    number: int
    column: int
    box: dict[str, float]
    wrong: list[str]

    def stands_before(self, other: Stop) -> bool:
        """For the eye: in a line above, or to the left in the same line."""
        if self.box["bottom"] <= other.box["top"] + 1:
            return True
        is_below = self.box["top"] >= other.box["bottom"] - 1
        return not is_below and self.box["right"] <= other.box["left"] + 1


def look(page: Page) -> Stop | None:
    """None where nothing has the focus."""
    found: dict[str, Any] | None = page.evaluate(LOOK)
    return Stop(**found) if found else None


def press(page: Page, *keys: str) -> Stop | None:
    for key in keys:
        page.keyboard.press(key)
    return look(page)


def walk(page: Page, key: str = "Tab") -> Iterator[Stop]:
    """Every stop of a page until the focus leaves it."""
    seen = set()
    for _ in range(TOO_MANY):
        stop = press(page, key)
        if stop is None or stop.number in seen:
            return
        seen.add(stop.number)
        yield stop
    raise AssertionError("The focus does not leave this page.")


def go_to(page: Page, name: str, key: str = "Tab") -> Stop:
    """Press the key until what is named so has the focus; each stop on the way has to be right."""
    passed = []
    for stop in walk(page, key):
        assert not stop.wrong, (stop.name, stop.wrong)
        if stop.name == name:
            return stop
        passed.append(stop.name)
    raise AssertionError(f"“{name}” is not among {passed}")
