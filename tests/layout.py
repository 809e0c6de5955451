"""What does not fit on a page, as an eye would see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# WCAG 1.4.12: whoever needs more space between lines, words and letters loses nothing.
SPACED = """
  * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
  p { margin-block-end: 2em !important; }
"""

# Added so, the page's own policy does not forbid it.
ADD_STYLE = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""

MISFITS = """() => {
  const wide = document.documentElement.clientWidth;
  const words = (each) => each.innerText?.trim().slice(0, 40) || each.localName;
  const is_for_nobody = (each) => each.closest(".unseen, .skip, [hidden]");
  const is_afloat = (each) => each.closest(".jump, .again, .leave, .languages ul");
  const clips = ({ overflowX, overflowY }) =>
    [overflowX, overflowY].some((way) => ["hidden", "clip"].includes(way));
  const all = [...document.body.querySelectorAll("*")]
    .filter((each) => each.checkVisibility() && !is_for_nobody(each) && !each.closest("svg"));

  const cut = all
    .filter((each) => clips(getComputedStyle(each)) || each.matches("button, .button, summary"))
    .filter((each) => !each.matches("input, select, textarea, progress"))
    .filter((each) => each.scrollHeight > each.clientHeight + 1
      || each.scrollWidth > each.clientWidth + 1)
    .filter((each) => getComputedStyle(each).display !== "inline");
  const outside = all.filter((each) => {
    const { left, right, width } = each.getBoundingClientRect();
    return width && (left < -1 || right > wide + 1);
  });

  // The middle half of each line of words: lines may touch, but not lie over one another.
  const lines = all
    .filter((each) => !is_afloat(each))
    .flatMap((each) => [...each.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
      .flatMap((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return [...range.getClientRects()].map((box) => ({
          each, left: box.left + 1, right: box.right - 1,
          top: box.top + box.height / 4, bottom: box.bottom - box.height / 4,
        }));
      }));
  const over = lines.filter((one) => lines.some((other) => one.each !== other.each
    && one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom));

  return [
    ...(document.documentElement.scrollWidth > wide ? ["scrolls sideways"] : []),
    ...cut.map((each) => `cut: ${words(each)}`),
    ...outside.map((each) => `outside: ${words(each)}`),
    ...over.map(({ each }) => `overlaps: ${words(each)}`),
  ];
}"""


def misfits(page: Page) -> list[str]:
    """What is cut off, stands outside the page or lies over other words."""
    found: list[str] = page.evaluate(MISFITS)
    return found


def space_out(page: Page) -> None:
    page.evaluate(ADD_STYLE, SPACED)
